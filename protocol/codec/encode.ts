import { type BlockShape, checkInput, rawBytes } from "./bounds";
import { loops, TOO_WILD } from "./flat";
import { type LeadPlan, putHeader, writeBlock } from "./layout";
import { PREDICTOR_CONSTANT } from "./tables";
import { type BitSink, finish, putBits } from "./write";

/** The level whose running magnitude fits a mean residual magnitude of `sum / n`. */
export function levelFor(sum: number, n: number): number {
  let level = 0;
  while (level < 15 && 3 << level <= (8 * sum) / n) level++;
  return level;
}

const SECOND_DIFFERENCE = 2;
/** Differences of samples of so many bits, times 256, stay within int32. */
export const WIDEST = 23;
/** The longest that a code can be: a word of 12 bits and 28 more. */
export const CODE_BYTES = 5;

export function rawWords(words: Int32Array[], shape: BlockShape, left: number, right: number): Uint8Array {
  const count = words[0].length;
  const sink = { bytes: new Uint8Array(rawBytes(shape, count) + 2), position: 0, acc: 0, pending: 0 };
  putHeader(sink, shape, count, 1);
  putBits(sink, 0, 5);
  for (let l = 0; l < words.length; l++) loops().putSamples(words[l], left, right, shape.bits, sink);
  return finish(sink);
}

/** What `encodeWords` writes for samples so wide that the predictor's sum may wrap, which its loop does not provide for. */
function wideWords(words: Int32Array[], shape: BlockShape, left: number, right: number): Uint8Array {
  const leads: Int32Array[] = [];
  const plans: LeadPlan[] = [];
  for (let l = 0; l < words.length; l++) {
    const lead = new Int32Array(words[l].length);
    for (let t = 0; t < lead.length; t++) lead[t] = (words[l][t] << left) >> right;
    const level = loops().startOf(lead, 0, 0, shape.bits);
    if (level === TOO_WILD) return rawWords(words, shape, left, right);
    const predictor = level < 0 ? PREDICTOR_CONSTANT : SECOND_DIFFERENCE;
    leads.push(lead);
    plans.push({ wa: 0, wb: 0, predictor: predictor, level: level });
  }
  return writeBlock(leads, shape, plans);
}

/** Appends a lead up to its first code. @param level -1 for a flat line, which has no codes */
export function putStart(
  words: Int32Array[],
  l: number,
  shape: BlockShape,
  left: number,
  right: number,
  level: number,
  sink: BitSink,
): void {
  if (l > 0) putBits(sink, 0, 1);
  if (level < 0) putBits(sink, PREDICTOR_CONSTANT, 4);
  else putBits(sink, (SECOND_DIFFERENCE << 4) | level, 8);
  loops().putSamples(words[l].subarray(0, 1), left, right, shape.bits, sink);
}

/** Appends leads from `l` on. @returns false when the raw form is not longer */
export function putLeads(
  words: Int32Array[],
  l: number,
  shape: BlockShape,
  left: number,
  right: number,
  sink: BitSink,
): boolean {
  const limit = rawBytes(shape, words[0].length);
  for (; l < words.length; l++) {
    const level = loops().startOf(words[l], left, right, shape.bits);
    if (level === TOO_WILD || sink.position >= limit) return false;
    putStart(words, l, shape, left, right, level, sink);
    if (level >= 0) loops().putCodes(words[l], 1, left, right, (1 << level) - 1, sink);
  }
  return true;
}

/**
 * Encodes a block of a front end's words as a handheld can afford it: one pass per lead, no choice but of the level.
 * Nothing is checked here: the words come from a front end, which has no others.
 * @param words `shape.leads` arrays of 1..65,535 words each, all equally long; a sample is `word << left >> right`
 * @returns at most `ceil(leads·count·bits/8) + 3` bytes
 */
export function encodeWords(words: Int32Array[], shape: BlockShape, left: number, right: number): Uint8Array {
  if (shape.bits > WIDEST) return wideWords(words, shape, left, right);
  const count = words[0].length;
  const limit = rawBytes(shape, count);
  const sink = { bytes: new Uint8Array(limit + CODE_BYTES * count + 8), position: 0, acc: 0, pending: 0 };
  putHeader(sink, shape, count, 0);
  if (!putLeads(words, 0, shape, left, right, sink)) return rawWords(words, shape, left, right);
  const bytes = finish(sink);
  return bytes.length < limit ? bytes : rawWords(words, shape, left, right);
}

/**
 * `encodeWords` for samples of any origin.
 * @param leads `shape.leads` arrays of 1..65,535 samples each, all equally long
 * @returns at most `ceil(leads·count·bits/8) + 3` bytes
 * @throws `BLOCK_INPUT`, `BLOCK_SHAPE`, `BLOCK_TOO_LARGE`
 */
export function encodeBlock(leads: Int32Array[], shape: BlockShape): Uint8Array {
  checkInput(leads, shape);
  return encodeWords(leads, shape, 0, 0);
}
