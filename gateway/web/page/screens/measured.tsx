/** What analysis measured, in figures; what could not be measured is said to be so. */
import type { Findings } from "../../../schema/findings";
import type { Key } from "../messages/messages";
import { usePage } from "../parts/context";

type Analysis = NonNullable<Findings["analysis"]>;
type Interval = NonNullable<NonNullable<Analysis["summary"]>["measurements"]>["pr"];
const INTERVALS = ["pr", "qrs", "qt", "qtcBazett", "qtcFridericia"] as const;
const NAMES = {
  pr: "PR",
  qrs: "QRS",
  qt: "QT",
  qtcBazett: "QTc (Bazett)",
  qtcFridericia: "QTc (Fridericia)",
} as const;

export function Measured({ analysis }: { analysis: Analysis }) {
  const { messages } = usePage();
  const { summary, name, version, ended } = analysis;
  if (!summary) return null;
  const { meanRate, slowest, fastest, analysable, beats, variability, measurements } = summary;
  const unknown = messages.say("not-measured");
  const whole = (value: number | undefined) => (value === undefined ? unknown : messages.number(value, 0));
  const inMs = (value: number | undefined) =>
    value === undefined ? unknown : `${messages.number(value, 0)} ms`;
  const interval = (one: Interval | undefined) => inMs(one && "median" in one ? one.median : undefined);
  const rows: [name: string, value: string][] = [
    [messages.say("rate-mean"), whole(meanRate)],
    [
      messages.say("rate-range"),
      slowest === undefined && fastest === undefined ? unknown : `${whole(slowest)} – ${whole(fastest)}`,
    ],
    ...INTERVALS.map((one): [string, string] => [NAMES[one], interval(measurements?.[one])]),
    ["SDNN", inMs(variability.sdnn)],
    ["RMSSD", inMs(variability.rmssd)],
    [messages.say("readable"), messages.percent(analysable)],
    ...(["N", "S", "V", "F", "Q"] as const).map((one): [string, string] => [
      messages.say(`class-${one}` satisfies Key),
      messages.number(beats[one]),
    ]),
  ];
  return (
    <section>
      <h2>{messages.say("measured")}</h2>
      <dl class="figures card">
        {rows.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd class={value === unknown ? "unknown" : ""}>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">
        {messages.say("measured-by", { lead: name, version })}
        {!ended && ` (${messages.say("not-ended")})`}. {messages.say("no-diagnosis")}
      </p>
    </section>
  );
}
