/** Things that happen at random moments until the trouble is over. */
import type { Random } from "../random";

export class Schedule {
  private over = false;

  constructor(readonly endMs: number) {}

  /** Runs at this moment, unless the trouble is over by then. */
  at(ms: number, run: () => void): void {
    setTimeout(() => {
      if (!this.over) run();
    }, ms);
  }

  /** Again and again, with pauses drawn from the range; a number that `run` returns is added to the next pause. */
  often(random: Random, pauseMs: readonly [from: number, to: number], run: () => unknown): void {
    const next = (extraMs: number) => this.at(extraMs + random.between(pauseMs), () => next(extraOf(run())));
    next(0);
  }

  end(): void {
    this.over = true;
  }
}

function extraOf(returned: unknown): number {
  return typeof returned === "number" ? returned : 0;
}
