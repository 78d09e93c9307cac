/**
 * Intervals between beats, and what they sum up to: rate and variability. An interval counts for the mean rate where
 * the signal could be read, for variability where moreover both its beats are normal and no fibrillation is possible.
 */
import { isCount, requireSound, restore, restoredList, type Saved, saved } from "./state";
import type { Beat, Episode } from "./types";

/** No interval but an interruption, in seconds. */
const LONGEST_SECONDS = 6;
/** Intervals in a row whose mean is a rate: no early beat and no pause is one. */
const ROW = 8;

/** From one beat to the next. */
export interface Interval {
  /** Sample numbers of both beats. */
  from: number;
  to: number;
  seconds: number;
  /** Beats per minute, of this interval alone. */
  rate: number;
  /** Both beats are normal. */
  normal: boolean;
  /** Of the beat that is less certain. */
  confidence: number;
}

export interface PulseSummary {
  /** Beats per minute; undefined where nothing could be read. */
  meanRate: number | undefined;
  /** Of eight intervals in a row; undefined where there are not as many. */
  slowest: number | undefined;
  fastest: number | undefined;
  variability: {
    /** Milliseconds, of intervals between normal beats; RMSSD of neighbouring ones. Undefined with less than two. */
    sdnn: number | undefined;
    rmssd: number | undefined;
    /** Of the time, how much lies in those intervals. */
    share: number;
  };
}

interface State {
  /** Newest beat since the last gap, -1 for none, whether it is normal, and how certain that is. */
  last: number;
  normal: number;
  confidence: number;
  /** Intervals whose window is not judged yet: from, to, normal. */
  waiting: number[];
  /** Of what could be read. */
  count: number;
  seconds: number;
  /** The newest in a row, in seconds, at most eight; where it ends; of eight in a row, the least and the most seconds. */
  row: number[];
  rowEnd: number;
  shortest: number;
  longest: number;
  /** Of what is normal: number, mean and sum of squared deviations, seconds. */
  normals: number;
  mean: number;
  squares: number;
  /** Steps between neighbours, their squares' sum, and the interval before: its end and its seconds. */
  steps: number;
  stepSquares: number;
  lastEnd: number;
  lastSeconds: number;
}

export class Pulse {
  private readonly state: State = {
    last: -1,
    normal: 0,
    confidence: 0,
    waiting: [],
    count: 0,
    seconds: 0,
    row: [],
    rowEnd: -1,
    shortest: ROW * LONGEST_SECONDS,
    longest: 0,
    normals: 0,
    mean: 0,
    squares: 0,
    steps: 0,
    stepSquares: 0,
    lastEnd: -1,
    lastSeconds: 0,
  };

  constructor(
    private readonly rate: number,
    resumed?: Saved,
  ) {
    if (!resumed) return;
    const { waiting, row, ...rest } = this.state;
    const what = "counting a pulse";
    restore(rest, resumed, what);
    Object.assign(this.state, rest);
    for (const number of restoredList(resumed, "waiting", 3, what)) waiting.push(number);
    for (const number of restoredList(resumed, "row", 1, what)) row.push(number);
    const { last, count, seconds, normals, mean, squares, steps, stepSquares } = rest;
    requireSound(what, {
      last: last === -1 || isCount(last),
      waiting: waiting.every((number) => isCount(number)),
      row: row.length <= ROW && row.every((one) => one > 0 && one < LONGEST_SECONDS),
      count: isCount(count) && isCount(normals, count) && isCount(steps, normals),
      seconds: [seconds, mean, squares, stepSquares].every(
        (sum) => sum >= 0 && sum <= LONGEST_SECONDS ** 2 * count,
      ),
    });
  }

  /** @param readable whether all signal since the beat before could be read */
  beat(beat: Beat, readable: boolean): Interval | undefined {
    const { state } = this;
    const from = state.last;
    const before = state.normal;
    const confidence = Math.min(state.confidence, beat.confidence);
    state.last = beat.sample;
    state.normal = beat.class === "N" ? 1 : 0;
    state.confidence = beat.confidence;
    const seconds = (beat.sample - from) / this.rate;
    if (from < 0 || !readable || seconds >= LONGEST_SECONDS) return undefined;
    const normal = before === 1 && state.normal === 1;
    state.waiting.push(from, beat.sample, normal ? 1 : 0);
    return { from, to: beat.sample, seconds, rate: 60 / seconds, normal, confidence };
  }

  /** A window was named: what ended in it is counted or dropped. */
  judge({ to: until, rhythm }: Episode): void {
    const { waiting } = this.state;
    let taken = 0;
    while (taken < waiting.length && waiting[taken + 1]! < until) {
      if (rhythm !== "unreadable")
        this.count(waiting[taken]!, waiting[taken + 1]!, waiting[taken + 2] === 1 && rhythm !== "af");
      taken += 3;
    }
    waiting.splice(0, taken);
  }

  /** Samples are missing: no interval spans them. All windows before were judged. */
  gap(): void {
    this.state.last = -1;
    this.state.waiting.length = 0;
  }

  /** @param samples analysed so far, gaps not counted */
  summary(samples: number): PulseSummary {
    const { state } = this;
    return {
      meanRate: state.count > 0 ? (60 * state.count) / state.seconds : undefined,
      slowest: state.longest > 0 ? (60 * ROW) / state.longest : undefined,
      fastest: state.longest > 0 ? (60 * ROW) / state.shortest : undefined,
      variability: {
        sdnn: state.normals > 1 ? 1000 * Math.sqrt(state.squares / (state.normals - 1)) : undefined,
        rmssd: state.steps > 0 ? 1000 * Math.sqrt(state.stepSquares / state.steps) : undefined,
        share: samples > 0 ? (state.normals * state.mean * this.rate) / samples : 0,
      },
    };
  }

  save(): Saved {
    const { waiting, row, ...rest } = this.state;
    return { ...saved(rest), waiting: [...waiting], row: [...row] };
  }

  private count(from: number, to: number, normal: boolean): void {
    const { state } = this;
    const seconds = (to - from) / this.rate;
    state.count++;
    state.seconds += seconds;
    this.countRow(from, to, seconds);
    if (!normal) return;
    state.normals++;
    const off = seconds - state.mean;
    state.mean += off / state.normals;
    state.squares += off * (seconds - state.mean);
    if (state.lastEnd === from) {
      state.steps++;
      state.stepSquares += (seconds - state.lastSeconds) ** 2;
    }
    state.lastEnd = to;
    state.lastSeconds = seconds;
  }

  private countRow(from: number, to: number, seconds: number): void {
    const { state } = this;
    const { row } = state;
    if (state.rowEnd !== from) row.length = 0;
    state.rowEnd = to;
    if (row.length === ROW) row.shift();
    row.push(seconds);
    if (row.length < ROW) return;
    const all = row.reduce((sum, one) => sum + one, 0);
    state.shortest = Math.min(state.shortest, all);
    state.longest = Math.max(state.longest, all);
  }
}
