import { refusal } from "../refusal";
import { PREDICTOR_CONSTANT, PREDICTOR_LEVEL, TAPS } from "./tables";

/**
 * Part of a lead that its neighbours explain: `(wa·a + wb·b) >> 2`, weights -8..7 in quarters. The sum stays below
 * 2^28, so int32 holds it; `>>` is arithmetic.
 */
export function reference(wa: number, a: Int32Array, wb: number, b: Int32Array): Int32Array {
  const out = new Int32Array(a.length);
  for (let t = 0; t < out.length; t++) out[t] = (wa * a[t] + wb * b[t]) >> 2;
  return out;
}

/**
 * Residuals of `y` under one predictor; element 0 is left 0 because the first sample is coded apart.
 *
 * Arithmetic: with d[t] = y[t] - y[t-1] and d[t] = 0 for t ≤ 0, a tapped predictor expects
 * `int32(Σ tap[i]·d[t-1-i]) >> 8`, i = 0..7. The sum wraps modulo 2^32 (in C: add in uint32_t, shift as int32_t). A
 * product is below 2^38 and the sum below 2^41, so a double holds it exactly and `|0` gives the same wrap.
 */
export function residuals(y: Int32Array, predictor: number, r: Int32Array): void {
  const n = y.length;
  const y0 = y[0];
  r[0] = 0;
  if (predictor === PREDICTOR_LEVEL || predictor === PREDICTOR_CONSTANT) {
    for (let t = 1; t < n; t++) r[t] = y[t] - y0;
    return;
  }
  const taps = TAPS[predictor - 1];
  const c0 = taps[0];
  const c1 = taps[1];
  const c2 = taps[2];
  const c3 = taps[3];
  const c4 = taps[4];
  const c5 = taps[5];
  const c6 = taps[6];
  const c7 = taps[7];
  let d0 = 0;
  let d1 = 0;
  let d2 = 0;
  let d3 = 0;
  let d4 = 0;
  let d5 = 0;
  let d6 = 0;
  let d7 = 0;
  let last = y0;
  for (let t = 1; t < n; t++) {
    const d = y[t] - last;
    last = y[t];
    r[t] = d - ((c0 * d0 + c1 * d1 + c2 * d2 + c3 * d3 + c4 * d4 + c5 * d5 + c6 * d6 + c7 * d7) >> 8);
    d7 = d6;
    d6 = d5;
    d5 = d4;
    d4 = d3;
    d3 = d2;
    d2 = d1;
    d1 = d0;
    d0 = d;
  }
}

/**
 * Turns a lead's residuals into its samples, in place: the inverse of `residuals`, then of `reference`.
 * @param x first sample at 0, residuals (|r| ≤ 2^27) after it
 * @param explained what other leads contribute, or null
 * @throws `BLOCK_RANGE` at the first sample that does not fit `bits`, so that no sum outgrows int32
 */
export function restore(x: Int32Array, predictor: number, explained: Int32Array | null, bits: number): void {
  const n = x.length;
  const bound = 1 << (bits - 1);
  const tapped = predictor !== PREDICTOR_LEVEL && predictor !== PREDICTOR_CONSTANT;
  const y0 = explained === null ? x[0] : x[0] - explained[0];
  const taps = TAPS[tapped ? predictor - 1 : 0];
  const c0 = taps[0];
  const c1 = taps[1];
  const c2 = taps[2];
  const c3 = taps[3];
  const c4 = taps[4];
  const c5 = taps[5];
  const c6 = taps[6];
  const c7 = taps[7];
  let d0 = 0;
  let d1 = 0;
  let d2 = 0;
  let d3 = 0;
  let d4 = 0;
  let d5 = 0;
  let d6 = 0;
  let d7 = 0;
  let y = y0;
  for (let t = 1; t < n; t++) {
    if (tapped) {
      const d = x[t] + ((c7 * d7 + c6 * d6 + c5 * d5 + c4 * d4 + c3 * d3 + c2 * d2 + c1 * d1 + c0 * d0) >> 8);
      d7 = d6;
      d6 = d5;
      d5 = d4;
      d4 = d3;
      d3 = d2;
      d2 = d1;
      d1 = d0;
      d0 = d;
      y += d;
    } else y = y0 + x[t];
    const sample = explained === null ? y : y + explained[t];
    if (sample < -bound || sample >= bound)
      throw refusal(
        "BLOCK_RANGE",
        "decode block: sample " + t + " is " + sample + ", outside " + bits + " bits",
      );
    x[t] = sample;
  }
}
