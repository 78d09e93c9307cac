/** What the owner settled of the first run herself: the rest is seen from what is there. */
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock";

export interface Settled {
  state: "done" | "skipped";
  /** Unix ms. */
  at: number;
}

export class SetupSteps {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  get(step: string): Settled | undefined {
    return this.db.prepare("SELECT state, at FROM setup WHERE step = ?").get(step) as Settled | undefined;
  }

  /** @param state nothing opens it again */
  set(step: string, state: Settled["state"] | undefined): void {
    if (state === undefined) this.db.prepare("DELETE FROM setup WHERE step = ?").run(step);
    else this.db.prepare("INSERT OR REPLACE INTO setup VALUES (?, ?, ?)").run(step, state, this.clock.now());
  }
}
