import { type BlockShape, checkInput } from "./bounds";
import { CONTEXT_ROW, WORDS } from "./codes";
import { levelFor } from "./encode";
import { type LeadPlan, unexplained, writeBlock } from "./layout";
import { residuals } from "./predict";
import { PREDICTOR_CONSTANT } from "./tables";

/** Bits that `putResiduals` would write. */
function residualBits(r: Int32Array, level: number): number {
  let s = (1 << level) - 1;
  let bits = 0;
  for (let i = 1; i < r.length; i++) {
    const v = r[i];
    const a = v < 0 ? -v : v;
    const u = v < 0 ? a + a - 1 : a + a;
    let t = s;
    let k = 0;
    while (t > 31 && k < 16) {
      t >>= 1;
      k++;
    }
    if (t > 31) t = 31;
    let symbol = u >> k;
    bits += k;
    if (symbol > 23) {
      const far = symbol - 16;
      symbol = 24;
      while (symbol < 31 && far >> (symbol - 20) > 0) symbol++;
      bits += symbol < 31 ? symbol - 21 : 28 - k;
    }
    bits += WORDS[CONTEXT_ROW[t] + symbol] & 15;
    s += a - (s >> 2);
  }
  return bits;
}

function flat(r: Int32Array): boolean {
  for (let t = 1; t < r.length; t++) if (r[t] !== 0) return false;
  return true;
}

/** The cheapest predictor and level for lead `l` under the given weights, and the bits they take. */
function bestFor(
  leads: Int32Array[],
  l: number,
  wa: number,
  wb: number,
  r: Int32Array,
): { plan: LeadPlan; bits: number } {
  const best = { plan: { wa: wa, wb: wb, predictor: PREDICTOR_CONSTANT, level: 0 }, bits: 1e12 };
  const y = unexplained(leads, l, best.plan);
  for (let predictor = 0; predictor < PREDICTOR_CONSTANT; predictor++) {
    residuals(y, predictor, r);
    let sum = 0;
    const n = r.length > 8 ? 8 : r.length - 1;
    for (let t = 1; t <= n; t++) sum += r[t] < 0 ? -r[t] : r[t];
    const near = n === 0 ? 0 : levelFor(sum, n);
    for (let level = near > 0 ? near - 1 : 0; level <= near + 1 && level < 16; level++) {
      const bits = residualBits(r, level);
      if (bits < best.bits) {
        best.bits = bits;
        best.plan = { wa: wa, wb: wb, predictor: predictor, level: level };
      }
    }
    if (predictor === 0 && flat(r)) {
      best.bits = 0;
      best.plan = { wa: wa, wb: wb, predictor: PREDICTOR_CONSTANT, level: 0 };
      return best;
    }
  }
  best.bits += wa === 0 && wb === 0 ? 0 : l > 1 ? 8 : 4;
  return best;
}

/** A weight in quarters, as near as the format allows; 0 where there is nothing to divide by. */
function quarters(numerator: number, denominator: number): number {
  if (denominator === 0) return 0;
  return Math.max(-8, Math.min(7, Math.round((4 * numerator) / denominator)));
}

/** Least-squares weights, in quarters, of the second differences of the one or two leads before lead `l`. */
function fittedWeights(leads: Int32Array[], l: number): number[] {
  const x = leads[l];
  const p = leads[l - 1];
  const q = leads[l > 1 ? l - 2 : l - 1];
  let pp = 0;
  let pq = 0;
  let qq = 0;
  let px = 0;
  let qx = 0;
  for (let t = 2; t < x.length; t++) {
    const dx = x[t] - 2 * x[t - 1] + x[t - 2];
    const dp = p[t] - 2 * p[t - 1] + p[t - 2];
    const dq = q[t] - 2 * q[t - 1] + q[t - 2];
    pp += dp * dp;
    pq += dp * dq;
    qq += dq * dq;
    px += dp * dx;
    qx += dq * dx;
  }
  const det = pp * qq - pq * pq;
  const fitted = [quarters(px, pp), 0];
  if (l > 1)
    fitted.push(0, quarters(qx, qq), quarters(px * qq - qx * pq, det), quarters(qx * pp - px * pq, det));
  return fitted;
}

/**
 * Encodes a block as small as this format allows within reason: every predictor, three levels, and for the second
 * lead on least-squares references to the two leads before it. Same format and decoder as `encodeBlock`.
 * @param leads `shape.leads` arrays of 1..65,535 samples each, all equally long
 * @throws `BLOCK_INPUT`, `BLOCK_SHAPE`, `BLOCK_TOO_LARGE`
 */
export function encodeBlockBest(leads: Int32Array[], shape: BlockShape): Uint8Array {
  checkInput(leads, shape);
  const r = new Int32Array(leads[0].length);
  const plans: LeadPlan[] = [];
  for (let l = 0; l < leads.length; l++) {
    let best = bestFor(leads, l, 0, 0, r);
    const weights = l > 0 ? fittedWeights(leads, l) : [];
    for (let i = 0; i < weights.length; i += 2) {
      if (weights[i] === 0 && weights[i + 1] === 0) continue;
      const tried = bestFor(leads, l, weights[i], weights[i + 1], r);
      if (tried.bits < best.bits) best = tried;
    }
    plans.push(best.plan);
  }
  return writeBlock(leads, shape, plans);
}
