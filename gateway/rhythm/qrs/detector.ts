/**
 * Finds the heart's beats in one or several leads as they arrive. The answer for a sample is final once
 * {@link DELAY_SECONDS} of signal came after it. The same samples give the same beats however they are cut into blocks,
 * and a detector that was saved goes on as though nothing had happened.
 *
 * Peaks of the slope's energy are candidates. One is a beat when it stands out from what lies around it on both sides:
 * from the beats before (the median of their heights), from the candidates that follow, and from the noise between.
 */

import { PIECE } from "../resample";
import { select } from "../select";
import { isCount, requireSound, restore, type Saved, saved } from "../state";
import {
  ENVELOPE_LAG,
  type EnvelopeState,
  INNER_RATE,
  isSound,
  newEnvelope,
  ringIndex,
  takeSamples,
} from "./envelope";
import { medianOf } from "./median";
import { TUNING, type Tuning } from "./tuning";

/** From a beat to its final answer, at most: 1.5 s that it looks ahead, and what its filters lag. Measured: 1.65 s. */
export const DELAY_SECONDS = 2;

const inner = (seconds: number) => Math.round(seconds * INNER_RATE);

const PEAKS = 64;
const KEPT = 9;
/** What has faded so far is no longer believed: the next beat sets the level. */
const RELEARN = 0.25;
const FADED = 0.5;
/** Inner samples on each side that tell what the energy around is. */
const AROUND = inner(1.5);
const surroundings = new Float64Array(2 * AROUND + 1);

export interface DetectorSettings {
  /** Samples per second and lead, 100 to 1,000. */
  rate: number;
  /** Counts per millivolt of each lead; 0 (not calibrated) is taken for 200, as WFDB does. */
  gains: number[];
}

interface State {
  leads: EnvelopeState[];
  /** Mean of the leads' energies in millivolts, by inner sample. */
  energy: Float64Array;
  /** Sample number of the first sample since the last gap. */
  origin: number;
  /** Sample number of the next sample. */
  next: number;
  /** Inner samples since the origin. */
  count: number;
  /** Candidates since the origin, as rings. */
  peakAt: Float64Array;
  peakHeight: Float64Array;
  peaks: number;
  decided: number;
  /** Beats since the origin; the newest's inner sample and height. */
  beats: number;
  lastBeat: number;
  lastHeight: number;
  heights: Float64Array;
  intervals: Float64Array;
  noise: number;
}

export class BeatDetector {
  private readonly step: number;
  private readonly scale: number[];
  private state: State;

  /** @throws RangeError for a rate or a number of leads that it is not made for */
  constructor(
    private readonly settings: DetectorSettings,
    resumed?: Saved,
    private readonly tuning: Tuning = TUNING,
  ) {
    const { rate, gains } = settings;
    if (!(rate >= 100 && rate <= 1000))
      throw new RangeError(`cannot detect beats at ${rate} Hz: 100 to 1,000`);
    if (gains.length === 0) throw new RangeError("cannot detect beats without a lead");
    this.step = INNER_RATE / rate;
    this.scale = gains.map((gain) => 1 / (Math.abs(gain) || 200) / gains.length);
    this.state = newState(gains.length, 0);
    if (!resumed) return;
    restore(this.state, resumed, "beat detection");
    this.requireSound();
  }

  /**
   * Takes the next samples: one array per lead, equally long.
   * @returns sample numbers of the beats that became final, ascending
   */
  push(block: ArrayLike<number>[]): number[] {
    const found: number[] = [];
    const { state, step, scale } = this;
    const { leads, energy } = state;
    const length = block[0]!.length;
    for (let from = 0; from < length; from += PIECE) {
      const to = Math.min(length, from + PIECE);
      let made = 0;
      for (let lead = 0; lead < leads.length; lead++)
        made = takeSamples(leads[lead]!, block[lead]!, from, to, step);
      state.next += to - from;
      for (let k = made; k > 0; k--) {
        let sum = 0;
        for (let lead = 0; lead < leads.length; lead++)
          sum += leads[lead]!.energy[ringIndex(leads[lead]!.count - k)]! * scale[lead]!;
        energy[ringIndex(state.count)] = sum;
        state.count++;
        this.look(found);
      }
    }
    return found;
  }

  /**
   * Samples are missing: what came before is finished, and all that was learnt is forgotten.
   * @returns the beats that were still open
   */
  gap(samples: number): number[] {
    const found = this.end();
    this.state = newState(this.settings.gains.length, this.state.next + samples);
    return found;
  }

  /** The signal ends here. @returns the beats that were still open */
  end(): number[] {
    const found: number[] = [];
    const { state } = this;
    const until = state.count;
    // The filters lag: what they hold comes out behind the last sample, repeated.
    for (let k = 0; k < ENVELOPE_LAG + inner(this.tuning.apart) + 1 && until > 0; k++) {
      for (const lead of state.leads) takeSamples(lead, [lead.raw[ringIndex(lead.count - 1)]!], 0, 1, 1);
      state.energy[ringIndex(state.count)] = state.leads.reduce(
        (sum, lead, index) => sum + lead.energy[ringIndex(lead.count - 1)]! * this.scale[index]!,
        0,
      );
      state.count++;
      this.look(found);
    }
    while (state.decided < state.peaks) this.decide(found, state.decided++);
    return found;
  }

  /** All that it knows; a detector of the same settings goes on from it. */
  save(): Saved {
    return saved(this.state);
  }

  private requireSound(): void {
    const { leads, origin, next, count, peakAt, peaks, decided, beats, lastBeat } = this.state;
    const undecided = Array.from({ length: Math.min(PEAKS, peaks - decided) }, (_, k) => decided + k);
    requireSound("beat detection", {
      leads: leads.every((lead) => lead.count === count && isSound(lead)),
      count: isCount(origin, next) && Math.abs((next - origin) * this.step - count) < 2,
      peaks: isCount(decided) && isCount(peaks - decided, PEAKS),
      peakAt: undecided.every((k) => peakAt[k % PEAKS]! >= -1 && peakAt[k % PEAKS]! <= count),
      beats: isCount(beats) && lastBeat >= -1 && lastBeat <= count,
    });
  }

  /** One inner sample came: is the one `apart` before it a peak, and is an older peak due for its decision? */
  private look(found: number[]): void {
    const { state, tuning } = this;
    const half = inner(tuning.apart);
    const at = state.count - 1 - half;
    const { energy } = state;
    if (at >= 0) {
      const height = energy[ringIndex(at)]!;
      if (height > tuning.floor && this.isPeak(at, half, height)) {
        const slot = state.peaks % PEAKS;
        state.peakAt[slot] = at + this.topOf(at);
        state.peakHeight[slot] = height;
        state.peaks++;
      }
    }
    while (
      state.decided < state.peaks &&
      state.count - state.peakAt[state.decided % PEAKS]! > inner(tuning.ahead)
    )
      this.decide(found, state.decided++);
  }

  private isPeak(at: number, half: number, height: number): boolean {
    const { energy } = this.state;
    let before = height;
    let behind = height;
    // The nearest first: nearly all fail there.
    for (let k = 1; k <= half; k++) {
      const next = energy[ringIndex(at + k)]!;
      if (next > height) return false;
      const last = at - k >= 0 ? energy[ringIndex(at - k)]! : 0;
      if (last >= height) return false;
      if (last < before) before = last;
      if (next < behind) behind = next;
    }
    return Math.max(before, behind) <= this.tuning.valley * height;
  }

  /** Where between its neighbours a peak's top lies, by the parabola through the three: -0.5 to 0.5. */
  private topOf(at: number): number {
    const { energy } = this.state;
    const middle = energy[ringIndex(at)]!;
    const left = energy[ringIndex(at - 1)]!;
    const right = energy[ringIndex(at + 1)]!;
    return left + right < 2 * middle ? (right - left) / (2 * (2 * middle - left - right)) : 0;
  }

  private decide(found: number[], index: number): void {
    const { state, tuning } = this;
    const at = state.peakAt[index % PEAKS]!;
    const height = state.peakHeight[index % PEAKS]!;
    const known = Math.min(state.beats, KEPT);
    // What follows: the highest of all, and whether a higher one comes within the refractory time.
    let ahead = height;
    let rival = 0;
    for (let k = index + 1; k < state.peaks; k++) {
      const other = state.peakHeight[k % PEAKS]!;
      const later = state.peakAt[k % PEAKS]! - at;
      if (later > inner(tuning.ahead)) break;
      if (other > ahead) ahead = other;
      const claim =
        later < inner(tuning.refractory) ? other : later < inner(tuning.pWave) ? other * tuning.pShare : 0;
      if (claim > rival) rival = claim;
    }
    const since = state.beats === 0 ? Number.POSITIVE_INFINITY : at - state.lastBeat;
    // What was learnt from a burst of noise must not deafen it for good.
    const fade = Number.isFinite(since)
      ? 0.5 ** (Math.max(0, since - inner(tuning.forget)) / inner(tuning.forget))
      : 1;
    const learnt = known === 0 ? ahead : medianOf(state.heights, known);
    const past = fade * learnt;
    const level = Math.max(Math.min(past, ahead), tuning.fall * past);
    const usual = known < 3 ? inner(0.8) : medianOf(state.intervals, Math.min(state.beats - 1, KEPT));
    const share = since > tuning.late * usual ? tuning.lateThreshold : tuning.threshold;
    const threshold = Math.min(state.noise, level) * tuning.noiseShare + share * level;
    const early = inner(tuning.tWave) - inner(tuning.refractory);
    const tShare =
      tuning.tShareLate + ((tuning.tShare - tuning.tShareLate) * (inner(tuning.tWave) - since)) / early;
    const isBeat =
      height > threshold &&
      rival <= height &&
      since >= inner(tuning.refractory) &&
      !(since < inner(tuning.tWave) && height < tShare * Math.max(state.lastHeight, tuning.fall * past)) &&
      (fade > FADED || height > tuning.crest * this.energyAround(at));
    if (!isBeat) {
      if (since > inner(tuning.refractory)) state.noise += (Math.min(height, level) - state.noise) / 8;
      return;
    }
    if (state.beats > 0) state.intervals[(state.beats - 1) % KEPT] = since;
    if (height < tuning.confirmed * learnt) {
      if (fade < RELEARN) state.heights.fill(height);
      else if (fade < 1) for (let k = 0; k < KEPT; k++) state.heights[k]! *= fade;
    }
    state.heights[state.beats % KEPT] = height;
    state.beats++;
    state.lastBeat = at;
    state.lastHeight = height;
    found.push(this.sampleOf(at));
  }

  /** The median: beats take a small part of the time and do not move it. */
  private energyAround(at: number): number {
    const { energy, count } = this.state;
    const from = Math.max(0, Math.round(at) - AROUND);
    const to = Math.min(count, Math.round(at) + AROUND + 1);
    for (let k = from; k < to; k++) surroundings[k - from] = energy[ringIndex(k)]!;
    return select(surroundings.subarray(0, to - from), (to - from) >> 1);
  }

  private sampleOf(at: number): number {
    const { state } = this;
    const sample = Math.round((at - ENVELOPE_LAG + 0.5) / this.step);
    return state.origin + Math.max(0, Math.min(sample, state.next - state.origin - 1));
  }
}

function newState(leads: number, origin: number): State {
  return {
    leads: Array.from({ length: leads }, newEnvelope),
    energy: new Float64Array(newEnvelope().energy.length),
    origin,
    next: origin,
    count: 0,
    peakAt: new Float64Array(PEAKS),
    peakHeight: new Float64Array(PEAKS),
    peaks: 0,
    decided: 0,
    beats: 0,
    lastBeat: 0,
    lastHeight: 0,
    heights: new Float64Array(KEPT),
    intervals: new Float64Array(KEPT),
    noise: 0,
  };
}
