/** Plays patterns on one light and one buzzer by timers: nothing waits for it. */
import { Pattern } from "../board/board";
import { RHYTHMS, type Rhythm } from "./patterns";

export interface Hands {
  light(on: boolean): void;
  sound(on: boolean): void;
  after(ms: number, run: () => void): () => void;
}

export class Indicator {
  private rhythm: Rhythm = RHYTHMS[Pattern.off];
  private at = 0;
  private round = 0;
  private cancel: (() => void) | undefined;
  private readonly step: () => void;

  constructor(private readonly hands: Hands) {
    const self = this;
    this.step = function () {
      self.next();
    };
  }

  /** Shows a pattern from its beginning, also the one that is shown already. */
  show(pattern: number): void {
    if (this.cancel) this.cancel();
    this.rhythm = RHYTHMS[pattern];
    this.at = 0;
    this.round = 0;
    this.next();
  }

  private next(): void {
    const rhythm = this.rhythm;
    this.cancel = undefined;
    if (this.at === rhythm.steps.length) {
      this.at = 0;
      this.round++;
    }
    const over = this.round > 0 && this.round === rhythm.rounds;
    const on = !over && this.at % 2 === 0;
    this.hands.light(on);
    this.hands.sound(on && rhythm.sounds && this.round === 0);
    if (over) return;
    this.cancel = this.hands.after(rhythm.steps[this.at], this.step);
    this.at++;
  }
}
