/** Plays patterns on one light and one buzzer by timers: nothing waits for it. */
import { Pattern } from "../board/board";
import { RHYTHMS } from "./patterns";

export interface Hands {
  light(on: boolean): void;
  sound(on: boolean): void;
  after(ms: number, run: () => void): () => void;
}

export class Indicator {
  /** What is shown whenever nothing passing is, and whether its last round is over. */
  private lasting = Pattern.off;
  private over = true;
  private playing = Pattern.off;
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

  /** A lasting pattern that is being shown goes on undisturbed; a passing one begins anew. */
  show(pattern: number): void {
    if (RHYTHMS[pattern].passing) {
      this.play(pattern);
      return;
    }
    if (pattern === this.lasting && !this.over) return;
    this.lasting = pattern;
    this.over = false;
    if (!this.cancel || !RHYTHMS[this.playing].passing) this.play(pattern);
  }

  private play(pattern: number): void {
    if (this.cancel) this.cancel();
    this.playing = pattern;
    this.at = 0;
    this.round = 0;
    this.next();
  }

  private next(): void {
    const rhythm = RHYTHMS[this.playing];
    this.cancel = undefined;
    if (this.at === rhythm.steps.length) {
      this.at = 0;
      this.round++;
      if (this.round === rhythm.rounds) {
        this.done(rhythm.passing);
        return;
      }
    }
    const on = this.at % 2 === 0;
    this.hands.light(on);
    if (rhythm.sounds && this.round === 0) this.hands.sound(on);
    this.cancel = this.hands.after(rhythm.steps[this.at], this.step);
    this.at++;
  }

  private done(passing: boolean): void {
    this.hands.light(false);
    this.hands.sound(false);
    if (!passing) this.over = true;
    else if (!this.over) this.play(this.lasting);
  }
}
