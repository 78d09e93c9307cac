/** Prints the blocks of the vectors' recordings: the one thing that make_vectors.py takes from the TypeScript. */
import { toHex } from "../../../protocol/bytes";
import { encodeBlock } from "../../../protocol/codec/block";

/** One lead, 4 samples a block. */
const SAMPLES = [
  [-3, -2, 5, 40],
  [31, 2, -9, -4],
  [-2, -1, 0, -1],
  [1, 3, 4, 3],
];

const blocks = SAMPLES.map((samples, i) => ({
  firstSample: 4 * i,
  samples,
  block: toHex(encodeBlock([Int32Array.from(samples)], { leads: 1, bits: 18, nominal: 4 })),
}));
console.log(JSON.stringify(blocks));
