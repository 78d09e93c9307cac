import { refusal } from "../refusal";
import type { BlockShape } from "./bounds";
import { checkLength, readHeader } from "./header";
import { reference, restore } from "./predict";
import { type BitSource, checkEnd, takeBits, takeResiduals, takeSigned } from "./read";
import { PREDICTOR_CONSTANT } from "./tables";

/** Samples per lead of a block, from its header only. Throws as `readHeader` does. */
export function blockSamples(bytes: Uint8Array, shape: BlockShape): number {
  return readHeader(bytes, shape).count;
}

function decodeRaw(source: BitSource, out: Int32Array[], bits: number): void {
  if (takeBits(source, 5) !== 0)
    throw refusal("BLOCK_PADDING", "decode block: header bits before raw samples are not zero");
  for (let l = 0; l < out.length; l++)
    for (let t = 0; t < out[l].length; t++) out[l][t] = takeSigned(source, bits);
}

/** Reads the weights of the leads before lead `l` and returns what they explain of it, or null. */
function takeReference(source: BitSource, l: number, out: Int32Array[]): Int32Array | null {
  if (l === 0 || takeBits(source, 1) === 0) return null;
  const wa = takeSigned(source, 4);
  const wb = l > 1 ? takeSigned(source, 4) : 0;
  if (wa === 0 && wb === 0)
    throw refusal("BLOCK_REFERENCE", "decode block: lead " + l + " refers to leads with weight 0");
  return reference(wa, out[l - 1], wb, out[l > 1 ? l - 2 : 0]);
}

function leadsOf(leads: number, count: number, room: Int32Array | undefined): Int32Array[] {
  const out: Int32Array[] = [];
  const held = room && leads * count <= room.length;
  for (let l = 0; l < leads; l++)
    out.push(held ? room.subarray(l * count, (l + 1) * count) : new Int32Array(count));
  return out;
}

/** No residuals: the room may hold those of another block. */
function clear(r: Int32Array): void {
  for (let t = 1; t < r.length; t++) r[t] = 0;
}

/**
 * Decodes a block.
 * @param bytes the whole block, nothing else
 * @param shape of the recording that it belongs to
 * @param room where the samples are put if it holds them all: for whoever decodes many blocks and keeps none
 * @returns one array per lead, raw digital values
 * @throws `BLOCK_*` on anything that no encoder writes; see README.md
 */
export function decodeBlock(bytes: Uint8Array, shape: BlockShape, room?: Int32Array): Int32Array[] {
  const header = readHeader(bytes, shape);
  checkLength(bytes, shape, header);
  const out = leadsOf(shape.leads, header.count, room);
  const source = { bytes: bytes, at: 0 };
  takeBits(source, header.width);
  if (header.raw) decodeRaw(source, out, shape.bits);
  else
    for (let l = 0; l < shape.leads; l++) {
      const explained = takeReference(source, l, out);
      const predictor = takeBits(source, 4);
      const level = predictor === PREDICTOR_CONSTANT ? 0 : takeBits(source, 4);
      out[l][0] = takeSigned(source, shape.bits);
      if (predictor === PREDICTOR_CONSTANT) clear(out[l]);
      else takeResiduals(source, out[l], level);
      restore(out[l], predictor, explained, shape.bits);
    }
  checkEnd(source);
  return out;
}
