/** A proof as a hub hands it out, of a record whose samples are known. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../../gateway/cli/program";
import { Terminal } from "../../../../gateway/cli/terminal";
import { writeRecord } from "../../../../gateway/wfdb/write";
import { importRecords } from "../../../../tools/sim/import";

export const RATE = 200;
/** Counts per mV. */
export const GAIN = 200;

export interface Simulated {
  proof: Uint8Array;
  file: string;
  signal: Int32Array;
}

/** @param dir taken for the record, the store and the proof @param seconds of it */
export async function simulatedProof(dir: string, seconds = 30): Promise<Simulated> {
  const lead = { name: "MLII", unit: "mV", gain: GAIN, baseline: 0, adcZero: 0, bits: 12 };
  const wave = (i: number) =>
    Math.round(60 * Math.sin(i / 29) + (i % RATE < 12 ? 25 * (6 - Math.abs(6 - (i % RATE))) : 0));
  const signal = Int32Array.from({ length: seconds * RATE }, (_, i) => wave(i));
  const record = {
    name: "r1",
    rateNum: RATE,
    rateDen: 1,
    leads: [lead],
    signals: [signal],
    start: undefined,
  };
  writeRecord(dir, record);
  const dataDir = join(dir, "data");
  const id = (await importRecords([join(dir, "r1")], { dataDir })).recordings[0]!.id;
  const file = join(dir, "r1.proof");
  const silent = { write: () => true } as unknown as NodeJS.WriteStream;
  const terminal = new Terminal(silent, silent, { AVNODE_DATA: dataDir });
  assert.equal(await run(["proof", id, "--open", "-o", file], "0.0.0", {}, terminal), 0);
  return { proof: new Uint8Array(readFileSync(file)), file, signal };
}
