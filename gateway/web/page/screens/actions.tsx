/** What is done with a recording: whose it is, who may see it, taking it along, proving it. */
import { useCallback, useState } from "preact/hooks";
import { type ExportFormat, exportRecording } from "../../schema/exports";
import { assign, people } from "../../schema/people";
import { type ListedRecording, type Verification, verify } from "../../schema/recordings";
import { links, makeLink, revokeLink } from "../../schema/session";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { download } from "../parts/download";
import { Field, Form, Outcome, Select } from "../parts/fields";

const EVERY_MS = 10_000;
const DAY_HOURS = 24;
const DEFAULT_DAYS = "7";
const FILES: Record<ExportFormat, string> = { csv: "csv", wfdb: "tar" };

export function Actions({ recording }: { recording: ListedRecording }) {
  const { role } = usePage();
  return (
    <div class="deeds screen">
      {role === "owner" && <BelongsTo recording={recording} />}
      {role === "owner" && <Share id={recording.id} />}
      {role === "owner" && <Export recording={recording} />}
      <Verify id={recording.id} />
    </div>
  );
}

function BelongsTo({ recording: { id, person } }: { recording: ListedRecording }) {
  const { api, messages } = usePage();
  const { value } = useAsked(
    useCallback((signal) => api.ask(people, {}, signal), [api]),
    EVERY_MS,
  );
  const [given, setGiven] = useState<string>();
  const action = useAction();
  const all = value?.people ?? [];
  const owner = all.find(({ name }) => name === person);
  const give = async (value: string) => {
    await api.ask(assign, { params: { id }, body: { person: value === "" ? null : Number(value) } });
    setGiven(value);
  };
  return (
    <section class="card">
      <Select
        label={messages.say("person-of")}
        value={given ?? (owner ? String(owner.id) : "")}
        set={(value) => void action.run(() => give(value))}
        options={[
          ["", messages.say("person-none")],
          ...all.map((one) => [String(one.id), one.name] as const),
        ]}
      />
      <p class="quiet">{messages.say("person-text")}</p>
      <Outcome action={action} done={messages.say("saved")} />
    </section>
  );
}

function Share({ id }: { id: string }) {
  const { api, messages } = usePage();
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
    const hours = Number(days) * DAY_HOURS;
    const body = { recording: id, hours, label: label === "" ? undefined : label };
    setAddress((await api.ask(makeLink, { body })).address);
    setVersion((before) => before + 1);
  };
  const end = async (link: string) => {
    await api.ask(revokeLink, { params: { id: link } });
    setVersion((before) => before + 1);
  };
  return (
    <section class="card">
      <h3>{messages.say("share")}</h3>
      <p class="quiet">{messages.say("share-text")}</p>
      <Form action={action} submit={make} name={messages.say("share-make")}>
        <Field label={messages.say("share-label")} value={label} set={setLabel} />
        <Field label={messages.say("share-days")} type="number" value={days} set={setDays} required />
      </Form>
      {address !== undefined && (
        <label>
          {messages.say("share-address")}
          <input type="text" readOnly value={address} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
      {value?.links
        .filter(({ recording }) => recording === id)
        .map((link) => (
          <p key={link.id}>
            {link.label ?? link.id} ·{" "}
            {messages.say("where-link-until", { time: messages.time(link.expiresAt) })}{" "}
            <button type="button" onClick={() => action.run(() => end(link.id))}>
              {messages.say("share-end")}
            </button>
          </p>
        ))}
    </section>
  );
}

function Export({ recording: { id, device, number } }: { recording: ListedRecording }) {
  const { api, messages } = usePage();
  const action = useAction();
  const take = async (format: ExportFormat) => {
    const answer = await api.send(exportRecording, { params: { id }, query: { format } });
    download(await answer.arrayBuffer(), `${device}-${number}.${FILES[format]}`, "application/octet-stream");
  };
  return (
    <section class="card">
      <h3>{messages.say("export")}</h3>
      <p class="quiet">{messages.say("export-text")}</p>
      <div class="tools">
        {(["csv", "wfdb"] as const).map((format) => (
          <button
            type="button"
            key={format}
            disabled={action.isBusy}
            onClick={() => action.run(() => take(format))}
          >
            {format.toUpperCase()}
          </button>
        ))}
      </div>
      <Outcome action={action} />
    </section>
  );
}

function Verify({ id }: { id: string }) {
  const { api, messages } = usePage();
  const [verdict, setVerdict] = useState<Verification>();
  const action = useAction();
  const check = async () => {
    setVerdict(undefined);
    setVerdict(await api.ask(verify, { params: { id } }));
  };
  return (
    <section class="card">
      <h3>{messages.say("verify")}</h3>
      <button type="button" disabled={action.isBusy} onClick={() => action.run(check)}>
        {messages.say(action.isBusy ? "verify-running" : "verify")}
      </button>
      <Outcome action={action} />
      {verdict && (
        <div role="status">
          <p class={verdict.ok ? "" : "warn"}>
            <strong>{messages.say(`verdict-${verdict.verdict}` satisfies Key)}</strong>
          </p>
          <p class="quiet">
            {messages.say("verify-counts", { frames: verdict.frames, samples: verdict.samples })}
          </p>
          <ul>
            {[...verdict.problems, ...verdict.notes, ...verdict.store.problems, ...verdict.store.missing].map(
              (line) => (
                <li key={line}>{line}</li>
              ),
            )}
          </ul>
        </div>
      )}
    </section>
  );
}
