/** The beats that the paper shows, as a table: for whoever does not see it. */
import { useState } from "preact/hooks";
import type { Key } from "../messages/messages";
import { type Beats, classOf, firstFrom } from "../paper/beats";
import type { Range } from "../paper/samples";
import { usePage } from "../parts/context";

/** A day's beats would stop the browser. */
const MOST = 120;

interface Props {
  beats: Beats;
  intervals: Float64Array;
  rate: number;
  window: Range;
  state: "finding" | "here" | "none";
}

export function BeatTable({ beats, intervals, rate, window, state }: Props) {
  const { messages } = usePage();
  // Its rows are made for whoever reads them, not each time that the paper moves.
  const [isOpen, setOpen] = useState(false);
  const first = firstFrom(beats, window.from);
  const last = firstFrom(beats, window.to);
  const shown = Array.from({ length: Math.min(MOST, last - first) }, (_, n) => first + n);
  const caption =
    state === "here"
      ? messages.say(last - first > MOST ? "beats-first" : "beats-shown", {
          count: shown.length,
          all: last - first,
        })
      : messages.say(state === "finding" ? "beats-finding" : "beats-none");
  return (
    <details class="screen" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{messages.say("beats")}</summary>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {(["beat-time", "beat-class", "beat-interval", "beat-rate", "beat-sure"] as const).map((key) => (
              <th scope="col" key={key}>
                {messages.say(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(isOpen ? shown : []).map((n) => {
            const interval = intervals[n]!;
            const isKnown = !Number.isNaN(interval);
            return (
              <tr key={beats.samples[n]}>
                <td>{messages.clock(beats.samples[n]! / rate)}</td>
                <td>{messages.say(`class-${classOf(beats, n)}` as Key)}</td>
                <td>{isKnown ? `${messages.number(interval * 1000, 0)} ms` : "–"}</td>
                <td>{isKnown ? messages.number(60 / interval, 0) : "–"}</td>
                <td>{messages.percent(beats.confidences[n]! / 255)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}
