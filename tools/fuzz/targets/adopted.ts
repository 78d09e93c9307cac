/** Old recordings of strangers that `avnode adopt` reads. */

import { framesOf, openOf } from "../../../gateway/adopt/frames";
import { readOld } from "../../../gateway/adopt/oldfile";
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

/** Pieces rise, are those of the runs, and what is read can be kept. */
function mustHold(bytes: Uint8Array): boolean {
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
  if (counted !== old.runs.reduce((sum, { samples }) => sum + samples, 0)) throw new Error(`has ${counted}`);
  // What is read can be kept.
  const open = openOf(old, "sha256 0");
  for (const frame of framesOf(nodeCrypto, old, open, SEAT)) {
    if (frame.length > 2067) throw new Error(`makes a frame of ${frame.length} bytes`);
  }
  return true;
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
  codes: /^(EDF_[A-Z]+|DICOM_[A-Z]+|ADOPT_TRUNCATED)$/,
  run: mustHold,
};

/** An element of explicit VR. */
function element(tag: string, vr: string, value: Uint8Array | string): Uint8Array {
  const bytes =
    typeof value === "string" ? Buffer.from(value.padEnd(value.length + (value.length % 2))) : value;
  const isLong = ["OB", "OW", "SQ"].includes(vr);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16), 0);
  head.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2);
  head.write(vr, 4, "latin1");
  if (isLong) head.writeUInt32LE(bytes.length, 8);
  else head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

/** Items with their lengths told, or ended by delimiters. */
function sequence(tag: string, elements: Uint8Array[], isOpen = false): Uint8Array {
  const item = Buffer.concat(elements);
  if (isOpen) {
    const open = (start: string, content: Uint8Array, end: string) =>
      Buffer.concat([Buffer.from(`${start}ffffffff`, "hex"), content, Buffer.from(`${end}00000000`, "hex")]);
    const head = element(tag, "SQ", new Uint8Array()).subarray(0, 8);
    return open(Buffer.from(head).toString("hex"), open("feff00e0", item, "feff0de0"), "feffdde0");
  }
  const head = Buffer.from("feff00e000000000", "hex");
  head.writeUInt32LE(item.length, 4);
  return element(tag, "SQ", Buffer.concat([head, item]));
}

const short = (value: number) => Buffer.from([value & 255, value >> 8]);

/** One lead of three samples, the middle one padded. */
function object(last: number, bits: 16 | 32, isOpen = false, syntaxUid = "1.2.840.10008.1.2.1"): Uint8Array {
  const counts = Buffer.from(bits === 16 ? "010000800200" : "010000000080000002000000", "hex");
  const channel = [
    element("003A0203", "SH", "II"),
    element("003A0210", "DS", "2.5"),
    sequence("003A0211", [element("00080100", "SH", "uV")]),
    element("003A0213", "DS", "0"),
  ];
  const group = [
    element("003A0005", "US", short(1)),
    element("003A0010", "UL", Buffer.from([3, 0, 0, 0])),
    element("003A001A", "DS", "500"),
    sequence("003A0200", channel, isOpen),
    element("54001004", "US", short(bits)),
    element("54001006", "CS", bits === 16 ? "SS" : "SL"),
    element("5400100A", "OW", counts.subarray(bits / 8, bits / 4)),
    element("54001010", "OW", counts),
  ];
  const syntax = element("00020010", "UI", `${syntaxUid}${syntaxUid.length % 2 ? "\0" : ""}`);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(syntax.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    ...[element("00020000", "UL", length), syntax],
    element("00080016", "UI", `1.2.840.10008.5.1.4.1.1.9.1.${last}\0`),
    element("0008002A", "DT", "20210302131415+0100"),
    sequence("54000100", group, isOpen),
  ]);
}

const dicom: Target = {
  name: "adoptedDicom",
  seeds: () => [
    object(2, 16),
    object(4, 32),
    object(1, 16, true),
    // Deflated, in its meta information.
    object(2, 16, false, "1.2.840.10008.1.2.1.99"),
  ],
  words: ["DICM", "SQ", "OW", "UN", "OB", "SS", "SL", "\xff\xff\xff\xff", "500", "-1", "1e9", "SIMULATED"],
  maxBytes: 1200,
  codes: /^(EDF_[A-Z]+|DICOM_[A-Z]+|ADOPT_TRUNCATED)$/,
  run: mustHold,
};

export const adopted: Target[] = [edf, dicom];
