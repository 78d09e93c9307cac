import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { AdoptError } from "../../../gateway/adopt/error";
import { openOf } from "../../../gateway/adopt/frames";
import { readOld } from "../../../gateway/adopt/oldfile";
import { memorySource } from "../../../gateway/adopt/source";
import { scratch } from "../../e2e/rig";
import { PYTHON, skipUnlessPython } from "../../machine";
import { noise } from "../export/source";
import { wholeOf } from "./whole";

const CLASS = (last: number) => `1.2.840.10008.5.1.4.1.1.9.1.${last}`;
const PADDING = -32768;

describe("An old DICOM ECG", function () {
  this.timeout(60_000);
  const dir = scratch(true);
  const narrow = [noise(1000, 32767), noise(1000, 500, 3)];
  const wide = [noise(700, 8388607)];
  const gappy = Int32Array.from(narrow[1]!);
  gappy.fill(PADDING, 400, 600);
  const base = { sopClass: CLASS(2), bits: 16, rate: 500, labels: ["II"], signals: [[...gappy]] };
  const asked = {
    twelve: {
      ...{ sopClass: CLASS(1), bits: 16, rate: 500, labels: ["I", "II"] },
      ...{
        signals: narrow.map((one) => [...one]),
        sensitivity: "2.5",
        baseline: "25",
        at: "20210302131415.25+0200",
      },
    },
    implicit: {
      ...{ sopClass: CLASS(3), bits: 16, rate: 62.5, labels: ["A", "B"], implicit: true },
      ...{ signals: narrow.map((one) => [...one]), at: "20210302131415" },
    },
    wide: { sopClass: CLASS(4), bits: 32, rate: 250, labels: ["V1"], signals: wide.map((one) => [...one]) },
    gaps: { ...base, padding: PADDING },
    simulated: { ...base, description: "SIMULATED, no heart" },
    tooWide: { ...base, sopClass: CLASS(4), bits: 32, signals: [[1, 2 ** 23]] },
    unsigned: { ...base, interpretation: "US", signals: [[1, 2]] },
    noEcg: { ...base, sopClass: "1.2.840.10008.5.1.4.1.1.9.4.1" },
    inverted: { ...base, sensitivity: "-1" },
    half: {
      ...base,
      padding: 7,
      labels: ["I", "II"],
      signals: [
        [7, 1],
        [1, 1],
      ],
    },
    nothing: { ...base, padding: 7, signals: [[7, 7]] },
    undefined: { ...base, undefined: true },
    groups: { ...base, groups: 3 },
    deflated: { ...base, syntax: "1.2.840.10008.1.2.1.99" },
    jpeg: { ...base, syntax: "1.2.840.10008.1.2.4.50" },
    bigEndian: { ...base, syntax: "1.2.840.10008.1.2.2" },
    noRate: { ...base, rate: 0 },
    negativeRate: { ...base, rate: -500 },
  };
  const bytesOf = (name: keyof typeof asked) => readFileSync(join(dir, `${name}.dcm`));
  const read = (name: keyof typeof asked) => readOld(memorySource(bytesOf(name)));

  before(function () {
    skipUnlessPython(this, "pydicom");
    const input = Object.entries(asked).map(([name, one]) =>
      JSON.stringify({ file: join(dir, `${name}.dcm`), ...one }),
    );
    execFileSync(PYTHON, [join(__dirname, "dicomwriter.py")], { input: input.join("\n") });
  });

  it("gives every count that pydicom wrote, with its scale, rate and time", () => {
    const old = read("twelve");
    assert.equal(old.format, "DICOM 12-Lead ECG");
    assert.deepEqual([old.rateNum, old.rateDen, old.bits, old.simulated], [500, 1, 16, false]);
    assert.deepEqual(old.leads, [
      { name: "I", unit: "uV", gain: 0.4, baseline: -10, adcZero: 0 },
      { name: "II", unit: "uV", gain: 0.4, baseline: -10, adcZero: 0 },
    ]);
    assert.deepEqual(wholeOf(old), narrow);
    assert.equal(openOf(old, "").startMs, Date.UTC(2021, 2, 2, 11, 14, 15, 250));
  });

  it("is read in implicit VR, with a rate that is no whole number, uncalibrated", () => {
    const old = read("implicit");
    assert.deepEqual([old.format, old.rateNum, old.rateDen], ["DICOM Ambulatory ECG", 125, 2]);
    assert.deepEqual(
      old.leads.map(({ name, unit, gain }) => [name, unit, gain]),
      [
        ["A", "", 0],
        ["B", "", 0],
      ],
    );
    assert.deepEqual(wholeOf(old), narrow);
    assert.equal(old.start?.zoneMinutes, undefined);
  });

  it("of 32 bits gives what 24 hold, and is refused beyond", () => {
    const old = read("wide");
    assert.deepEqual([old.format, old.bits], ["DICOM General 32-bit ECG", 24]);
    assert.deepEqual(wholeOf(old), wide);
  });

  it("has gaps where its padding stands", () => {
    const old = read("gaps");
    assert.deepEqual(old.runs, [
      { firstSample: 0, samples: 400 },
      { firstSample: 600, samples: 400 },
    ]);
    assert.deepEqual(wholeOf(old), [Int32Array.from([...gappy].filter((count) => count !== PADDING))]);
  });

  it("that says it is simulated is known to be", () => {
    assert.equal(read("simulated").simulated, true);
    assert.equal(read("gaps").simulated, false);
  });

  it("of undefined lengths is read as one whose lengths are told", () => {
    assert.deepEqual(wholeOf(read("undefined")), [gappy]);
  });

  it("of several multiplex groups gives the first, and names what it leaves", () => {
    const old = read("groups");
    assert.deepEqual(wholeOf(old), [gappy]);
    assert.ok(old.left.includes("2 more multiplex groups"), old.left.join());
  });

  it("in another transfer syntax is refused by its name", () => {
    for (const [name, syntax] of [
      ["deflated", asked.deflated.syntax],
      ["jpeg", asked.jpeg.syntax],
      ["bigEndian", asked.bigEndian.syntax],
    ] as const) {
      const bytes = bytesOf(name);
      assert.throws(
        () => readOld(memorySource(bytes)),
        (error: AdoptError) =>
          error.code === "DICOM_SYNTAX" && error.message.includes(syntax) && error.hint !== "",
        name,
      );
    }
  });

  it("whose header claims gigabytes is refused before memory is asked for", () => {
    const bytes = bytesOf("gaps");
    const before = process.memoryUsage().rss;
    // NumberOfWaveformSamples, UL, and WaveformData, OW.
    for (const [head, claim] of [
      ["3a001000554c0400", 2 ** 31 - 1],
      ["005410104f570000", 2 ** 31],
    ] as const) {
      const at = bytes.indexOf(Buffer.from(head, "hex"));
      assert.ok(at > 0);
      const claims = Buffer.from(bytes);
      claims.writeUInt32LE(claim, at + 8);
      assert.throws(() => readOld(memorySource(claims)), AdoptError, head);
    }
    assert.ok(process.memoryUsage().rss - before < 2 ** 28);
  });

  it("whose lengths or depth are beyond its bytes is refused before memory goes", () => {
    const bytes = Buffer.from(bytesOf("gaps"));
    // SOPClassUID as UN: two bytes of its value become a length of 774 MB, of which dcmjs made value after value.
    const at = bytes.indexOf(Buffer.from("080016005549", "hex"));
    assert.ok(at > 0);
    bytes.write("UN", at + 4, "latin1");
    assert.throws(() => readOld(memorySource(bytes)), { code: "DICOM_LENGTH" });
    const deep = Buffer.concat([
      bytesOf("gaps").subarray(0, at),
      ...Array.from({ length: 1000 }, () =>
        Buffer.from("005400015351" + "0000ffffffff" + "feff00e0ffffffff", "hex"),
      ),
    ]);
    assert.throws(() => readOld(memorySource(deep)), { code: "DICOM_LENGTH", message: /nests/ });
  });

  it("with a VR that is another's is refused, or gives the same counts", () => {
    const bytes = bytesOf("twelve");
    for (const [tag, vr, isSame] of [
      ["3a000500", "FD", false],
      ["3a001000", "OB", false],
      ["3a001a00", "SQ", false],
      // What is of unknown VR and undefined length is a sequence (PS3.5 6.2.2).
      ["00540001", "UN", true],
      ["00541010", "SH", false],
    ] as const) {
      const at = bytes.indexOf(Buffer.from(tag, "hex"));
      assert.ok(at > 0, tag);
      const wrong = Buffer.from(bytes);
      wrong.write(vr, at + 4, "latin1");
      if (isSame) assert.deepEqual(wholeOf(readOld(memorySource(wrong))), narrow);
      else assert.throws(() => readOld(memorySource(wrong)), AdoptError, `${tag} as ${vr}`);
    }
  });

  it("that is deflated is refused before it swells", () => {
    const bomb = Buffer.concat([
      bytesOf("deflated").subarray(0, bytesOf("deflated").indexOf("1.2.840.10008.1.2.1.99") + 22),
      deflateRawSync(Buffer.alloc(1 << 28)),
    ]);
    const before = process.memoryUsage().rss;
    assert.throws(() => readOld(memorySource(bomb)), { code: "DICOM_SYNTAX" });
    assert.ok(process.memoryUsage().rss - before < 2 ** 27);
  });

  for (const [name, code] of [
    ["tooWide", "DICOM_RANGE"],
    ["unsigned", "DICOM_SAMPLES"],
    ["noEcg", "DICOM_CLASS"],
    ["inverted", "DICOM_SCALE"],
    ["half", "DICOM_PADDING"],
    ["nothing", "DICOM_EMPTY"],
    ["noRate", "DICOM_RATE"],
    ["negativeRate", "DICOM_RATE"],
  ] as const) {
    it(`that is ${name} is refused`, () => {
      assert.throws(() => read(name), { code });
    });
  }

  it("that is cut anywhere is refused", () => {
    const whole = bytesOf("gaps");
    for (let end = 0; end < whole.length; end += end < 1200 ? 7 : 97) {
      assert.throws(() => readOld(memorySource(whole.subarray(0, end))), /; /, `cut at ${end}`);
    }
  });
});
