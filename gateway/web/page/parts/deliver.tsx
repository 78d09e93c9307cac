/** Puts a recording into the outbox for somebody who was agreed on, and says what became of it. */
import { useCallback, useState } from "preact/hooks";
import { deliveries, recipients, send } from "../../../schema/delivery";
import type { ListedRecording } from "../../../schema/recordings";
import { addressOf } from "../route";
import { useAction } from "./action";
import { useAsked } from "./asked";
import { usePage } from "./context";
import { Deliveries } from "./deliveries";
import { Outcome } from "./fields";

const EVERY_MS = 5000;

export function Deliver({ recording: { id, person } }: { recording: ListedRecording }) {
  const { api, messages } = usePage();
  const [version, setVersion] = useState(0);
  const action = useAction();
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const [known, outbox] = await Promise.all([
        api.ask(recipients, {}, signal),
        api.ask(deliveries, { query: { recording: id } }, signal),
      ]);
      return { ...known, ...outbox };
    },
    [api, id, version],
  );
  const { value } = useAsked(ask, EVERY_MS);
  const changed = () => setVersion((before) => before + 1);
  const deliver = async (recipient: number) => {
    await api.ask(send, { params: { id }, body: { recipient } });
    changed();
  };
  return (
    <>
      <h3>{messages.say("deliver")}</h3>
      {person === undefined && <p class="warn">{messages.say("share-nobody")}</p>}
      {value?.recipients.length === 0 && <p class="quiet">{messages.say("deliver-nobody")}</p>}
      <div class="tools">
        {person !== undefined &&
          value?.recipients.map(({ id: recipient, name }) => (
            <button
              type="button"
              key={recipient}
              disabled={action.isBusy}
              onClick={() => action.run(() => deliver(recipient))}
            >
              {messages.say("deliver-to", { name })}
            </button>
          ))}
        <a class="button" href={addressOf({ screen: "recipients" })}>
          {messages.say("recipients")}
        </a>
      </div>
      <Outcome action={action} />
      {value && value.deliveries.length > 0 && <Deliveries deliveries={value.deliveries} changed={changed} />}
    </>
  );
}
