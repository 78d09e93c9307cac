import { type BlockShape, checkInput } from "./bounds";
import { type LeadPlan, writeBlock } from "./layout";
import { PREDICTOR_CONSTANT } from "./tables";

/** Residuals that set the starting level. */
const START = 8;

/** The level whose running magnitude fits a mean residual magnitude of `sum / n`. */
export function levelFor(sum: number, n: number): number {
  let level = 0;
  while (level < 15 && 3 << level <= (8 * sum) / n) level++;
  return level;
}

/**
 * The handheld's choice for one lead: the first to third difference with the smallest sum of magnitudes, in one flat
 * pass of additions. Differences of 24-bit samples stay below 2^27; their sums are doubles.
 */
export function planLead(y: Int32Array): LeadPlan {
  const count = y.length;
  let last = y[0];
  let d0 = 0;
  let e0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let start1 = 0;
  let start2 = 0;
  let start3 = 0;
  for (let t = 1; t < count; t++) {
    const d = y[t] - last;
    const e = d - d0;
    const f = e - e0;
    last = y[t];
    d0 = d;
    e0 = e;
    sum1 += d < 0 ? -d : d;
    sum2 += e < 0 ? -e : e;
    sum3 += f < 0 ? -f : f;
    if (t === START) {
      start1 = sum1;
      start2 = sum2;
      start3 = sum3;
    }
  }
  const plan = { wa: 0, wb: 0, predictor: PREDICTOR_CONSTANT, level: 0 };
  if (sum1 === 0) return plan;
  const n = count > START ? START : count - 1;
  if (count <= START) {
    start1 = sum1;
    start2 = sum2;
    start3 = sum3;
  }
  plan.predictor = sum1 <= sum2 && sum1 <= sum3 ? 1 : sum2 <= sum3 ? 2 : 3;
  plan.level = levelFor(plan.predictor === 1 ? start1 : plan.predictor === 2 ? start2 : start3, n);
  return plan;
}

/**
 * Encodes a block as a handheld can afford it: three flat passes per lead (choose, predict, write), no search.
 * @param leads `shape.leads` arrays of 1..65,535 samples each, all equally long
 * @returns at most `ceil(leads·count·bits/8) + 3` bytes
 * @throws `BLOCK_INPUT`, `BLOCK_SHAPE`, `BLOCK_TOO_LARGE`
 */
export function encodeBlock(leads: Int32Array[], shape: BlockShape): Uint8Array {
  checkInput(leads, shape);
  const plans: LeadPlan[] = [];
  for (let l = 0; l < leads.length; l++) plans.push(planLead(leads[l]));
  return writeBlock(leads, shape, plans);
}
