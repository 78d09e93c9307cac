import { refusal } from "../refusal";

/** What a block needs from its recording's open frame. */
export interface BlockShape {
  /** Signals in a block, 1 to 255. */
  leads: number;
  /** Width of a sample, 2 to 24: signed, two's complement. */
  bits: number;
  /** Samples per lead of a full block, 1 to 65,535. */
  nominal: number;
}

/** Most samples (leads × samples per lead) that a block may hold: 4 MiB decoded. */
export const MAX_BLOCK_SAMPLES = 1048576;

function whole(value: number, low: number, high: number): boolean {
  return value >= low && value <= high && Math.floor(value) === value;
}

/** Throws `BLOCK_SHAPE` unless the shape is one that the format can carry. */
export function checkShape(shape: BlockShape): void {
  if (!whole(shape.leads, 1, 255) || !whole(shape.bits, 2, 24) || !whole(shape.nominal, 1, 65535))
    throw refusal(
      "BLOCK_SHAPE",
      "block shape: needs 1..255 leads, 2..24 bits, 1..65535 nominal samples; got " +
        [shape.leads, shape.bits, shape.nominal].join(", "),
    );
}

/** Throws `BLOCK_TOO_LARGE` when `count` samples per lead exceed what a decoder must be ready to hold. */
export function checkSize(shape: BlockShape, count: number): void {
  if (shape.leads * count > MAX_BLOCK_SAMPLES)
    throw refusal(
      "BLOCK_TOO_LARGE",
      "block: " + shape.leads + " leads of " + count + " samples exceed " + MAX_BLOCK_SAMPLES + " samples",
    );
}

/** The code of the first header bits for `count` samples per lead: the smallest that fits, 3 = explicit. */
export function countCode(count: number, nominal: number): number {
  if (count === nominal) return 0;
  if (count === (nominal + 1) >> 1) return 1;
  if (count === (nominal + 3) >> 2) return 2;
  return 3;
}

/** Bytes of a raw block: header, explicit count if any, samples packed. */
export function rawBytes(shape: BlockShape, count: number): number {
  const explicit = countCode(count, shape.nominal) === 3 ? 2 : 0;
  return 1 + explicit + Math.ceil((shape.leads * count * shape.bits) / 8);
}

/** Throws `BLOCK_INPUT` unless `leads` is what an encoder takes: equal lengths, every sample inside `bits`. */
export function checkInput(leads: Int32Array[], shape: BlockShape): void {
  checkShape(shape);
  const count = leads.length > 0 ? leads[0].length : 0;
  if (leads.length !== shape.leads || !whole(count, 1, 65535))
    throw refusal(
      "BLOCK_INPUT",
      "encode block: needs " +
        shape.leads +
        " leads of 1..65535 samples; got " +
        leads.length +
        " of " +
        count,
    );
  checkSize(shape, count);
  const bound = 1 << (shape.bits - 1);
  for (let l = 0; l < leads.length; l++) {
    const lead = leads[l];
    if (lead.length !== count)
      throw refusal(
        "BLOCK_INPUT",
        "encode block: lead " + l + " has " + lead.length + " samples, not " + count,
      );
    for (let t = 0; t < count; t++)
      if (lead[t] < -bound || lead[t] >= bound)
        throw refusal(
          "BLOCK_INPUT",
          "encode block: sample " +
            t +
            " of lead " +
            l +
            ", " +
            lead[t] +
            ", does not fit " +
            shape.bits +
            " bits",
        );
  }
}
