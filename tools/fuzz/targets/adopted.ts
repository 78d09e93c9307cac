/** Old recordings of strangers that `avnode adopt` reads. */
import { readOld } from "../../../gateway/adopt/adopt";
import { framesOf, openOf } from "../../../gateway/adopt/frames";
import { memorySource } from "../../../gateway/adopt/source";
import { nodeCrypto } from "../../../gateway/crypto";
import type { Target } from "../target";

const SEAT = { device: new Uint8Array(8), epoch: 1, number: 1, key: new Uint8Array(16) };

/** One lead of two samples a record. @param lists of the records */
function seed(kind: "EDF" | "BDF", reserved: string, lists: string[]): Uint8Array {
  const unit = kind === "EDF" ? 2 : 3;
  const signals = lists.length > 0 ? 2 : 1;
  const records = Math.max(1, lists.length);
  const of = (width: number, ...texts: string[]) =>
    texts
      .slice(0, signals)
      .map((text) => text.padEnd(width))
      .join("");
  const head =
    of(8, kind === "EDF" ? "0" : "\xffBIOSEMI").slice(0, 8) +
    "X X X X".padEnd(80) +
    "Startdate 02-MAR-2021 X X X".padEnd(80) +
    "02.03.2113.14.15" +
    String(256 * (signals + 1)).padEnd(8) +
    reserved.padEnd(44) +
    String(records).padEnd(8) +
    "0.5".padEnd(8) +
    String(signals).padEnd(4) +
    of(16, "ECG II", `${kind} Annotations`) +
    of(80, "", "") +
    of(8, "mV", "") +
    of(8, "-5", "-1") +
    of(8, "5", "1") +
    of(8, "-1000", "-32768") +
    of(8, "1000", "32767") +
    of(80, "", "") +
    of(8, "2", "6") +
    of(32, "", "");
  const body = Array.from({ length: records }, (_, i) =>
    Buffer.concat([
      Buffer.alloc(2 * unit, 3),
      Buffer.from(signals > 1 ? lists[i]!.padEnd(6 * unit, "\0") : "", "latin1"),
    ]),
  );
  return Buffer.concat([Buffer.from(head, "latin1"), ...body]);
}

const edf: Target = {
  name: "adoptedEdf",
  seeds: () => [
    seed("EDF", "", []),
    seed("EDF", "EDF+C", ["+0\x14\x14\0", "+0.5\x14\x14\0"]),
    seed("EDF", "EDF+D", ["+0.1\x14\x14\0", "+9\x14\x14\0"]),
    seed("BDF", "BDF+D", ["+0\x14\x14\0", "+2\x14\x14\0"]),
  ],
  words: ["EDF+D", "EDF+C", "BDF+D", "+0\x14\x14\0", "-1", "0", "99999999", "1e9", "SIMULATED", "X", "."],
  maxBytes: 2000,
  codes: /^(EDF_[A-Z]+|ADOPT_(TRUNCATED|FORMAT))$/,
  run(bytes) {
    const old = readOld(memorySource(bytes));
    const ends = old.runs.at(-1)!;
    let next = 0;
    let counted = 0;
    for (const { firstSample, leads } of old.pieces()) {
      if (firstSample < next) throw new Error(`goes back to sample ${firstSample}`);
      if (leads.length !== old.leads.length) throw new Error("has not a lead per signal");
      counted += leads[0]!.length;
      next = firstSample + leads[0]!.length;
    }
    if (next !== ends.firstSample + ends.samples) throw new Error(`ends at ${next}`);
    if (counted !== old.runs.reduce((sum, { samples }) => sum + samples, 0))
      throw new Error(`has ${counted}`);
    // What is read can be kept.
    const open = openOf(old, "sha256 0");
    for (const frame of framesOf(nodeCrypto, old, open, SEAT)) {
      if (frame.length > 2067) throw new Error(`makes a frame of ${frame.length} bytes`);
    }
    return true;
  },
};

export const adopted: Target[] = [edf];
