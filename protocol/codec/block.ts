/** The block codec: README.md beside this file is its specification. */
export { type BlockShape, MAX_BLOCK_SAMPLES } from "./bounds";
export { blockSamples, decodeBlock } from "./decode";
export { encodeBlock, encodeWords } from "./encode";
export { GrowingBlock } from "./growing";
