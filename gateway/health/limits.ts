/** What runs full: told at 80 and at 100 percent, so that nobody learns of it from what is lost. */
import type { Clock } from "../clock";
import { Tally } from "../mqtt/tally";
import { codeOf } from "../store/errors";
import { type Log, silentLog } from "../store/log";

/** From here on DESIGN wants it said. */
const NEAR_PERMILLE = 800;
const FULL_PERMILLE = 1000;
/** What was near or full is so until it is this much below, or it would be told again at every frame. */
const SLACK_PERMILLE = 50;
/** How often whoever listens is told. */
const LOOK_EVERY_MS = 10_000;

/**
 * All there are. `freshMs`: how long it may be unheard of before nobody can say that it is not full; what to do, at either
 * level, is said to people.
 */
const KINDS = {
  ring: {
    // A ring at 80 % is full after 25 minutes of recording at 512 Hz (firmware/README.md).
    freshMs: 15 * 60_000,
    near: "keep the handheld near the hub until it has handed over what it holds",
    full: "its oldest seconds are being lost: bring the handheld near the hub now, and leave it there until it has handed over what it holds",
  },
  disk: {
    freshMs: 60_000,
    near: "make room on the hub's disk: on a full one receipts stop, and handhelds keep what they have until theirs is full",
    full: "make room on the hub's disk now: no receipts go out, and handhelds keep what they have until theirs is full; recording goes on by itself",
  },
  outbox: {
    freshMs: 15 * 60_000,
    near: "see why nothing leaves the outbox, or empty it",
    full: "see why nothing leaves the outbox, or empty it: what is added now is refused",
  },
} satisfies Record<string, { freshMs: number; near: string; full: string }>;

export type LimitName = keyof typeof KINDS;

export interface Measured {
  what: LimitName;
  /** How full, in thousandths. */
  permille: number;
  /** Of a ring: its handheld's id, and its name on the air, both in hex. */
  device?: string;
  alias?: string;
  /** Unix ms: when that was so. */
  at: number;
}

/** "unknown": was not near when it was heard of last, and that is too long ago to say so of now. */
export type Level = "ok" | "near" | "full" | "unknown";

export interface Limit extends Measured {
  level: Level;
  /** Unix ms: since when it has this level, as far as this run of the hub knows. */
  since: number;
  /** What to do about it; none while nothing is. */
  advice?: string;
}

/** Looks at one thing or several of a kind. */
export type Measure = (now: number) => Measured[];

/** Told at each look. @param changed those whose level is another than at the look before */
export type LimitListener = (limits: Limit[], changed: Limit[]) => void;

const keyOf = ({ what, device = "" }: Measured) => `${what} ${device}`;

/** Whether somebody should be told. */
export function isPressing({ level }: Pick<Limit, "level">): boolean {
  return level === "near" || level === "full";
}

export class Limits {
  private before = new Map<string, Pick<Limit, "level" | "since">>();
  /** At the look before. */
  private told = new Map<string, Level>();
  private readonly listeners = new Set<LimitListener>();
  private readonly tally: Tally;
  private cancel?: () => void;

  constructor(
    private readonly measures: Measure[],
    private readonly clock: Clock,
    log: Log = silentLog,
  ) {
    this.tally = new Tally("limits", clock, log);
  }

  /** As they are now, the fullest first. @throws what a measure does */
  list(): Limit[] {
    const now = this.clock.now();
    const limits = this.measures
      .flatMap((measure) => measure(now))
      .map((measured) => this.judged(measured, now));
    this.before = new Map(limits.map((limit) => [keyOf(limit), limit]));
    return limits.sort((a, b) => b.permille - a.permille);
  }

  /** Every ten seconds, from the next tick on; what was so before has changed, too, when it is first looked at. */
  listen(listener: LimitListener): void {
    this.listeners.add(listener);
    this.cancel ??= this.clock.after(0, () => this.look());
  }

  stop(): void {
    this.listeners.clear();
    this.cancel?.();
  }

  private look(): void {
    this.cancel = this.clock.after(LOOK_EVERY_MS, () => this.look());
    let limits: Limit[];
    try {
      limits = this.list();
    } catch (error) {
      const why = (error as Error).message;
      this.tally.count(codeOf(error).toLowerCase(), `could not see how full things are: ${why}`);
      return;
    }
    const changed = limits.filter((limit) => (this.told.get(keyOf(limit)) ?? "ok") !== limit.level);
    this.told = new Map(limits.map((limit) => [keyOf(limit), limit.level]));
    for (const listener of this.listeners) listener(limits, changed);
  }

  private judged(measured: Measured, now: number): Limit {
    const before = this.before.get(keyOf(measured));
    const { freshMs, near, full } = KINDS[measured.what];
    const level = levelOf(measured.permille, before?.level, now - measured.at > freshMs);
    const since = before?.level === level ? before.since : Math.min(measured.at, now);
    return {
      ...measured,
      level,
      since,
      advice: level === "near" ? near : level === "full" ? full : undefined,
    };
  }
}

/** What is near or full stays so however old it is: it got no emptier unheard. */
function levelOf(permille: number, before: Level | undefined, isOld: boolean): Level {
  if (permille >= FULL_PERMILLE - (before === "full" ? SLACK_PERMILLE : 0)) return "full";
  const wasPressing = before === "near" || before === "full";
  if (permille >= NEAR_PERMILLE - (wasPressing ? SLACK_PERMILLE : 0)) return "near";
  return isOld ? "unknown" : "ok";
}
