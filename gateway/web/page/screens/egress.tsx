/** The ledger of what left the house. */
import { useEffect, useState } from "preact/hooks";
import { type Egress, type EgressEntry, egress } from "../../../schema/egress";
import type { Key } from "../messages/messages";
import { usePage } from "../parts/context";
import { addressOf } from "../route";

const A_PAGE = "50";

export function EgressLedger() {
  const { api, messages } = usePage();
  const [ledger, setLedger] = useState<Egress>();
  const [isFailed, setFailed] = useState(false);
  const read = (before?: number) =>
    api
      .ask(egress, { query: { limit: A_PAGE, before: before === undefined ? undefined : String(before) } })
      .then(
        (answer) =>
          setLedger((known) => ({
            ...answer,
            entries: before === undefined || !known ? answer.entries : [...known.entries, ...answer.entries],
          })),
        () => setFailed(true),
      );
  useEffect(() => void read(), []);
  return (
    <main>
      <h1>{messages.say("egress")}</h1>
      <p>{messages.say("egress-text")}</p>
      {!ledger && <p role="status">{messages.say(isFailed ? "hub-unreached" : "loading")}</p>}
      {ledger?.entries.length === 0 && <p class="sentence">{messages.say("egress-none")}</p>}
      <ul class="ledger">
        {ledger?.entries.map((entry) => (
          <Left key={entry.id} entry={entry} />
        ))}
      </ul>
      {ledger?.next !== undefined && (
        <button type="button" onClick={() => void read(ledger.next)}>
          {messages.say("more")}
        </button>
      )}
      {ledger && ledger.standing.length > 0 && (
        <section>
          <h2>{messages.say("egress-standing")}</h2>
          <ul class="cards">
            {ledger.standing.map(({ kind, to, readable, at }) => (
              <li key={`${kind} ${to}`}>
                <h3>{messages.say(`left-${kind}` satisfies Key)}</h3>
                <p>{[to, ...(at === undefined ? [] : [messages.time(at)])].join(" · ")}</p>
                <p class={readable ? "warn" : "quiet"}>
                  {messages.say(readable ? "egress-readable" : "egress-sealed")}
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </main>
  );
}

function Left({ entry }: { entry: EgressEntry }) {
  const { messages } = usePage();
  const { kind, at, until, count, to, address, recording, detail } = entry;
  const time = messages.time(at);
  const words = [
    to,
    address,
    ...(detail === undefined ? [] : [detail]),
    ...(count > 1 ? [messages.say("egress-times", { count })] : []),
  ];
  return (
    <li>
      <span class="when">{until > at && count > 1 ? `${time} – ${messages.time(until)}` : time}</span>
      <span>
        <strong>{messages.say(`left-${kind}` satisfies Key)}</strong> · {words.join(" · ")}
      </span>
      {recording !== undefined && (
        <a class="button" href={addressOf({ screen: "recording", id: recording })}>
          {messages.say("open")}
        </a>
      )}
    </li>
  );
}
