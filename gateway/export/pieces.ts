/** Files as pieces: small texts gathered into pieces worth writing, and a file that is small at once. */
import type { OutFile } from "./source";

const PIECE_CHARACTERS = 65_536;

export function* gathered(texts: Iterable<string>): Generator<Uint8Array> {
  let waiting: string[] = [];
  let length = 0;
  for (const text of texts) {
    waiting.push(text);
    length += text.length;
    if (length < PIECE_CHARACTERS) continue;
    yield Buffer.from(waiting.join(""));
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.from(waiting.join(""));
}

/** @param make called when the file's turn comes */
export function smallFile(name: string, make: () => Uint8Array): OutFile {
  return {
    name,
    *pieces() {
      yield make();
    },
  };
}
