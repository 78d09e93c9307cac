/** PR, QRS, QT and QTc in one line, for people. */
import type { IntervalRange, IntervalsSummary } from "../rhythm/intervals/summary";
import { ENGLISH } from "../words/words";

/** Medians, and what cannot be measured with the reason. */
export function intervalsLine(summary: IntervalsSummary | undefined, words = ENGLISH): string {
  if (!summary) return words.say("intervals-none");
  const { pr, qrs, qt, qtcBazett, qtcFridericia, stretches, beats } = summary;
  const share = ({ measured }: { measured: number }) =>
    2 * measured < stretches ? words.say("interval-share", { measured, stretches }) : "";
  const parts: string[] = [];
  const missing = new Map<string, string[]>();
  for (const [name, range] of [
    ["PR", pr],
    ["QRS", qrs],
    ["QT", qt],
  ] as [string, IntervalRange][])
    if ("median" in range) parts.push(`${name} ${range.median} ms${share(range)}`);
    else {
      const why = words.say(`unmeasurable-${range.notMeasurable}`);
      missing.set(why, [...(missing.get(why) ?? []), name]);
    }
  if ("median" in qtcBazett && "median" in qtcFridericia)
    parts.push(`QTc ${qtcBazett.median} ms (Bazett) / ${qtcFridericia.median} (Fridericia)`);
  for (const [why, names] of missing)
    parts.push(words.say("intervals-missing", { names: names.join(", "), why }));
  if (beats > 0) parts.push(words.say("averaged", { beats: words.counted("beats", beats) }));
  return parts.join(", ");
}
