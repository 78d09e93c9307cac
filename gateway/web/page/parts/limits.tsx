/** What is running full and what to do, on every screen that has it; what is not known any more, more quietly. */
import type { Limit } from "../../../schema/hub";
import { usePage } from "./context";

export function Limits({ limits }: { limits: readonly Limit[] }) {
  return (
    <>
      {limits.map((limit) => (
        <OneLimit key={`${limit.what} ${limit.device}`} limit={limit} />
      ))}
    </>
  );
}

function OneLimit({ limit }: { limit: Limit }) {
  const { messages } = usePage();
  const { what: kind, level, permille, device, name = device, since, at } = limit;
  if (level === "ok") return null;
  const percent = messages.percent(permille / 1000);
  const what = messages.say(`limit-${kind}`, { name: name ?? messages.say("limit-handheld") });
  if (level === "unknown")
    return <p class="quiet">{messages.say("limit-unknown", { what, percent, time: messages.time(at) })}</p>;
  return (
    <section class="warn" role="alert">
      <p class="sentence warn">{messages.say(`limit-${level}`, { what, percent })}</p>
      <p>
        {messages.say(`limit-${kind}-${level}`)} {messages.say("limit-since", { time: messages.time(since) })}
      </p>
    </section>
  );
}
