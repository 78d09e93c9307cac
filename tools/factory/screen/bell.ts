/** The terminal's bell: one ring for a unit that passed, three for one that failed, however many end at once. */
import type { Clock } from "../../../gateway/clock";

/** Terminals make one of rings that follow closer. */
const BEAT_MS = 250;
/** Between two units, so that they can be counted. */
const PAUSE_BEATS = 2;
const MAX_BEATS = 100;

export class Bell {
  private readonly beats: boolean[] = [];
  private cancel?: () => void;

  constructor(
    private readonly write: (text: string) => unknown,
    private readonly clock: Clock,
  ) {}

  ring(times: number): void {
    if (this.beats.length > MAX_BEATS) return;
    this.beats.push(...new Array<boolean>(times).fill(true), ...new Array<boolean>(PAUSE_BEATS).fill(false));
    if (!this.cancel) this.beat();
  }

  close(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.beats.length = 0;
  }

  private beat(): void {
    const rings = this.beats.shift();
    if (rings) this.write("\x07");
    this.cancel = rings === undefined ? undefined : this.clock.after(BEAT_MS, () => this.beat());
  }
}
