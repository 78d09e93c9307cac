/** Where a simulated front end's samples come from. */

import type { WfdbRecord } from "../../gateway/wfdb/record";
import { type Lead, MAX_TEXT_BYTES } from "../../protocol/open";
import type { EcgGenerator } from "./ecg/generator";
import { LEADS } from "./ecg/leads";

export interface SampleSource {
  readonly name: string;
  readonly rateNum: number;
  readonly rateDen: number;
  /** Signed two's complement range of every sample. */
  readonly bits: number;
  readonly leads: Lead[];
  /** Samples per lead that are left. */
  left(): number;
  /** The next `count` samples of every lead, unscaled. */
  read(count: number): Int32Array[];
}

/** The narrowest signed range that holds every sample; 2 at least, as the block codec asks. */
function bitsFor(signals: Int32Array[]): number {
  let most = 1;
  for (const signal of signals)
    for (const value of signal) most = Math.max(most, value < 0 ? -value - 1 : value);
  return Math.max(2, 33 - Math.clz32(most));
}

/** Plays a WFDB record, once or without end. */
export class RecordSource implements SampleSource {
  readonly name: string;
  readonly rateNum: number;
  readonly rateDen: number;
  readonly bits: number;
  readonly leads: Lead[];
  private at: number;

  /** @param repeat begin again at the end; `from` is the sample to begin with */
  constructor(
    private readonly record: WfdbRecord,
    private readonly repeat = false,
    from = 0,
  ) {
    this.name = `wfdb ${record.name}`.slice(0, MAX_TEXT_BYTES);
    this.rateNum = record.rateNum;
    this.rateDen = record.rateDen;
    this.bits = bitsFor(record.signals);
    this.leads = record.leads.map(({ name, unit, gain, baseline, adcZero }) => ({
      name,
      unit,
      gain,
      baseline,
      adcZero,
    }));
    this.at = from % record.samples;
  }

  left(): number {
    return this.repeat ? Number.POSITIVE_INFINITY : this.record.samples - this.at;
  }

  read(count: number): Int32Array[] {
    const out = this.leads.map(() => new Int32Array(count));
    for (let done = 0; done < count; ) {
      const step = Math.min(count - done, this.record.samples - this.at);
      for (const [lead, samples] of out.entries()) {
        samples.set(this.record.signals[lead]!.subarray(this.at, this.at + step), done);
      }
      done += step;
      this.at += step;
      if (this.at === this.record.samples) {
        if (!this.repeat) return out.map((samples) => samples.subarray(0, done));
        this.at = 0;
      }
    }
    return out;
  }
}

/** A generated ECG, without end. */
export class GeneratedSource implements SampleSource {
  readonly name = "ecgsyn";
  readonly rateNum: number;
  readonly rateDen = 1;
  readonly bits: number;
  readonly leads: Lead[];

  constructor(private readonly generator: EcgGenerator) {
    const { rate, bits, leads, gainCountsPerMillivolt } = generator.settings;
    this.rateNum = rate;
    this.bits = bits;
    this.leads = LEADS.slice(0, leads).map(({ name }) => ({
      name,
      unit: "mV",
      gain: gainCountsPerMillivolt,
      baseline: 0,
      adcZero: 0,
    }));
  }

  left(): number {
    return Number.POSITIVE_INFINITY;
  }

  read(count: number): Int32Array[] {
    return this.generator.read(count);
  }
}
