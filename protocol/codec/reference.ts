import { refusal } from "../refusal";
import type { BlockShape } from "./bounds";
import { CONTEXT_OF, LENGTHS, TAPS } from "./tables";

/**
 * The plain decoder: one bit, one symbol, one sample at a time, as README.md tells it. It shares only the tables and
 * the refusals' codes with decode.ts, which must agree with it on every input.
 */
export function decodeBlockPlainly(bytes: Uint8Array, shape: BlockShape): Int32Array[] {
  let at = 0;

  function fail(code: string): Error {
    return refusal(code, "decode block plainly: " + code + " at bit " + at);
  }

  function bits(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i++) {
      if (at >= bytes.length * 8) throw fail("BLOCK_TRUNCATED");
      value = value * 2 + ((bytes[at >> 3] >> (7 - (at & 7))) & 1);
      at++;
    }
    return value;
  }

  function signed(width: number): number {
    const value = bits(width);
    return value < 1 << (width - 1) ? value : value - (1 << width);
  }

  function symbol(context: number): number {
    let word = 0;
    let first = 0;
    for (let length = 1; ; length++) {
      word = word * 2 + bits(1);
      first *= 2;
      for (let s = 0; s < 32; s++) {
        if (parseInt(LENGTHS[context].charAt(s), 16) !== length) continue;
        if (first === word) return s;
        first++;
      }
    }
  }

  function residual(s: number): number {
    let k = 0;
    while (Math.floor(s / (1 << k)) > 31 && k < 16) k++;
    const reduced = Math.min(31, Math.floor(s / (1 << k)));
    const code = symbol(parseInt(CONTEXT_OF.charAt(reduced), 16));
    let u = 0;
    if (code < 24) u = code * (1 << k) + bits(k);
    else if (code < 31) u = (16 + (1 << (code - 21))) * (1 << k) + bits(code - 21 + k);
    else {
      u = bits(28);
      if (u < 1040 * (1 << k)) throw fail("BLOCK_ESCAPE");
    }
    return u % 2 === 1 ? -(u + 1) / 2 : u / 2;
  }

  if (bytes.length === 0) throw fail("BLOCK_TRUNCATED");
  const countCode = bits(2);
  const raw = bits(1) === 1;
  const short = [shape.nominal, Math.ceil(shape.nominal / 2), Math.ceil(shape.nominal / 4)];
  const count = countCode === 3 ? bits(16) : short[countCode];
  if (count === 0 || (short.indexOf(count) >= 0 && short.indexOf(count) !== countCode))
    throw fail("BLOCK_COUNT");
  if (count * shape.leads > 1048576) throw fail("BLOCK_TOO_LARGE");
  const rawBytes = (countCode === 3 ? 3 : 1) + Math.ceil((shape.leads * count * shape.bits) / 8);
  if (raw && bytes.length < rawBytes) throw fail("BLOCK_TRUNCATED");
  if (raw && bytes.length > rawBytes) throw fail("BLOCK_TRAILING");
  if (!raw && bytes.length >= rawBytes) throw fail("BLOCK_OVERLONG");

  const leads: Int32Array[] = [];
  for (let l = 0; l < shape.leads; l++) leads.push(new Int32Array(count));
  if (raw) {
    if (bits(5) !== 0) throw fail("BLOCK_PADDING");
    for (let l = 0; l < shape.leads; l++) for (let t = 0; t < count; t++) leads[l][t] = signed(shape.bits);
  }
  for (let l = 0; l < shape.leads && !raw; l++) {
    const refers = l > 0 && bits(1) === 1;
    const wa = refers ? signed(4) : 0;
    const wb = refers && l > 1 ? signed(4) : 0;
    if (refers && wa === 0 && wb === 0) throw fail("BLOCK_REFERENCE");
    const predictor = bits(4);
    const level = predictor === 15 ? 0 : bits(4);
    const x = leads[l];
    x[0] = signed(shape.bits);

    const r = [0];
    let s = (1 << level) - 1;
    for (let t = 1; t < count; t++) {
      r.push(predictor === 15 ? 0 : residual(s));
      s = s + Math.abs(r[t]) - Math.floor(s / 4);
    }

    const y: number[] = [];
    for (let t = 0; t < count; t++) {
      let sum = 0;
      if (refers) sum = wa * leads[l - 1][t] + (l > 1 ? wb * leads[l - 2][t] : 0);
      const explained = Math.floor(sum / 4);
      if (t === 0) {
        y.push(x[0] - explained);
        continue;
      }
      if (predictor === 0 || predictor === 15) y.push(y[0] + r[t]);
      else {
        let expected = 0;
        for (let i = 0; i < 8 && t - 2 - i >= 0; i++)
          expected += TAPS[predictor - 1][i] * (y[t - 1 - i] - y[t - 2 - i]);
        y.push(y[t - 1] + (expected >> 8) + r[t]);
      }
      const sample = y[t] + explained;
      if (sample < -(1 << (shape.bits - 1)) || sample >= 1 << (shape.bits - 1)) throw fail("BLOCK_RANGE");
      x[t] = sample;
    }
  }
  if (bytes.length * 8 - at >= 8) throw fail("BLOCK_TRAILING");
  if (bits(bytes.length * 8 - at) !== 0) throw fail("BLOCK_PADDING");
  return leads;
}
