/** What the calipers say, and which of their feet the arrow keys move. */

import { type Calipers, type Foot, readCalipers } from "../paper/calipers";
import { countsPerMillivolt } from "../paper/place";
import type { Strip } from "../paper/strip";
import { usePage } from "../parts/context";

interface Props {
  calipers: Calipers;
  foot: Foot;
  choose: (foot: Foot) => void;
  /** The signal as it is. */
  strip: Strip;
  /** What is drawn is not. */
  isFiltered: boolean;
}

export function Reading({ calipers, foot, choose, strip, isFiltered }: Props) {
  const { messages } = usePage();
  return (
    <div class="tools">
      {(["a", "b"] as const).map((one) => (
        <button type="button" key={one} aria-pressed={foot === one} onClick={() => choose(one)}>
          {messages.say(one === "a" ? "foot-a" : "foot-b")}
        </button>
      ))}
      <div class="reading" role="status">
        {strip.rows.map(({ name, lead, pieces }) => {
          const piece = pieces.find(
            ({ from, values }) => calipers.a >= from && calipers.a < from + values.length,
          );
          const { milliseconds, perMinute, millivolts } = readCalipers(
            calipers,
            strip.rate,
            piece,
            countsPerMillivolt(lead),
          );
          const values = {
            ms: messages.number(milliseconds),
            rate: perMinute === undefined ? "–" : messages.number(perMinute),
            mv: millivolts === undefined ? "" : messages.number(millivolts, 2),
          };
          return (
            <div key={name}>
              {name}: {messages.say(millivolts === undefined ? "reading-no-mv" : "reading", values)}
            </div>
          );
        })}
        {isFiltered && <div>{messages.say("reading-unfiltered")}</div>}
      </div>
    </div>
  );
}
