/** What the unit shows to whoever holds it: one pattern at a time, that of its situation. */
import { MonitorState } from "../protocol/command";
import { type Board, Pattern } from "./board/board";

/** All that a pattern depends on. */
export interface Situation {
  owned: boolean;
  /** A MonitorState. */
  state: number;
  /** The electrodes touch, as far as the front end can tell. */
  contact: boolean;
  nearlyFull: boolean;
  batteryLow: boolean;
}

/** What its holder has to act upon comes before how things are. */
export function patternOf(situation: Situation): number {
  if (!situation.owned) return Pattern.claimMe;
  if (situation.state === MonitorState.recording) {
    if (!situation.contact) return Pattern.noContact;
    return situation.nearlyFull ? Pattern.nearlyFull : Pattern.recording;
  }
  if (situation.batteryLow) return Pattern.lowBattery;
  if (situation.nearlyFull) return Pattern.nearlyFull;
  return situation.state === MonitorState.idle ? Pattern.hubHasIt : Pattern.keptHere;
}

export class Display {
  private shown = Pattern.off;
  private identifying: (() => void) | undefined;

  /** @param situation asked for whenever it may have changed */
  constructor(
    private readonly board: Board,
    private readonly situation: () => Situation,
  ) {}

  /** Something may have changed: a pattern that goes on is not begun anew. */
  update(): void {
    const pattern = patternOf(this.situation());
    if (pattern !== this.shown) this.show(pattern);
  }

  /** In answer to the button: the pattern of the situation from its beginning, whether it is new or not. */
  answer(): void {
    this.show(patternOf(this.situation()));
  }

  /** Until something changes it. */
  show(pattern: number): void {
    if (this.identifying) return;
    this.shown = pattern;
    this.board.show(pattern);
  }

  /** Shows which unit it is, for so long; then what has become of the situation meanwhile. */
  identify(seconds: number): void {
    if (this.identifying) this.identifying();
    this.identifying = undefined;
    this.show(Pattern.identify);
    const self = this;
    this.identifying = this.board.after(Math.max(1, seconds) * 1000, function () {
      self.identifying = undefined;
      self.answer();
    });
  }
}
