import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { StoreReader } from "../../gateway/store/reader";
import { SampleDigest, type Witnessed } from "../../tools/sim/witness";

/** A fresh folder, in memory where the machine has a place for that; removed after the test's file. */
export function scratch(inMemory = false): string {
  const parent = inMemory && fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
  const folder = fs.mkdtempSync(path.join(parent, "avnode-"));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the store has of a recording, in the same form; a gap or a repetition between pieces shows as an error. */
export function stored(reader: StoreReader, id: string, leads: number): Witnessed {
  const digest = new SampleDigest(leads);
  for (const piece of reader.pieces(id)) {
    if (piece.firstSample !== digest.samples)
      throw new Error(`sample ${digest.samples} is followed by ${piece.firstSample}`);
    digest.add(piece.samples);
  }
  return digest.now();
}
