import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readAnnotations } from "../../../gateway/wfdb/annotations";
import { isBeat } from "../../../gateway/wfdb/codes";
import { readHeader } from "../../../gateway/wfdb/header";
import { readRecord } from "../../../gateway/wfdb/read";
import { ecgFiles, skipUnlessEcg, skipUnlessPython } from "../../machine";
import { sha256 } from "./fixtures";
import { type SignalRequest, unpackAnnotations, unpackSignals } from "./python";

const SETS: [set: string, records: number][] = [
  ["mitdb", 22],
  ["nstdb", 7],
  ["cpsc2021", 9],
  ["twelvelead", 8],
];
/** PhysioBank's beat codes by number: 1 to 13, 25, 30, 34, 35, 38, 41. */
const BEAT_CODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 30, 34, 35, 38, 41];

describe("reading real WFDB records", function () {
  before(function () {
    skipUnlessEcg(this, "mitdb");
    skipUnlessPython(this, "numpy");
  });

  for (const [set, count] of SETS) {
    it(`gives every sample of ${set} as numpy unpacks it, with the checksum that its header states`, () => {
      const files = ecgFiles(set, ".hea");
      assert.equal(files.length, count);
      const requests = files.map((file): SignalRequest => {
        const [recordLine, signalLine] = readFileSync(file, "utf8").split("\n");
        const [, signals, , samples] = recordLine!.split(/\s+/);
        const [dat, format] = signalLine!.split(/\s+/);
        const [number, offset = "0"] = format!.split("+");
        return [
          join(dirname(file), dat!),
          Number.parseInt(number!, 10),
          Number(signals),
          Number(offset),
          Number(samples),
        ];
      });
      const unpacked = unpackSignals(requests);
      files.forEach((file, index) => {
        const record = readRecord(file);
        assert.deepEqual(
          record.signals.map(sha256),
          unpacked[index]!.map((signal) => signal.sha256),
          file,
        );
        readHeader(file).signals.forEach(({ checksum }, lead) => {
          assert.ok((unpacked[index]![lead]!.sum - checksum!) % 65536 === 0, `${file} lead ${lead}`);
        });
      });
    });
  }

  it("reads the CinC 2017 strips, whose zero checksums and wrong initial values vouch for nothing", () => {
    const files = ecgFiles("cinc2017", ".hea");
    assert.equal(files.length, 160);
    const unpacked = unpackSignals(
      files.map((file): SignalRequest => {
        const samples = Number(readFileSync(file, "utf8").split(/\s+/)[3]);
        return [file.replace(".hea", ".mat"), 16, 1, 24, samples];
      }),
    );
    files.forEach((file, index) => {
      assert.equal(sha256(readRecord(file).signals[0]!), unpacked[index]![0]!.sha256, file);
    });
  });

  it("reads every annotation of four sets, and so the same number of beats, as an independent parser does", () => {
    const files = [...SETS.map(([set]) => set), "ltafdb"].flatMap((set) => ecgFiles(set, ".atr"));
    const unpacked = unpackAnnotations(files);
    const beats = (codes: number[]) => codes.filter((code) => BEAT_CODES.includes(code)).length;
    files.forEach((file, index) => {
      const annotations = readAnnotations(file);
      const rows = annotations.map(({ sample, code, subtype, channel, num, aux }) => {
        return [sample, code, subtype, channel, num, aux ?? null];
      });
      // As text: deepEqual over 200,000 rows takes half a minute.
      assert.ok(JSON.stringify(rows) === JSON.stringify(unpacked[index]), file);
      assert.equal(
        annotations.filter(({ code }) => isBeat(code)).length,
        beats(unpacked[index]!.map((row) => row[1])),
      );
    });
  });

  it("gives the beat counts that PhysioNet's tables print for records 101 and 208", () => {
    // MIT-BIH Arrhythmia Database Directory: N 1860, A 3, Q 2; N 1586, S 2, V 992, F 373, Q 2.
    const published = { 101: { N: 1860, A: 3, Q: 2 }, 208: { N: 1586, S: 2, V: 992, F: 373, Q: 2 } };
    for (const [name, expected] of Object.entries(published)) {
      const counts: Record<string, number> = {};
      const file = ecgFiles("mitdb", `${name}.atr`)[0]!;
      for (const { code, symbol } of readAnnotations(file)) {
        if (isBeat(code)) counts[symbol] = (counts[symbol] ?? 0) + 1;
      }
      assert.deepEqual(counts, expected, name);
    }
  });
});
