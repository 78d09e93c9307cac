/**
 * Finds the beats of one or several leads and measures them. The signal is worked off in steps that begin at its
 * start, so that nothing depends on how it was cut into blocks.
 */
import { BeatDetector, type DetectorSettings } from "../qrs/detector";
import { isCount, requireSound, restore, type Saved, saved } from "../state";
import { FeatureReader, type Row } from "./features";

const STEP_SECONDS = 0.25;
/** A step holds few beats; at the end of a signal as many come as a detector's delay holds. */
const WAITING = 32;

interface State {
  /** Samples of the step under way, and since the start. */
  filled: number;
  next: number;
  /** Beats found in the step under way. */
  waiting: Float64Array;
  waits: number;
}

/** What each lead tells of one beat. */
export type Rows = Row[];

export class BeatMeter {
  private readonly step: number;
  private readonly detector: BeatDetector;
  private readonly readers: FeatureReader[];
  private readonly state: State = { filled: 0, next: 0, waiting: new Float64Array(WAITING), waits: 0 };

  /** @throws RangeError as the detector does */
  constructor(settings: DetectorSettings, resumed?: Saved) {
    this.detector = new BeatDetector(settings, resumed && ((resumed.detector ?? {}) as Saved));
    const readers = resumed?.readers as Saved[] | undefined;
    this.readers = settings.gains.map(
      (gain, lead) => new FeatureReader(settings.rate, gain, readers && (readers[lead] ?? {})),
    );
    this.step = Math.max(1, Math.round(STEP_SECONDS * settings.rate));
    if (!resumed) return;
    restore(this.state, (resumed.state ?? {}) as Saved, "measuring beats");
    const { filled, next, waiting, waits } = this.state;
    requireSound("measuring beats", {
      filled: isCount(filled, this.step - 1) && isCount(next),
      waits: isCount(waits, WAITING) && waiting.subarray(0, waits).every((beat) => isCount(beat, next)),
    });
  }

  /**
   * Takes the next samples: one array per lead, equally long.
   * @param each beat whose measures became final; its rows are overwritten by the next
   */
  push(block: ArrayLike<number>[], each: (rows: Rows) => void): void {
    const { state, step, detector, readers } = this;
    const length = block[0]!.length;
    for (let at = 0; at < length; ) {
      const to = Math.min(length, at + step - state.filled);
      readers.forEach((reader, lead) => {
        reader.append(block[lead]!, at, to);
      });
      const part = at === 0 && to === length ? block : block.map((lead) => slice(lead, at, to));
      for (const beat of detector.push(part)) state.waiting[state.waits++] = beat;
      state.filled += to - at;
      state.next += to - at;
      at = to;
      if (state.filled === step) {
        state.filled = 0;
        this.work(each);
      }
    }
  }

  /** Samples are missing: all beats before are finished, and all that was learnt is forgotten. */
  gap(samples: number, each: (rows: Rows) => void): void {
    this.finish(this.detector.gap(samples), each);
    for (const reader of this.readers) reader.gap(samples);
    this.state.filled = 0;
    this.state.next += samples;
  }

  /** The signal ends here. */
  end(each: (rows: Rows) => void): void {
    this.finish(this.detector.end(), each);
  }

  save(): Saved {
    return {
      detector: this.detector.save(),
      readers: this.readers.map((reader) => reader.save()),
      state: saved(this.state),
    };
  }

  private finish(beats: number[], each: (rows: Rows) => void): void {
    this.work(each);
    for (const beat of beats) this.take(beat, each);
    this.drain(true, each);
  }

  private work(each: (rows: Rows) => void): void {
    const { state } = this;
    for (let k = 0; k < state.waits; k++) this.take(state.waiting[k]!, each);
    state.waits = 0;
    this.drain(false, each);
  }

  private take(beat: number, each: (rows: Rows) => void): void {
    if (this.readers.every((reader) => reader.isBare(beat))) return;
    for (const reader of this.readers) reader.beat(beat);
    this.drain(false, each);
  }

  private drain(last: boolean, each: (rows: Rows) => void): void {
    for (;;) {
      const row = this.readers[0]!.take(last);
      if (!row) return;
      each(this.readers.map((reader, lead) => (lead === 0 ? row : reader.take(last)!)));
    }
  }
}

function slice(values: ArrayLike<number>, from: number, to: number): ArrayLike<number> {
  return ArrayBuffer.isView(values)
    ? (values as Int32Array).subarray(from, to)
    : Array.prototype.slice.call(values, from, to);
}
