/** Records of strangers: header text, signal files of every format, annotations. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeAnnotations, encodeAnnotations } from "../../../gateway/wfdb/annotations";
import { parseHeader } from "../../../gateway/wfdb/header";
import { readRecord } from "../../../gateway/wfdb/read";
import { writeRecord } from "../../../gateway/wfdb/write";
import type { Target } from "../target";
import { scratch } from "./scratch";

const codes = /^WFDB_(FILE|HEADER|UNSUPPORTED|PATH|SIZE|TOO_LARGE|MATLAB|CHECKSUM|INITIAL|ANNOTATION|WRITE)$/;

const HEADERS = [
  "r 1 360 4\nr.dat 16 200(0)/mV 12 0 0 6 0 MLII\n",
  "r 2 360/1(0) 3 12:30:00.5 01/02/2003\nr.dat 212 200 11 1024 995 -22131 0 MLII\nr.dat 212 200 11 1024 1011 20052 0 V5\n# 69 M\n",
  "r 1\nr.dat 80 1(-5)/uV\n",
  "r 1 250.5 2\nr.dat 24:1+0 1e3 24 0\n",
  "r 1 500 3 1-Jan-2020 00:00:00\nr.mat 16+24 1000/mV 16 0 1 6 0 I\n",
  "r/3 2 360 100\n",
  "# comment\n\nr 0 360\n",
];
const WORDS = [
  "/",
  "(",
  ")",
  ":",
  "+",
  "x",
  "..",
  "r.dat",
  "r.mat",
  "16",
  "24",
  "80",
  "212",
  "61",
  "\r\n",
  "#",
  "\0",
];

const header: Target = {
  name: "wfdbHeader",
  seeds: () => HEADERS.map((text) => Buffer.from(text)),
  words: WORDS,
  maxBytes: 2000,
  codes,
  run(bytes) {
    const read = parseHeader(Buffer.from(bytes).toString("utf8"), "r.hea");
    if (!(read.rate.num > 0 && read.rate.den > 0)) throw new Error("has no rate");
    for (const { fileName, format, skew, byteOffset } of read.signals) {
      if (/[/\\\0]/.test(fileName)) throw new Error(`names ${JSON.stringify(fileName)}`);
      if (![16, 24, 80, 212].includes(format)) throw new Error(`has format ${format}`);
      if (!(skew >= 0 && byteOffset >= 0)) throw new Error("begins before its file");
    }
    return true;
  },
};

/** int16 matrix of one row and three columns, named val: 20 bytes and the name. */
const MATRIX = Buffer.from("1e00000001000000030000000000000004000000" + "76616c00" + "010002000300", "hex");
const SIGNALS = [Buffer.from("00000100020003000000", "hex").subarray(0, 8), Buffer.alloc(9, 0x5a), MATRIX];

/** Two bytes with the length of the header, the header, and what r.dat and r.mat both hold. */
const record: Target = {
  name: "wfdbRecord",
  seeds: () =>
    HEADERS.flatMap((text) =>
      SIGNALS.map((signal) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(text.length);
        return Buffer.concat([length, Buffer.from(text), signal]);
      }),
    ),
  words: WORDS,
  maxBytes: 1000,
  codes,
  run(bytes) {
    const end = 2 + (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
    const dir = scratch();
    writeFileSync(join(dir, "r.hea"), bytes.subarray(2, end));
    for (const name of ["r.dat", "r.mat"]) writeFileSync(join(dir, name), bytes.subarray(end));
    const read = readRecord(join(dir, "r"));
    const lengths = read.signals.map(({ length }) => length);
    if (lengths.some((length) => length !== read.samples)) throw new Error(`has signals of ${lengths}`);
    if (lengths.length !== read.leads.length) throw new Error("has not a lead per signal");
    writeRecord(dir, { ...read, name: "w" });
    const again = readRecord(join(dir, "w"));
    read.signals.forEach((signal, lead) => {
      if (!signal.every((value, t) => again.signals[lead]![t] === value))
        throw new Error(`lead ${lead} is not read as it was written`);
    });
    return true;
  },
};

const annotations: Target = {
  name: "wfdbAnnotations",
  seeds: () => [
    Buffer.from("0704" + "12041403" + "0000", "hex"),
    // Skip, aux, num, subtype, channel behind a beat, and the end mark.
    Buffer.from(
      "0004" + "00ec01000100" + "0870" + "06fc28414649420a" + "05f0" + "03f4" + "02f8" + "0000",
      "hex",
    ),
    Buffer.from("00ecffffffff0704" + "0000", "hex"),
  ],
  codes,
  run(bytes) {
    const read = decodeAnnotations(Buffer.from(bytes), "r.atr");
    const again = decodeAnnotations(encodeAnnotations(read, "r.atr"), "r.atr");
    if (JSON.stringify(again) !== JSON.stringify(read)) throw new Error("is not read as it was written");
    return true;
  },
};

export const wfdb: Target[] = [header, record, annotations];
