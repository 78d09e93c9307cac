/** What a station has made, by its log, which is verified as it is read. */
import { toHex } from "../../protocol/bytes";
import { type Gap, gapsOf } from "./gaps";
import { openJournalToRead, type UnitRow } from "./journal";
import { readLog } from "./log";
import { givenUp, revokedIn } from "./revoke";
import { readStation, type Station } from "./station";
import { decodeUnitLine, GIVEN_UP, isWithoutAir, tally, type UnitLine } from "./unitline";
import { isVirtualChip } from "./virtual/chip";

export interface StationStatus {
  station: Station;
  /** What is wrong with the log, or with the journal beside it. */
  problems: string[];
  lines: number;
  turns: number;
  /** Units that passed, and were not given up since. */
  passed: number;
  /** Of them, those of which nothing showed that they live. */
  withoutAir: number;
  /** Turns that ended without a pass. */
  failed: number;
  /** Units that said which they are. */
  seen: number;
  /** Of all turns, those that ended with a pass; null without any. */
  yield: number | null;
  /** Of units that passed, those of which nobody scanned the label or did the self-test's hands' part, or whose keys anybody in range heard. */
  without: Record<"scan" | "hands" | "clear", number>;
  byCode: Record<string, number>;
  byStep: Record<string, number>;
  /** Of the time in which a unit was in any slot; null without any. */
  unitsPerHour: number | null;
  /** Units that are not done, and may come back: virtual ones of a run that ended do not. */
  unfinished: number;
  /** Identities that no unit has, by right, and that are not revoked yet. */
  givenUp: number;
  /** Serial numbers of units whose console answered although it must not, and that are neither given up nor revoked. */
  opened: string[];
  /** By how far they are. */
  states: Record<string, number>;
  /** The newest, as a signed note. */
  checkpoint: string | null;
}

export interface StationReading {
  status: StationStatus;
  lines: UnitLine[];
}

type Row = Pick<UnitRow, "chip" | "state" | "device" | "serial">;

const HOUR_MS = 3_600_000;

/** Time that is covered by at least one of the turns. */
function busyMs(lines: UnitLine[]): number {
  const spans = lines.map(({ at, tookMs }) => [at - tookMs, at] as const).sort(([a], [b]) => a - b);
  let sum = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const [from, to] of spans) {
    sum += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return sum;
}

/** By what the turn in which each of them passed says: a step that was left out is no failure, and no test. */
function withoutOf(lines: UnitLine[]): StationStatus["without"] {
  const those = (gap: Gap) => lines.filter((line) => gapsOf(line).includes(gap)).length;
  return { scan: those("scan"), hands: those("hands"), clear: those("clear") };
}

function openedOf(dir: string, rows: Row[], lines: UnitLine[]): string[] {
  const answered = lines.filter(({ outcome, device }) => outcome === "E08" && device !== null);
  const ids = new Set(answered.map(({ device }) => toHex(device!)));
  const revoked = revokedIn(dir);
  return rows.flatMap(({ device, serial }) => {
    const id = device && toHex(device);
    return id && serial && ids.has(id) && !revoked.has(id) ? [serial] : [];
  });
}

/** @throws FACTORY_STATION, FACTORY_JOURNAL */
export function readStatus(dir: string): StationReading {
  const station = readStation(dir);
  const db = openJournalToRead(dir);
  try {
    return db.transaction(() => {
      const { leaves, problems, checkpoint } = readLog(db, station);
      const lines: UnitLine[] = [];
      for (const [index, leaf] of leaves.entries()) {
        try {
          lines.push(decodeUnitLine(leaf));
        } catch (error) {
          problems.push(`line ${index} of the log cannot be read: ${(error as Error).message}`);
        }
      }
      const rows = db.prepare("SELECT chip, state, device, serial FROM units").all() as Row[];
      /** Of each chip that passed, and was not given up since. */
      const passed = new Map<string, UnitLine>();
      for (const line of lines)
        if (line.outcome === "PASS") passed.set(line.chip, line);
        else if (line.outcome === GIVEN_UP) passed.delete(line.chip);
      for (const { chip, state } of rows)
        if ((state === "passed") !== passed.has(chip))
          problems.push(`journal and log differ in whether chip ${chip} passed`);
      const turns = lines.filter(({ outcome }) => outcome !== GIVEN_UP);
      const failures = turns.filter(({ outcome }) => outcome !== "PASS");
      const passes = [...passed.values()];
      const hours = busyMs(lines) / HOUR_MS;
      const status: StationStatus = {
        station,
        problems,
        lines: lines.length,
        turns: turns.length,
        passed: passed.size,
        withoutAir: passes.filter(isWithoutAir).length,
        failed: failures.length,
        seen: new Set(turns.map(({ chip }) => chip).filter((chip) => chip !== "")).size,
        yield: turns.length === 0 ? null : (turns.length - failures.length) / turns.length,
        without: withoutOf(passes),
        byCode: tally(failures.map(({ outcome }) => outcome)),
        byStep: tally(failures.map(({ step }) => step)),
        unitsPerHour: hours === 0 ? null : passed.size / hours,
        unfinished: rows.filter(({ chip, state }) => state !== "passed" && !isVirtualChip(chip)).length,
        givenUp: givenUp(dir).length,
        opened: openedOf(dir, rows, lines),
        states: tally(rows.map(({ state }) => state)),
        checkpoint: checkpoint ? Buffer.from(checkpoint).toString("utf8") : null,
      };
      return { status, lines };
    })();
  } finally {
    db.close();
  }
}
