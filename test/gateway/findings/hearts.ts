/** Recordings of generated hearts in a store, and an analysis of them without a thread. */
import { type Cadence, Follower } from "../../../gateway/findings/follow";
import { ANALYSIS_VERSION } from "../../../gateway/rhythm/analysis";
import type { Store } from "../../../gateway/store/store";
import { encodeData } from "../../../protocol/bodies";
import { encodeBlock } from "../../../protocol/codec/block";
import { FrameType } from "../../../protocol/header";
import type { Open } from "../../../protocol/open";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import type { EcgSwitches } from "../../../tools/sim/ecg/settings";
import type { Handheld, Made } from "../store/handheld";

export const RATE = 128;
const BITS = 16;

export function heart(seed: number): EcgGenerator {
  return new EcgGenerator({ rate: RATE, bits: BITS, gainCountsPerMillivolt: 400, heartRateBpm: 65, seed });
}

export function begin(handheld: Handheld, changes: Partial<Open> = {}): Made {
  return handheld.begin({
    ...{ rateNum: RATE, rateDen: 1, bits: BITS, nominal: RATE, startMs: Date.now() },
    leads: [{ name: "I", unit: "mV", gain: 400, baseline: 0, adcZero: 0 }],
    ...changes,
  });
}

/** Goes on with the heart for so long, a block a second. */
export function beat(
  handheld: Handheld,
  made: Made,
  ecg: EcgGenerator,
  seconds: number,
  as: Partial<EcgSwitches> = {},
) {
  ecg.set(as);
  for (let i = 0; i < seconds; i++) {
    const block = encodeBlock(ecg.read(RATE), { leads: 1, bits: BITS, nominal: RATE });
    handheld.append(made, FrameType.data, encodeData({ firstSample: made.samples, block }));
    made.samples += RATE;
  }
}

export interface Analysing {
  /** Taken in one step. */
  frames?: number;
  cadence?: Cadence;
  /** Before and after each checkpoint is kept; throws to end it. */
  onKept?(): void;
}

/** What the thread does, until nothing more is there. */
export function analyse(store: Store, { frames = 64, cadence, onKept = () => {} }: Analysing = {}): void {
  const { reader } = store;
  for (const { id } of reader.findings.due(ANALYSIS_VERSION)) {
    const follower = new Follower(reader.findings, id, cadence);
    for (;;) {
      const { checkpoint, isAll } = follower.step(frames);
      if (checkpoint) {
        onKept();
        const number = store.keepFindings(structuredClone(checkpoint));
        onKept();
        follower.kept(number);
      }
      if (isAll) break;
    }
  }
}
