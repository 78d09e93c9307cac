/** Which recordings a list shows. */
import { useMemo } from "preact/hooks";
import type { ListedRecording, RecordingFilter } from "../../schema/recordings";
import type { Key } from "../messages/messages";
import { usePage } from "../parts/context";
import { nameOf, RHYTHMS, type Rhythm } from "../parts/rhythm";

export interface Choice {
  /** What the hub looks for. */
  query: RecordingFilter;
  /** What of the answer is shown. */
  rhythm?: Rhythm;
}

export const ANY: Choice = { query: {} };
const STATES = ["recording", "closed", "truncated", "pending"] as const;
const DAY_MS = 86_400_000;

export const passes = ({ finding }: ListedRecording, { rhythm }: Choice): boolean =>
  rhythm === undefined || finding?.rhythm === rhythm;

/** A day of the reader's own calendar, as Unix ms. @param date as `input` has it, 2026-11-28 */
const beginOf = (date: string): number => new Date(`${date}T00:00`).getTime();

export function Filter({ choice, choose }: { choice: Choice; choose: (choice: Choice) => void }) {
  const { messages } = usePage();
  const { query, rhythm } = choice;
  // On a phone the recordings come first.
  const isRoomy = useMemo(() => matchMedia("(min-width: 700px)").matches, []);
  const change = (to: RecordingFilter) => choose({ ...choice, query: { ...query, ...to } });
  const dateOf = (event: Event): number => beginOf((event.currentTarget as HTMLInputElement).value);
  const msOf = (ms: number) => (Number.isNaN(ms) ? undefined : String(ms));
  return (
    <details class="filter" open={isRoomy}>
      <summary>{messages.say("filter")}</summary>
      <div class="tools">
        <label>
          {messages.say("filter-finding")}
          <select
            value={rhythm ?? ""}
            onChange={({ currentTarget: { value } }) =>
              choose({ ...choice, rhythm: value === "" ? undefined : (value as Rhythm) })
            }
          >
            <option value="">{messages.say("filter-all")}</option>
            {RHYTHMS.map((one) => (
              <option key={one} value={one}>
                {nameOf(one, messages)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {messages.say("filter-state")}
          <select
            value={query.state ?? ""}
            onChange={({ currentTarget: { value } }) =>
              change({ state: value === "" ? undefined : (value as (typeof STATES)[number]) })
            }
          >
            <option value="">{messages.say("filter-all")}</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {messages.say(`state-${one}` satisfies Key)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {messages.say("filter-from")}
          <input type="date" onChange={(event) => change({ since: msOf(dateOf(event)) })} />
        </label>
        <label>
          {messages.say("filter-to")}
          <input type="date" onChange={(event) => change({ until: msOf(dateOf(event) + DAY_MS) })} />
        </label>
        <button
          type="button"
          aria-pressed={query.marked === "true"}
          onClick={() => change({ marked: query.marked === "true" ? undefined : "true" })}
        >
          {messages.say("filter-marked")}
        </button>
      </div>
    </details>
  );
}
