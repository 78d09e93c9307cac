import { refusal } from "../refusal";
import { type BlockShape, checkShape, checkSize, countCode, rawBytes } from "./bounds";

/** What the first bits of a block say. */
export interface BlockHeader {
  /** Samples per lead. */
  count: number;
  raw: boolean;
  /** Bits before the raw samples' padding or the first lead: 3 or 19. */
  width: number;
}

/** Reads a block's header. Throws `BLOCK_SHAPE`, `BLOCK_TRUNCATED`, `BLOCK_COUNT` or `BLOCK_TOO_LARGE`. */
export function readHeader(bytes: Uint8Array, shape: BlockShape): BlockHeader {
  checkShape(shape);
  if (bytes.length < 1) throw refusal("BLOCK_TRUNCATED", "decode block: no bytes");
  const code = bytes[0] >> 6;
  let count = (shape.nominal + (1 << code) - 1) >> code;
  if (code === 3) {
    if (bytes.length < 3) throw refusal("BLOCK_TRUNCATED", "decode block: ends inside its sample count");
    count = ((bytes[0] & 31) << 11) | (bytes[1] << 3) | (bytes[2] >> 5);
  }
  if (count === 0 || countCode(count, shape.nominal) !== code)
    throw refusal(
      "BLOCK_COUNT",
      "decode block: count code " + code + " is not the one for " + count + " samples",
    );
  checkSize(shape, count);
  return { count: count, raw: (bytes[0] & 32) !== 0, width: code === 3 ? 19 : 3 };
}

/**
 * Throws unless the block's length is possible: raw blocks have one length, others are shorter than that.
 * `BLOCK_TRUNCATED`, `BLOCK_TRAILING` or `BLOCK_OVERLONG`.
 */
export function checkLength(bytes: Uint8Array, shape: BlockShape, header: BlockHeader): void {
  const raw = rawBytes(shape, header.count);
  if (header.raw && bytes.length < raw)
    throw refusal("BLOCK_TRUNCATED", "decode block: raw needs " + raw + " bytes, got " + bytes.length);
  if (header.raw && bytes.length > raw)
    throw refusal("BLOCK_TRAILING", "decode block: raw needs " + raw + " bytes, got " + bytes.length);
  if (!header.raw && bytes.length >= raw)
    throw refusal(
      "BLOCK_OVERLONG",
      "decode block: coded in " + bytes.length + " bytes, raw would take " + raw,
    );
}
