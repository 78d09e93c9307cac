/** Files as a POSIX ustar archive (IEEE Std 1003.1, pax): the form that everything unpacks. */
import type { OutFile } from "./source";

const BLOCK = 512;
const MAX_NAME = 100;
/** An octal field of eleven digits. */
const MAX_SIZE = 8 ** 11 - 1;

/**
 * @param files of names in ASCII, of at most 100 characters
 * @param at Unix ms: when they are said to have been written
 */
export function* tar(files: Iterable<OutFile>, at: number): Generator<Uint8Array> {
  for (const file of files) {
    // The size stands before the bytes.
    const bytes = file.size === undefined ? Buffer.concat([...file.pieces()]) : undefined;
    const size = file.size ?? bytes!.length;
    yield header(file.name, size, at);
    let given = 0;
    for (const piece of bytes ? [bytes] : file.pieces()) {
      given += piece.length;
      yield piece;
    }
    if (given !== size)
      throw new RangeError(`${file.name} has ${given} bytes, not the ${size} it was to have`);
    yield new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(name: string, size: number, at: number): Uint8Array {
  if (name.length > MAX_NAME)
    throw new RangeError(`a tar archive holds no name of ${name.length} characters`);
  if (size > MAX_SIZE) throw new RangeError(`a tar archive holds no file of ${size} bytes`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, length: number) =>
    block.write(value.toString(8).padStart(length - 1, "0"), offset, "latin1");
  block.write(name, 0, "latin1");
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(at / 1000), 136, 12);
  // The checksum is taken with blanks in its place.
  block.fill(" ", 148, 156);
  block.write("0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
