/**
 * The intervals of one lead as it arrives: of each minute whose rhythm is known, on the average of its normal beats. A
 * minute holds enough beats for a low noise (half a minute of a slow heart does not), and QT follows the heart rate
 * more slowly than that. It is less where what follows cannot be read, is another rhythm (with or without fibrillation)
 * or does not come: one rhythm is told of each.
 */
import { WINDOW_DELAY_SECONDS, WINDOW_SECONDS } from "../episodes/windows";
import { isCount, requireSound, restore, restoredList, type Saved, saved } from "../state";
import type { Beat, Episode } from "../types";
import { type Intervals, measureIntervals } from "./measure";

export const STRETCH_SECONDS = 60;
/** A stretch, the window that ends it, and what comes until that window's rhythm is known. */
const NEEDED_SECONDS = STRETCH_SECONDS + WINDOW_SECONDS + WINDOW_DELAY_SECONDS + 2;
/** What is no longer needed is dropped in one go, so often at most. */
const DROP_SECONDS = 30;
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
  /** Sample numbers of the oldest sample kept, and of the next. */
  oldest: number;
  next: number;
  /** 1 while a stretch is under way: its samples. */
  open: number;
  from: number;
  to: number;
  fibrillating: number;
}

export class IntervalMeter {
  private readonly state: State = { oldest: 0, next: 0, open: 0, from: 0, to: 0, fibrillating: 0 };
  private readonly signal: Int32Array;
  /** Those that may still be needed: sample and kind. */
  private beats: number[] = [];
  /** Samples that could not be read: from and to. */
  private bad: number[] = [];

  constructor(
    private readonly settings: { rate: number; gain: number },
    resumed?: Saved,
  ) {
    this.signal = new Int32Array(Math.ceil((NEEDED_SECONDS + DROP_SECONDS) * settings.rate));
    if (!resumed) return;
    const what = "measuring intervals";
    restore(this.state, resumed, what);
    const { oldest, next, open, from, to } = this.state;
    const signal = restoredList(resumed, "signal", 1, what);
    this.beats = restoredList(resumed, "beats", 2, what);
    this.bad = restoredList(resumed, "bad", 2, what);
    requireSound(what, {
      signal: isCount(oldest) && signal.length === next - oldest && signal.length <= this.signal.length,
      open: isCount(open, 1) && isCount(to, next) && (open === 0 || (from >= oldest && isCount(from, to))),
      beats: this.beats.every((value, k) => isCount(value, k % 2 === 0 ? next : PACED)),
      bad: this.bad.every((sample) => isCount(sample, next)),
    });
    this.signal.set(signal);
  }

  /** Takes the next samples, at most a second of them. */
  push(block: Int32Array): void {
    const { state, signal } = this;
    if (state.next - state.oldest + block.length > signal.length) {
      const needed = this.needed();
      signal.copyWithin(0, needed - state.oldest, state.next - state.oldest);
      state.oldest = needed;
    }
    signal.set(block, state.next - state.oldest);
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

  /** The rhythm of the next window, or of a part of it, became known; all its beats are. @returns what ended with that */
  window({ from, to, rhythm }: Episode): Measurement[] {
    const { state } = this;
    // Windows begin and end within a sample of where they should.
    const most = STRETCH_SECONDS * this.settings.rate + 1;
    const fibrillating = rhythm === "af" ? 1 : 0;
    const found: Measurement[] = [];
    const apart = state.to !== from || state.fibrillating !== fibrillating || to - state.from > most;
    if (rhythm === "unreadable" || apart) found.push(...this.end());
    if (rhythm !== "unreadable" && !state.open) Object.assign(state, { open: 1, from });
    Object.assign(state, { to, fibrillating });
    if (to - state.from >= most - 2) found.push(...this.end());
    this.forget(this.needed());
    return found;
  }

  /** Samples are missing; all windows before became known. @returns what was still open */
  gap(samples: number): Measurement[] {
    const found = this.end();
    this.state.next += samples;
    this.state.oldest = this.state.next;
    this.beats = [];
    this.bad = [];
    return found;
  }

  /** Nothing that comes belongs to the stretch under way. @returns what was measured on it */
  end(): Measurement[] {
    const { state } = this;
    if (!state.open) return [];
    state.open = 0;
    return [this.measure()];
  }

  /** All that it knows; a meter of the same settings goes on from it. */
  save(): Saved {
    const { oldest, next } = this.state;
    const needed = this.needed();
    const signal = [...this.signal.subarray(needed - oldest, next - oldest)];
    return { ...saved(this.state), oldest: needed, signal, beats: [...this.beats], bad: [...this.bad] };
  }

  private measure(): Measurement {
    const { from, to, fibrillating, oldest } = this.state;
    const { rate, gain } = this.settings;
    const signal = this.signal.subarray(from - oldest, to - oldest);
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

  /** The oldest sample that may still be measured on. */
  private needed(): number {
    const { oldest, open, from, to } = this.state;
    return Math.max(oldest, open ? from : to);
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
