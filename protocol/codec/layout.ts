import { type BlockShape, checkInput, countCode, rawBytes } from "./bounds";
import { reference, residuals } from "./predict";
import { PREDICTOR_CONSTANT } from "./tables";
import { type BitSink, finish, putBits, putResiduals } from "./write";

/** How one lead of a block is coded. Weights are quarters, -8..7; both 0 = no reference to other leads. */
export interface LeadPlan {
  /** Weight of the lead before this one; 0 for lead 0. */
  wa: number;
  /** Weight of the lead before that; 0 for leads 0 and 1. */
  wb: number;
  predictor: number;
  /** The running magnitude starts at 2^level - 1. */
  level: number;
}

export function putHeader(sink: BitSink, shape: BlockShape, count: number, raw: number): void {
  const code = countCode(count, shape.nominal);
  putBits(sink, (code << 1) | raw, 3);
  if (code === 3) putBits(sink, count, 16);
}

/** The raw form of a block: every sample in two's complement, lead after lead. Input is not checked here. */
export function writeRaw(leads: Int32Array[], shape: BlockShape): Uint8Array {
  const count = leads[0].length;
  const sink = { bytes: new Uint8Array(rawBytes(shape, count)), position: 0, acc: 0, pending: 0 };
  putHeader(sink, shape, count, 1);
  putBits(sink, 0, 8 - sink.pending);
  for (let l = 0; l < leads.length; l++)
    for (let t = 0; t < count; t++) putBits(sink, leads[l][t], shape.bits);
  return finish(sink);
}

/** Lead `l` less what its plan's weights explain by the two leads before it. */
export function unexplained(leads: Int32Array[], l: number, plan: LeadPlan): Int32Array {
  if (plan.wa === 0 && plan.wb === 0) return leads[l];
  const y = reference(plan.wa, leads[l - 1], plan.wb, leads[l > 1 ? l - 2 : 0]);
  for (let t = 0; t < y.length; t++) y[t] = leads[l][t] - y[t];
  return y;
}

/** Writes a block as planned, or raw where that is not longer. Throws `BLOCK_INPUT`, `BLOCK_SHAPE`, `BLOCK_TOO_LARGE`. */
export function writeBlock(leads: Int32Array[], shape: BlockShape, plans: LeadPlan[]): Uint8Array {
  checkInput(leads, shape);
  const count = leads[0].length;
  const limit = rawBytes(shape, count);
  const sink = { bytes: new Uint8Array(limit + 24), position: 0, acc: 0, pending: 0 };
  const r = new Int32Array(count);
  putHeader(sink, shape, count, 0);
  for (let l = 0; l < leads.length; l++) {
    const plan = plans[l];
    if (sink.position >= limit) return writeRaw(leads, shape);
    if (l > 0) {
      const refers = plan.wa !== 0 || plan.wb !== 0;
      putBits(sink, refers ? 1 : 0, 1);
      if (refers) putBits(sink, plan.wa, 4);
      if (refers && l > 1) putBits(sink, plan.wb, 4);
    }
    putBits(sink, plan.predictor, 4);
    if (plan.predictor === PREDICTOR_CONSTANT) {
      putBits(sink, leads[l][0], shape.bits);
      continue;
    }
    putBits(sink, plan.level, 4);
    putBits(sink, leads[l][0], shape.bits);
    residuals(unexplained(leads, l, plan), plan.predictor, r);
    if (!putResiduals(sink, r, plan.level)) return writeRaw(leads, shape);
  }
  const bytes = finish(sink);
  return bytes.length < limit ? bytes : writeRaw(leads, shape);
}
