/** Which recordings a list shows. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { BY_WEIGHT } from "../../../schema/byweight";
import { devices } from "../../../schema/devices";
import { people } from "../../../schema/people";
import type { RecordingFilter } from "../../../schema/recordings";
import type { Key } from "../messages/messages";
import { usePage } from "../parts/context";
import { deviceName } from "../parts/devicename";
import { nameOf } from "../parts/rhythm";

const STATES = ["recording", "closed", "truncated", "pending"] as const;
const PROOFS = ["signed", "sealed", "unchecked", "wrong", "adopted", "open"] as const;
const DAY_MS = 86_400_000;

/** A day of the reader's own calendar, as Unix ms. @param date as `input` has it, 2026-11-28 */
const beginOf = (date: string): number => new Date(`${date}T00:00`).getTime();

interface Props {
  filter: RecordingFilter;
  choose: (filter: RecordingFilter) => void;
}

/** What may be chosen of, by name. */
interface Named {
  people: string[];
  /** Ids and names. */
  handhelds: [string, string][];
}

export function Filter({ filter, choose }: Props) {
  const { api, messages } = usePage();
  const [named, setNamed] = useState<Named>({ people: [], handhelds: [] });
  // On a phone the recordings come first.
  const isRoomy = useMemo(() => matchMedia("(min-width: 700px)").matches, []);
  useEffect(() => {
    const control = new AbortController();
    Promise.all([api.ask(people, {}, control.signal), api.ask(devices, {}, control.signal)]).then(
      ([of, made]) =>
        setNamed({
          people: of.people.map(({ name }) => name),
          handhelds: made.devices.map((device) => [device.id, deviceName(device)]),
        }),
      // The other filters do without.
      () => undefined,
    );
    return () => control.abort();
  }, [api]);
  const change = (to: RecordingFilter) => choose({ ...filter, ...to });
  const dateOf = (event: Event): number => beginOf((event.currentTarget as HTMLInputElement).value);
  const msOf = (ms: number) => (Number.isNaN(ms) ? undefined : String(ms));
  return (
    <details class="filter" open={isRoomy}>
      <summary>{messages.say("filter")}</summary>
      <div class="tools">
        <One
          label={messages.say("filter-finding")}
          value={filter.finding}
          options={BY_WEIGHT.map((one) => [one, nameOf(one, messages)])}
          set={(finding) => change({ finding })}
        />
        <One
          label={messages.say("filter-state")}
          value={filter.state}
          options={STATES.map((one) => [one, messages.say(`state-${one}` satisfies Key)])}
          set={(state) => change({ state })}
        />
        <One
          label={messages.say("person-of")}
          value={filter.person}
          options={[["", messages.say("person-none")], ...named.people.map((name) => [name, name] as const)]}
          set={(person) => change({ person })}
        />
        {named.handhelds.length > 1 && (
          <One
            label={messages.say("where-handheld")}
            value={filter.device}
            options={named.handhelds}
            set={(device) => change({ device })}
          />
        )}
        <One
          label={messages.say("filter-proof")}
          value={filter.proof}
          options={PROOFS.map((one) => [one, messages.say(`proof-${one}` satisfies Key)])}
          set={(proof) => change({ proof })}
        />
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
          aria-pressed={filter.marked === "true"}
          onClick={() => change({ marked: filter.marked === "true" ? undefined : "true" })}
        >
          {messages.say("filter-marked")}
        </button>
      </div>
    </details>
  );
}

interface OneProps<T extends string> {
  label: string;
  value: T | undefined;
  options: readonly (readonly [T, string])[];
  set: (value: T | undefined) => void;
}

/** One of them, or all. */
function One<T extends string>({ label, value, options, set }: OneProps<T>) {
  const { messages } = usePage();
  return (
    <label>
      {label}
      <select
        value={value === undefined ? -1 : options.findIndex(([one]) => one === value)}
        onChange={({ currentTarget }) => set(options[Number(currentTarget.value)]?.[0])}
      >
        <option value={-1}>{messages.say("filter-all")}</option>
        {options.map(([one, name], n) => (
          <option key={one} value={n}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
