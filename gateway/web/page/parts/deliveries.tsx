/** What waits to leave and what became of it, in words that claim no more than is known. */
import { cameBack, type Delivery, withdraw } from "../../../schema/delivery";
import type { Key } from "../messages/messages";
import { addressOf } from "../route";
import { useAction } from "./action";
import { usePage } from "./context";
import { Outcome } from "./fields";

interface Props {
  deliveries: Delivery[];
  changed: () => void;
  /** Each with a link to its recording. */
  withRecording?: boolean;
}

export function Deliveries({ deliveries, changed, withRecording = false }: Props) {
  const { messages } = usePage();
  if (deliveries.length === 0) return <p class="quiet">{messages.say("outbox-none")}</p>;
  return (
    <ul class="ledger">
      {deliveries.map((delivery) => (
        <One key={delivery.id} {...{ delivery, changed, withRecording }} />
      ))}
    </ul>
  );
}

function One({ delivery, changed, withRecording }: Omit<Props, "deliveries"> & { delivery: Delivery }) {
  const { api, messages, role } = usePage();
  const action = useAction();
  const { id, recipient, recording, state, since, nextAt, reason, attempts } = delivery;
  const isWaiting = state === "queued" || state === "sending";
  const isWrong = state === "bounced" || state === "failed" || (isWaiting && reason !== undefined);
  const isOwner = role === "owner";
  const tell = async (what: typeof withdraw | typeof cameBack) => {
    await api.ask(what, { params: { id: String(id) } });
    changed();
  };
  const words = [
    messages.say(`delivery-${state}` satisfies Key, { time: messages.time(since) }),
    ...(isWaiting && attempts > 0 ? [messages.say("delivery-attempts", { count: attempts })] : []),
    ...(nextAt !== undefined && attempts > 0
      ? [messages.say("delivery-next", { time: messages.time(nextAt) })]
      : []),
    ...(reason === undefined ? [] : [reason]),
  ];
  return (
    <li>
      <span>
        <strong>
          {messages.say(`way-${recipient.kind}` satisfies Key)} · {recipient.name}
        </strong>
      </span>
      <span class={isWrong ? "warn" : ""}>{words.join(" · ")}</span>
      {withRecording && (
        <a class="button" href={addressOf({ screen: "recording", id: recording })}>
          {messages.say("open")}
        </a>
      )}
      {isWaiting && isOwner && (
        <button type="button" disabled={action.isBusy} onClick={() => action.run(() => tell(withdraw))}>
          {messages.say("delivery-withdraw")}
        </button>
      )}
      {state === "accepted" && recipient.kind === "mail" && isOwner && (
        <button type="button" disabled={action.isBusy} onClick={() => action.run(() => tell(cameBack))}>
          {messages.say("delivery-came-back")}
        </button>
      )}
      <Outcome action={action} />
    </li>
  );
}
