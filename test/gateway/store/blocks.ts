/** Blocks for hand-made frames: one lead, 16 bits. */
import { encodeBlock } from "../../../protocol/codec/block";
import { NOMINAL } from "./handheld";

export function encodedBlock(samples: number[]): Uint8Array {
  return encodeBlock([Int32Array.from(samples)], { leads: 1, bits: 16, nominal: NOMINAL });
}
