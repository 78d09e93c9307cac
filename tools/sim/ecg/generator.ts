import { Random } from "../random";
import { LEADS, type Lead } from "./leads";
import { LeadNoise } from "./noise";
import { type BeatCode, Rhythm } from "./rhythm";
import { changed, DEFAULT_SETTINGS, type EcgSettings, type EcgSwitches, refuseFixed } from "./settings";
import { WAVE_REACH, wavesOf } from "./waves";

/** Where the R peak (or the peak of a ventricular beat) lies: sample since the start. */
export interface Beat {
  readonly sample: number;
  readonly code: BeatCode;
}

/**
 * More than the longest span, in seconds, from the R peak at which a beat is planned to the end of that beat's last
 * wave: in AF at 20 beats/min the longest interval with a full pause (1.4 · 1.9 · 3 s), then QRS and T (1.2 s).
 */
const AHEAD_SECONDS = 12;

/** Twelve hours at 90 beats/min. Who never takes the beats loses the oldest, not the memory. */
const BEATS_KEPT = 65_536;

/**
 * An endless ECG after McSharry et al. (2003), doi:10.1109/TBME.2003.808805, simplified as `waves.ts` and `rhythm.ts`
 * say. The same seed gives the same samples however they are read; a change takes effect at the sample at which it is
 * made (noise, lead off) or at the beat after the next (rhythm).
 */
export class EcgGenerator {
  private current: EcgSettings;
  private readonly leads: readonly Lead[];
  private readonly rhythm: Rhythm;
  private readonly noise: readonly LeadNoise[];
  /** Beats as planned, lead by lead, in millivolts; a ring over sample numbers. */
  private readonly planned: readonly Float64Array[];
  private readonly mask: number;
  private readonly scratch: Float64Array;
  private position = 0;
  /** The last planned R peak; when the position reaches it, the next is planned. */
  private peak: number;
  private beats: Beat[] = [];

  constructor(settings: Partial<EcgSettings> = {}) {
    this.current = changed(DEFAULT_SETTINGS, settings);
    const { rate, leads, seed } = this.current;
    const random = new Random(seed);
    this.leads = LEADS.slice(0, leads);
    this.rhythm = new Rhythm(random.fork("rhythm"));
    this.noise = this.leads.map((lead) => new LeadNoise(lead, random.fork(`noise ${lead.name}`)));
    const ring = 2 ** Math.ceil(Math.log2(AHEAD_SECONDS * rate));
    this.planned = this.leads.map(() => new Float64Array(ring));
    this.scratch = new Float64Array(ring);
    this.mask = ring - 1;
    // As though an R peak had come just before the start, so that the first beat has room for its P wave.
    this.peak = 0;
  }

  get settings(): Readonly<EcgSettings> {
    return this.current;
  }

  /** @throws `ECG_SETTING` when a value is out of range or fixed while running; nothing is changed then */
  set(changes: Partial<EcgSwitches>): void {
    const next = changed(this.current, changes);
    refuseFixed(changes);
    this.current = next;
  }

  /** The next samples: one array per lead, in the order of `LEADS`, clipped to the range of `bits`. */
  read(samples: number): Int32Array[] {
    const output = this.leads.map(() => new Int32Array(samples));
    for (let done = 0; done < samples; ) {
      while (this.peak <= this.position) this.plan();
      const count = Math.min(samples - done, Math.ceil(this.peak) - this.position, this.scratch.length);
      for (let k = 0; k < output.length; k++) this.render(k, output[k]!.subarray(done, done + count));
      this.position += count;
      done += count;
    }
    return output;
  }

  /** The beats whose peak has been read since the last call, oldest first. */
  takeBeats(): Beat[] {
    const taken = this.beats.filter((beat) => beat.sample < this.position);
    this.beats = this.beats.slice(taken.length);
    return taken;
  }

  private plan(): void {
    const { rate, heartRateBpm, af } = this.current;
    const beat = this.rhythm.next(this.current);
    this.peak += beat.rrSeconds * rate;
    if (this.beats.length === BEATS_KEPT) this.beats = this.beats.slice(BEATS_KEPT / 2);
    this.beats.push({ sample: Math.round(this.peak), code: beat.code });

    for (const wave of wavesOf(beat.code, af, 60 / heartRateBpm, this.leads)) {
      const centre = this.peak + wave.seconds * rate;
      const sigma = wave.sigmaSeconds * rate;
      const first = Math.max(this.position, Math.ceil(centre - WAVE_REACH * sigma));
      const last = Math.floor(centre + WAVE_REACH * sigma);
      for (let sample = first; sample <= last; sample++) {
        const distance = (sample - centre) / sigma;
        const height = Math.exp(-0.5 * distance * distance);
        for (let k = 0; k < this.planned.length; k++) {
          this.planned[k]![sample & this.mask]! += height * wave.millivolts[k]!;
        }
      }
    }
  }

  private render(k: number, output: Int32Array): void {
    const { scratch, mask, position } = this;
    const ring = this.planned[k]!;
    const { bits, gainCountsPerMillivolt, leadOff } = this.current;
    const most = 2 ** (bits - 1) - 1;
    for (let i = 0; i < output.length; i++) {
      scratch[i] = ring[(position + i) & mask]!;
      ring[(position + i) & mask] = 0;
    }
    this.noise[k]!.addTo(scratch, output.length, position, this.current);
    for (let i = 0; i < output.length; i++) {
      const counts = leadOff ? most : Math.round(scratch[i]! * gainCountsPerMillivolt);
      output[i] = Math.max(-most - 1, Math.min(most, counts));
    }
  }
}
