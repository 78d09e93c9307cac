/**
 * The intervals of one lead as it arrives: of each minute whose rhythm is known, on the average of its normal beats. A
 * minute holds enough beats for a low noise (half a minute of a slow heart does not), and QT follows the heart rate
 * more slowly than that. A minute is two windows of the rhythm, so that one rhythm is told of it; where the next window
 * cannot be read, is of another rhythm (with or without fibrillation) or does not come, one is measured alone.
 */
import { WINDOW_DELAY_SECONDS, WINDOW_SECONDS } from "../episodes/windows";
import { restore, type Saved, saved } from "../state";
import type { Beat, Episode } from "../types";
import { type Intervals, measureIntervals } from "./measure";

const WINDOWS = 2;
/** Two windows, and what comes until the second's rhythm is known: another may still be open where the signal ends. */
const RING_SECONDS = (WINDOWS + 1) * WINDOW_SECONDS + WINDOW_DELAY_SECONDS + 2;
/** Of the beats, how many a pacemaker drives before the heart is called paced: one spike may be noise. */
const PACED_SHARE = 0.1;
const [OTHER, NORMAL, PACED] = [0, 1, 2];

/** Of the samples `from` up to, not including, `to`. */
export interface Measurement extends Intervals {
  from: number;
  to: number;
  /** What the rhythm's analysis said of it. */
  fibrillation: boolean;
  paced: boolean;
}

interface State {
  /** Sample number of the next sample. */
  next: number;
  /** The windows under way, none where `windows` is 0. */
  windows: number;
  from: number;
  to: number;
  fibrillating: number;
  values: Float64Array;
}

export class IntervalMeter {
  private readonly state: State;
  /** Those that may still be needed: sample and kind. */
  private beats: number[] = [];
  /** Samples that could not be read: from and to. */
  private bad: number[] = [];

  constructor(
    private readonly settings: { rate: number; gain: number },
    resumed?: Saved,
  ) {
    const values = new Float64Array(Math.ceil(RING_SECONDS * settings.rate));
    this.state = { next: 0, windows: 0, from: 0, to: 0, fibrillating: 0, values };
    if (!resumed) return;
    restore(this.state, resumed, "measuring intervals");
    this.beats = [...(resumed.beats as number[])];
    this.bad = [...(resumed.bad as number[])];
  }

  /** Takes the next samples, at most a second of them. */
  push(block: ArrayLike<number>): void {
    const { state } = this;
    const { values } = state;
    let at = state.next % values.length;
    for (let i = 0; i < block.length; i++) {
      values[at] = block[i]!;
      if (++at === values.length) at = 0;
    }
    state.next += block.length;
  }

  /** The next beat. */
  beat({ sample, class: kind }: Beat, paced: boolean): void {
    this.beats.push(sample, paced ? PACED! : kind === "N" ? NORMAL! : OTHER!);
  }

  /** Samples `from` up to, not including, `to` could not be read. */
  spoil(from: number, to: number): void {
    this.bad.push(from, to);
  }

  /** The next window's rhythm became known; all its beats are. @returns what was measured with that */
  window({ from, to, rhythm }: Episode): Measurement[] {
    const { state } = this;
    const fibrillating = rhythm === "af" ? 1 : 0;
    const found: Measurement[] = [];
    if (rhythm === "unreadable" || state.to !== from || state.fibrillating !== fibrillating)
      found.push(...this.end());
    if (rhythm !== "unreadable") {
      if (state.windows === 0) state.from = from;
      state.windows++;
    }
    Object.assign(state, { to, fibrillating });
    if (state.windows === WINDOWS) found.push(...this.end());
    this.forget(state.windows > 0 ? state.from : to);
    return found;
  }

  /** Samples are missing; all windows before became known. @returns what was still open */
  gap(samples: number): Measurement[] {
    const found = this.end();
    this.state.next += samples;
    this.beats = [];
    this.bad = [];
    return found;
  }

  /** No window belongs to those under way. @returns what was measured on them */
  end(): Measurement[] {
    const { state } = this;
    if (state.windows === 0) return [];
    state.windows = 0;
    return [this.measure()];
  }

  /** All that it knows; a meter of the same settings goes on from it. */
  save(): Saved {
    return { ...saved(this.state), beats: [...this.beats], bad: [...this.bad] };
  }

  private measure(): Measurement {
    const { from, to, fibrillating, values } = this.state;
    const { rate, gain } = this.settings;
    const signal = new Float64Array(to - from);
    for (let i = 0; i < signal.length; i++) signal[i] = values[(from + i) % values.length]!;
    const beats: Pick<Beat, "sample" | "class">[] = [];
    let pacedBeats = 0;
    for (let k = 0; k < this.beats.length; k += 2) {
      const [sample, kind] = [this.beats[k]!, this.beats[k + 1]!];
      if (sample < from || sample >= to) continue;
      beats.push({ sample: sample - from, class: kind === NORMAL ? "N" : "Q" });
      if (kind === PACED) pacedBeats++;
    }
    const bad: { from: number; to: number }[] = [];
    for (let k = 0; k < this.bad.length; k += 2)
      bad.push({ from: this.bad[k]! - from, to: this.bad[k + 1]! - from });
    const fibrillation = fibrillating === 1;
    const paced = pacedBeats > PACED_SHARE * beats.length;
    const stretch = { rate, gains: [gain], leads: [signal], beats, unreadable: [bad], fibrillation, paced };
    const intervals = measureIntervals(stretch);
    const evidence = intervals.evidence.map((sample) => sample + from);
    return { from, to, fibrillation, paced, ...intervals, evidence };
  }

  /** What ends before a sample. */
  private forget(before: number): void {
    let gone = 0;
    while (gone < this.beats.length && this.beats[gone]! < before) gone += 2;
    this.beats.splice(0, gone);
    gone = 0;
    while (gone < this.bad.length && this.bad[gone + 1]! <= before) gone += 2;
    this.bad.splice(0, gone);
  }
}
