/** The watcher outside the house: its URL goes to the hub once and is never shown again. */
import { useState } from "preact/hooks";
import { type AlertsState, pingWatcher, setWatcher } from "../../../schema/alerts";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Field, Form, Outcome } from "../parts/fields";

interface Props {
  watcher: AlertsState["watcher"];
  changed: () => void;
}

export function Watcher({ watcher, changed }: Props) {
  const { api, messages } = usePage();
  const [url, setUrl] = useState("");
  const action = useAction();
  const testing = useAction();
  const name = async (to: string | undefined) => {
    await api.ask(setWatcher, { body: { url: to } });
    setUrl("");
    changed();
  };
  const ping = async () => {
    const { accepted, reason = "" } = await api.ask(pingWatcher);
    changed();
    if (!accepted) throw new Error(messages.say("recipient-test-failed", { reason }));
  };
  return (
    <section class="card">
      <h2>{messages.say("watcher")}</h2>
      <p>{messages.say("watcher-text")}</p>
      {watcher ? (
        <>
          <p class={watcher.failingSince === undefined ? "" : "warn"}>{stateOf(watcher)}</p>
          <div class="tools">
            <button type="button" disabled={testing.isBusy} onClick={() => testing.run(ping)}>
              {messages.say("watcher-ping")}
            </button>
            <button type="button" disabled={action.isBusy} onClick={() => action.run(() => name(undefined))}>
              {messages.say("recipient-remove")}
            </button>
          </div>
          <Outcome action={testing} done={messages.say("watcher-pinged")} />
          <Outcome action={action} />
        </>
      ) : (
        <Form action={action} submit={() => name(url)} name={messages.say("save")}>
          <Field label={messages.say("alert-url")} value={url} set={setUrl} autocomplete="off" required />
        </Form>
      )}
    </section>
  );

  function stateOf({ host, pingedAt, failingSince }: NonNullable<Props["watcher"]>): string {
    if (failingSince !== undefined)
      return messages.say("watcher-failing", { host, time: messages.time(failingSince) });
    return pingedAt === undefined
      ? messages.say("watcher-new", { host })
      : messages.say("watcher-well", { host, time: messages.time(pingedAt) });
  }
}
