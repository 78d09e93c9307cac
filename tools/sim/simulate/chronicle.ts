/** What happened in a simulation, as one hash and as counts: the same seed gives the same ones in any process. */
import { createHash } from "node:crypto";

/** The system did what it must never do. */
export interface Violation {
  /** Virtual ms since the start. */
  at: number;
  what: string;
}

/** Further violations are mostly consequences of the first ones. */
const MAX_VIOLATIONS = 8;

export class Chronicle {
  readonly counts: Record<string, number> = {};
  readonly violations: Violation[] = [];
  /** Settles at the first violation. */
  readonly broken: Promise<void>;
  private break: () => void = () => {};
  private readonly hash = createHash("sha256");
  private readonly startMs = Date.now();
  private events = 0;

  /** @param trace told of every event, for whoever looks for the cause of a violation */
  constructor(private readonly trace: (line: string) => void = () => {}) {
    this.broken = new Promise((resolve) => {
      this.break = resolve;
    });
  }

  /** An event goes into the hash, and is counted under its kind. @param detail made of what the seed decides, and nothing else */
  event(kind: string, ...detail: (string | number)[]): void {
    const line = `${this.now()} ${kind} ${detail.join(" ")}`;
    this.hash.update(`${line}\n`);
    this.events++;
    this.count(kind);
    this.trace(line);
  }

  count(kind: string, howMany = 1): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + howMany;
  }

  violated(what: string): void {
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push({ at: this.now(), what });
    this.trace(`${this.now()} VIOLATION ${what}`);
    this.break();
  }

  demand(holds: boolean, what: () => string): void {
    if (!holds) this.violated(what());
  }

  /** Virtual ms since the start. */
  now(): number {
    return Date.now() - this.startMs;
  }

  end(): { events: number; hash: string } {
    return { events: this.events, hash: this.hash.digest("hex") };
  }
}
