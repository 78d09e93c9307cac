/** Files as a POSIX ustar archive (IEEE Std 1003.1, pax): the form that everything unpacks. */

const BLOCK = 512;
const MAX_NAME = 100;

export interface PackedFile {
  /** ASCII, at most 100 characters. */
  name: string;
  bytes: Uint8Array;
}

/** @param at Unix ms: when they are said to have been written */
export function* tar(files: PackedFile[], at: number): Generator<Uint8Array> {
  for (const { name, bytes } of files) {
    yield header(name, bytes.length, at);
    yield bytes;
    yield new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(name: string, size: number, at: number): Uint8Array {
  if (name.length > MAX_NAME)
    throw new RangeError(`a tar archive holds no name of ${name.length} characters`);
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
