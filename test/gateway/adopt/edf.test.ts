import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readEdf } from "../../../gateway/adopt/edf";
import { AdoptError } from "../../../gateway/adopt/error";
import { fileSource, memorySource } from "../../../gateway/adopt/source";
import { scratch } from "../../e2e/rig";
import { skipUnlessBiosig, skipUnlessPython } from "../../machine";
import { digestOf, readBack } from "../export/read";
import { noise } from "../export/source";
import { type EdfSpec, edfBytes } from "./edffile";
import { wholeOf } from "./whole";

const read = (spec: EdfSpec) => readEdf(memorySource(edfBytes(spec)));
const list = (seconds: string, text = "") => `+${seconds}\x14\x14\0${text}`;

/** Records of `size` samples. */
function inRecords(signal: Int32Array, size: number): number[][] {
  return Array.from({ length: signal.length / size }, (_, i) => [
    ...signal.subarray(i * size, (i + 1) * size),
  ]);
}

describe("An old EDF file", function () {
  this.timeout(60_000);
  const dir = scratch(true);

  it("of another tool gives every count that the tool was given", function () {
    skipUnlessBiosig(this);
    const signals = [noise(2500, 30_000), noise(2500, 2000, 2)];
    const raw = Buffer.alloc(10_000);
    for (let i = 0; i < 2500; i++) {
      signals.forEach((signal, lead) => {
        raw.writeInt16LE(signal[i]!, 4 * i + 2 * lead);
      });
    }
    writeFileSync(join(dir, "given.eeg"), raw);
    writeFileSync(join(dir, "given.vhdr"), VISION);
    for (const [format, unit] of [
      ["EDF", 2],
      ["BDF", 3],
    ] as const) {
      const file = join(dir, `written.${format.toLowerCase()}`);
      execFileSync("save2gdf", [`-f=${format}`, join(dir, "given.vhdr"), file], { stdio: "ignore" });
      const source = fileSource(file);
      const recording = readEdf(source);
      assert.deepEqual([recording.rateNum, recording.rateDen, recording.bits], [250, 1, unit * 8]);
      assert.deepEqual(
        recording.leads.map(({ name, unit: of }) => [name, of]),
        [
          ["I", "uV"],
          ["II", "uV"],
        ],
      );
      assert.deepEqual(recording.runs, [{ firstSample: 0, samples: 2500 }]);
      const whole = wholeOf(recording);
      source.close();
      // biosig may choose its own counts: what was given must come back in units.
      [0.5, 0.25].forEach((microvolts, lead) => {
        const { gain, baseline } = recording.leads[lead]!;
        const furthest = whole[lead]!.reduce(
          (most, count, i) =>
            Math.max(most, Math.abs((count - baseline) / gain - signals[lead]![i]! * microvolts)),
          0,
        );
        assert.ok(furthest <= 1 / gain + microvolts / 2, `${format} lead ${lead} is ${furthest} uV off`);
        if (format === "BDF") assert.deepEqual(whole[lead], signals[lead]);
      });
    }
  });

  it("gives what another reader finds in it, in EDF+ and BDF+", function () {
    skipUnlessPython(this, "mne");
    const cases = [
      { unit: 2 as const, within: 32767, ending: "edf" },
      { unit: 3 as const, within: 8388607, ending: "bdf" },
    ].map(({ unit, within, ending }) => {
      const signals = [noise(1280, within), noise(1280, within, 7)];
      const bytes = edfBytes({
        unit,
        duration: "0.5",
        lists: inRecords(signals[0]!, 128).map((_, i) => list(String(i / 2))),
        signals: signals.map((signal, i) => ({
          digital: [String(-within), String(within)] as [string, string],
          ...{ label: `ECG ${["I", "V2"][i]}`, dimension: "mV", counts: inRecords(signal, 128) },
        })),
      });
      const file = join(dir, `read.${ending}`);
      writeFileSync(file, bytes);
      return { file, recording: readEdf(memorySource(bytes)) };
    });
    const found = readBack(
      cases.map(({ file, recording }) => ({
        ...{ reader: "mne" as const, file, leads: recording.leads, samples: 1280 },
      })),
    );
    cases.forEach(({ recording }, i) => {
      assert.equal(recording.rateNum / recording.rateDen, found[i]!.rate);
      assert.deepEqual(wholeOf(recording).map(digestOf), found[i]!.digests);
    });
  });

  const one = (counts: number[][] = [[1, -2, 3, -4]]) => [{ label: "ECG II", counts }];

  it("with gaps keeps them where the records' times leave them", () => {
    const counts = [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
    ];
    const lists = [list("0.25"), list("1.25"), list("4", "+4\x14fibrillation\x14\0")];
    const recording = read({ reserved: "EDF+D", signals: one(counts), lists });
    assert.equal(recording.format, "EDF+D");
    assert.deepEqual(recording.runs, [
      { firstSample: 0, samples: 8 },
      { firstSample: 15, samples: 4 },
    ]);
    assert.deepEqual(
      [...recording.pieces()].map(({ firstSample, leads }) => [firstSample, ...leads[0]!]),
      [
        [0, 1, 2, 3, 4, 5, 6, 7, 8],
        [15, 9, 10, 11, 12],
      ],
    );
    assert.deepEqual(recording.left, [
      "annotations in 1 records",
      '0.500 of a count in the zero line of "ECG II"',
    ]);
    assert.deepEqual(recording.start, {
      ...{ year: 2021, month: 3, day: 2, hour: 13, minute: 14, second: 15, fraction: 0.25 },
    });
  });

  it("says nothing of itself that it does not know", () => {
    const unknown = read({ recording: "Startdate X X X X", start: "01.01.8500.00.00", signals: one() });
    assert.equal(unknown.start, undefined);
    assert.equal(unknown.simulated, false);
    const bare = read({ signals: [{ label: "II", dimension: "", counts: [[1]] }] });
    assert.deepEqual(bare.leads, [{ name: "II", unit: "", gain: 0, baseline: 0, adcZero: 0 }]);
    const plain = read({ recording: "", start: "31.12.9923.59.59", signals: one() });
    assert.equal(plain.start?.year, 1999);
    assert.equal(read({ start: "31.02.2100.00.00", recording: "", signals: one() }).start, undefined);
  });

  it("that says it is simulated is known to be", () => {
    assert.ok(read({ recording: "Startdate X X SIMULATED avnode_AD8232", signals: one() }).simulated);
  });

  it("gives its ECG, and names what it leaves", () => {
    const recording = read({
      signals: [
        { label: "Resp", counts: [[1]] },
        { label: "EKG V1", physical: ["-1", "1"], digital: ["-1000", "1000"], counts: [[2, 3]] },
        { label: "ECG fine", counts: [[4, 5, 6]] },
      ],
    });
    assert.deepEqual(recording.leads, [{ name: "V1", unit: "mV", gain: 1000, baseline: 0, adcZero: 0 }]);
    assert.deepEqual(recording.left, ['signal "Resp"', 'signal "ECG fine"']);
    assert.deepEqual(wholeOf(recording), [Int32Array.of(2, 3)]);
  });

  const whole = edfBytes({ signals: one(), lists: [list("0")] });
  const many = Array.from({ length: 65 }, (_, i) => ({ label: `ECG ${i}`, counts: [[0]] }));
  const HOSTILE: [string, string, EdfSpec | Buffer][] = [
    ["nothing", "ADOPT_TRUNCATED", Buffer.alloc(0)],
    ["text", "EDF_VERSION", Buffer.alloc(300, "a")],
    ["half a header", "ADOPT_TRUNCATED", whole.subarray(0, 400)],
    ["all but a byte", "ADOPT_TRUNCATED", whole.subarray(0, -1)],
    ["a byte more", "EDF_LENGTH", Buffer.concat([whole, Buffer.alloc(1)])],
    ["9999 signals", "EDF_NUMBER", { count: "9999", signals: one() }],
    ["no signals", "EDF_NUMBER", { count: "0", signals: one() }],
    ["signals less than none", "EDF_NUMBER", { count: "-1", signals: one() }],
    ["a count of signals in hex", "EDF_NUMBER", { count: "0x1", signals: one() }],
    ["a header of another length", "EDF_LENGTH", { headerBytes: "768", signals: one() }],
    ["gigabytes of records", "ADOPT_TRUNCATED", { records: "99999999", signals: one() }],
    ["a gigabyte in a record", "EDF_NUMBER", { signals: [{ ...one()[0]!, samples: "99999999" }] }],
    [
      "a record that grows too long by many signals",
      "EDF_LENGTH",
      { signals: [1, 2].map(() => ({ ...one()[0]!, samples: "8000000" })) },
    ],
    ["samples less than none", "EDF_NUMBER", { signals: [{ ...one()[0]!, samples: "-4" }] }],
    ["a recording that still runs", "EDF_UNFINISHED", { records: "-1", signals: one() }],
    ["no records", "EDF_EMPTY", { records: "0", signals: one([]) }],
    ["records that last no time", "EDF_DURATION", { duration: "0", signals: one() }],
    ["records of no end", "EDF_DURATION", { duration: "Infinity", signals: one() }],
    ["records of less than no time", "EDF_DURATION", { duration: "-1", signals: one() }],
    ["a rate of no whole numbers", "EDF_RATE", { duration: ".0000001", signals: one([Array(997).fill(0)]) }],
    ["a scale of no width", "EDF_SCALE", { signals: [{ ...one()[0]!, digital: ["5", "5"] }] }],
    ["a scale turned round", "EDF_SCALE", { signals: [{ ...one()[0]!, physical: ["10", "-10"] }] }],
    ["a zero line out of reach", "EDF_SCALE", { signals: [{ ...one()[0]!, physical: ["9e7", "90000001"] }] }],
    ["a scale that is no number", "EDF_NUMBER", { signals: [{ ...one()[0]!, physical: ["NaN", "1"] }] }],
    ["a scale beyond all numbers", "EDF_NUMBER", { signals: [{ ...one()[0]!, physical: ["0", "1e999"] }] }],
    ["counts beyond its width", "EDF_NUMBER", { signals: [{ ...one()[0]!, digital: ["-40000", "1"] }] }],
    ["control characters", "EDF_TEXT", { signals: [{ label: "ECG\x1b[2J", counts: [[1]] }] }],
    ["65 leads", "EDF_LEADS", { signals: many }],
    ["gaps without times", "EDF_TIMES", { reserved: "EDF+D", signals: one() }],
    ["neither C nor D", "EDF_RESERVED", { reserved: "EDF+X", signals: one() }],
    ["a record without its time", "EDF_TIMES", { lists: ["\0"], signals: one() }],
    ["a time that is no number", "EDF_TIMES", { lists: [list("1e9")], signals: one() }],
    ["a first record long after the start", "EDF_TIMES", { lists: [list("86400")], signals: one() }],
    [
      "a gap, but continuous",
      "EDF_TIMES",
      {
        lists: [list("0"), list("9")],
        signals: one([
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ]),
      },
    ],
    [
      "records that overlap",
      "EDF_TIMES",
      {
        reserved: "EDF+D",
        lists: [list("0"), list("0.1")],
        signals: one([
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ]),
      },
    ],
    [
      "a gap of thirty thousand years",
      "EDF_TIMES",
      {
        reserved: "EDF+D",
        lists: [list("0"), list("999999999999")],
        signals: one([
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ]),
      },
    ],
  ];

  for (const [what, code, given] of HOSTILE) {
    it(`with ${what} is refused`, () => {
      const bytes = Buffer.isBuffer(given) ? given : edfBytes(given);
      assert.throws(
        () => readEdf(memorySource(bytes)),
        (error) => {
          assert.ok(error instanceof AdoptError, String(error));
          assert.equal(error.code, code, error.message);
          assert.ok(error.hint.length > 0);
          return true;
        },
      );
    });
  }

  it("that is a folder, or nowhere, is refused", () => {
    for (const path of [dir, join(dir, "none")]) {
      assert.throws(() => fileSource(path), { code: "ADOPT_FILE" });
    }
  });
});

const VISION = `Brain Vision Data Exchange Header File Version 1.0

[Common Infos]
DataFile=given.eeg
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=2
SamplingInterval=4000

[Binary Infos]
BinaryFormat=INT_16

[Channel Infos]
Ch1=ECG I,,0.5,uV
Ch2=ECG II,,0.25,uV
`;
