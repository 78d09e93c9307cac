/** The encoder in C, called through the runtime; where its memory is not in one piece, TypeScript does the work. */
import { cut } from "../../protocol/bytes";
import { type BlockShape, encodeWords } from "../../protocol/codec/block";
import { countCode, rawBytes } from "../../protocol/codec/bounds";
import { WORDS } from "../../protocol/codec/codes";
import type { EncodeWords } from "../board/board";
import { NATIVE_BLOB } from "../native/blob";

declare const E: {
  /** Of the data of an array, with its second argument true; 0 where the data is in pieces. */
  getAddressOf(array: Uint8Array | Uint16Array | Int32Array, data: boolean): number;
  /** A function of code at an odd address, Thumb as the processor marks it. */
  nativeCall(address: number, signature: string): (call: number) => number;
  toUint8Array(data: string): Uint8Array;
};
declare function atob(base64: string): string;

/** Fields of encode.c's `struct call` before its leads. */
const FIELDS = 9;
/** More leads are left to TypeScript. */
const MOST_LEADS = 64;
const SPARE_BYTES = 16;

class NativeEncoder {
  // Long enough that the runtime keeps it in one piece.
  private readonly call = new Int32Array(FIELDS + MOST_LEADS);
  // The runtime decodes it at once; ours would take seconds.
  private readonly code = E.toUint8Array(atob(NATIVE_BLOB));
  private readonly run: (call: number) => number;
  private out = new Uint8Array(0);

  constructor() {
    this.run = E.nativeCall(E.getAddressOf(this.code, true) | 1, "int(int)");
  }

  /** False where the runtime found no room in one piece for what lasts. */
  stands(): boolean {
    return (
      E.getAddressOf(this.code, true) !== 0 &&
      E.getAddressOf(this.call, true) !== 0 &&
      E.getAddressOf(WORDS, true) !== 0
    );
  }

  encode(words: Int32Array[], shape: BlockShape, left: number, right: number): Uint8Array {
    const call = this.call;
    const count = words[0].length;
    const raw = rawBytes(shape, count);
    if (this.out.length < raw + SPARE_BYTES) this.out = new Uint8Array(raw + SPARE_BYTES);
    const out = E.getAddressOf(this.out, true);
    let whole = out !== 0 && words.length <= MOST_LEADS;
    for (let l = 0; whole && l < words.length; l++) {
      call[FIELDS + l] = E.getAddressOf(words[l], true);
      whole = call[FIELDS + l] !== 0;
    }
    if (!whole) return encodeWords(words, shape, left, right);
    call[0] = words.length;
    call[1] = count;
    call[2] = shape.bits;
    call[3] = left;
    call[4] = right;
    call[5] = countCode(count, shape.nominal);
    call[6] = raw;
    call[7] = out;
    call[8] = E.getAddressOf(WORDS, true);
    const run = this.run;
    return cut(this.out, 0, run(E.getAddressOf(call, true)));
  }
}

/** For a board whose `has.native` says that it runs Thumb-2; undefined where memory is in too many pieces. */
export function nativeEncoder(): EncodeWords | undefined {
  const encoder = new NativeEncoder();
  if (!encoder.stands()) return undefined;
  return function (words, shape, left, right) {
    return encoder.encode(words, shape, left, right);
  };
}
