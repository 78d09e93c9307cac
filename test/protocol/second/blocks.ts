/** Prints the blocks of the vectors' recordings: the one thing that make_vectors.py takes from the TypeScript. */
import { toHex } from "../../../protocol/bytes";
import { writeBlock } from "../../../protocol/codec/layout";

/** One lead, 4 samples a block; written as they always were, whatever an encoder would choose today. */
const BLOCKS = [
  { samples: [-3, -2, 5, 40], predictor: 3, level: 5 },
  { samples: [31, 2, -9, -4], predictor: 1, level: 6 },
  { samples: [-2, -1, 0, -1], predictor: 1, level: 2 },
  { samples: [1, 3, 4, 3], predictor: 1, level: 2 },
];

const blocks = BLOCKS.map(({ samples, predictor, level }, i) => {
  const plan = { wa: 0, wb: 0, predictor, level };
  const block = writeBlock([Int32Array.from(samples)], { leads: 1, bits: 18, nominal: 4 }, [plan]);
  return { firstSample: 4 * i, samples, block: toHex(block) };
});
console.log(JSON.stringify(blocks));
