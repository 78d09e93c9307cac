/** Recordings with a signal that the test chose, in a store of their own. */

import { DropReason, encodeData } from "../../../protocol/bodies";
import { encodeBlock } from "../../../protocol/codec/block";
import { FrameType } from "../../../protocol/header";
import type { Lead, Open } from "../../../protocol/open";
import { type Handheld, type Made, signingHandheld } from "../store/handheld";
import { Rig } from "../store/rig";

export const RATE = 250;
export const lead = (name: string, gain = 200): Lead => ({ name, unit: "mV", gain, baseline: 0, adcZero: 0 });

export interface Signal {
  seconds: number;
  leads?: Lead[];
  /** Counts. */
  value?: (sample: number, lead: number) => number;
  open?: Partial<Open>;
  /** Seconds from and to which nothing is sent. */
  silent?: [number, number][];
  /** Seconds. */
  symptoms?: number[];
  isEnded?: boolean;
}

/** 1 mV high, 400 ms long, every two seconds from 0.5 s on. */
export const PULSES = (sample: number) => {
  const at = sample % (2 * RATE);
  return at >= 0.5 * RATE && at < 0.9 * RATE ? 200 : 0;
};

export class Written {
  readonly rig = new Rig();
  readonly handheld: Handheld = this.rig.own(signingHandheld(1));

  get reader() {
    return this.rig.store.reader;
  }

  /** @returns its id */
  record(signal: Signal): string {
    const {
      seconds,
      leads = [lead("I")],
      value = PULSES,
      open,
      silent = [],
      symptoms = [],
      isEnded = true,
    } = signal;
    const block = RATE;
    const made = this.handheld.begin({ rateNum: RATE, rateDen: 1, nominal: block, leads, ...open });
    const shape = { leads: leads.length, bits: 16, nominal: block };
    const samples = Math.round(seconds * RATE);
    for (let from = 0; from < samples; from += block) {
      const length = Math.min(block, samples - from);
      const signals = leads.map((_, lead) => Int32Array.from({ length }, (_, i) => value(from + i, lead)));
      if (silent.some(([first, last]) => from >= first * RATE && from < last * RATE)) {
        made.dropped += length;
        const lost = { reason: DropReason.frontEnd, recording: made.number, from: 0, to: 0 };
        this.handheld.drop(made, { ...lost, firstSample: from, samples: length, chain: new Uint8Array(32) });
      } else {
        const block = encodeBlock(signals, shape);
        this.handheld.append(made, FrameType.data, encodeData({ firstSample: from, block }));
      }
      made.samples += length;
    }
    for (const at of symptoms) this.handheld.mark(made, { kind: 1, sample: at * RATE, uptimeMs: at * 1000 });
    if (isEnded) {
      this.handheld.close(made);
      this.handheld.sign(made);
    }
    this.rig.deliver(this.handheld, made);
    return this.idOf(made);
  }

  end(): void {
    this.rig.end();
  }

  private idOf({ number }: Made): string {
    const found = this.reader.recordings().find((one) => one.recording === number);
    return found!.id;
  }
}
