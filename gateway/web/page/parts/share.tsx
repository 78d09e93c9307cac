/** Sends a recording: a clinician's link to it, made, copied or handed to the phone, with what leaves and for how long. */
import { useCallback, useRef, useState } from "preact/hooks";
import type { ListedRecording } from "../../../schema/recordings";
import { links, MAX_LINK_HOURS, makeLink, revokeLink } from "../../../schema/session";
import { secondsOf } from "../screens/sentence";
import { useAction } from "./action";
import { useAsked } from "./asked";
import { usePage } from "./context";
import { Field, Form, Outcome } from "./fields";

const EVERY_MS = 10_000;
const DAY_HOURS = 24;
/** Of the hub's own machine: elsewhere it names another. */
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;
const DEFAULT_DAYS = "7";

export function Share({ recording }: { recording: ListedRecording }) {
  const { api, messages } = usePage();
  const { id, person } = recording;
  const [label, setLabel] = useState("");
  const [days, setDays] = useState(DEFAULT_DAYS);
  const [address, setAddress] = useState<string>();
  const [version, setVersion] = useState(0);
  const action = useAction();
  const { value } = useAsked(
    useCallback((signal) => api.ask(links, {}, signal), [api, version]),
    EVERY_MS,
  );
  const make = async () => {
    const body = { recording: id, hours, label: label === "" ? undefined : label };
    setAddress((await api.ask(makeLink, { body })).address);
    setVersion((before) => before + 1);
  };
  const end = async (link: string) => {
    await api.ask(revokeLink, { params: { id: link } });
    setVersion((before) => before + 1);
  };
  const hours = Number(days) * DAY_HOURS;
  const isTime = hours > 0 && hours <= MAX_LINK_HOURS;
  return (
    <>
      <h3>{messages.say("share")}</h3>
      {person === undefined ? (
        <p class="warn">{messages.say("share-nobody")}</p>
      ) : (
        <>
          <p>
            {messages.say("share-leaves", {
              person,
              duration: messages.duration(secondsOf(recording)),
              until: isTime ? messages.time(Date.now() + hours * 3_600_000) : "–",
            })}
          </p>
          <Form action={action} submit={make} name={messages.say("share-make")}>
            <Field label={messages.say("share-label")} value={label} set={setLabel} />
            <Field
              label={messages.say("share-days")}
              type="number"
              value={days}
              set={setDays}
              min={1}
              max={MAX_LINK_HOURS / DAY_HOURS}
              required
            />
          </Form>
        </>
      )}
      {address !== undefined && <Made address={address} />}
      {value?.links
        .filter((link) => link.recording === id)
        .map((link) => (
          <p key={link.id}>
            {link.label ?? link.id} ·{" "}
            {messages.say("where-link-until", { time: messages.time(link.expiresAt) })}{" "}
            <button type="button" onClick={() => action.run(() => end(link.id))}>
              {messages.say("share-end")}
            </button>
          </p>
        ))}
    </>
  );
}

/** The address, which is shown this once. */
function Made({ address }: { address: string }) {
  const { messages } = usePage();
  const isOurs = LOOPBACK.test(new URL(address).hostname);
  const field = useRef<HTMLInputElement>(null);
  const action = useAction();
  const copy = async () => {
    field.current!.select();
    // Over plain HTTP pages have no clipboard, but this.
    if (navigator.clipboard) await navigator.clipboard.writeText(address);
    else document.execCommand("copy");
  };
  return (
    <div class="tools">
      {isOurs && <p class="warn">{messages.say("share-here-only")}</p>}
      <label class="wide">
        {messages.say("share-address")}
        <input
          type="text"
          readOnly
          ref={field}
          value={address}
          onFocus={(event) => event.currentTarget.select()}
        />
      </label>
      <button type="button" onClick={() => action.run(copy)}>
        {messages.say("share-copy")}
      </button>
      {"share" in navigator && (
        <button
          type="button"
          // No name, no finding: what the phone passes on is the address alone. Whoever closes its sheet did no wrong.
          onClick={() => void navigator.share({ url: address }).catch(() => undefined)}
        >
          {messages.say("share-on")}
        </button>
      )}
      <Outcome action={action} done={messages.say("share-copied")} />
    </div>
  );
}
