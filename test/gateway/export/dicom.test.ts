import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { dicomFiles, dicomPdf } from "../../../gateway/export/dicom";
import { readRecord } from "../../../gateway/wfdb/read";
import type { WfdbRecord } from "../../../gateway/wfdb/record";
import { scratch } from "../../e2e/rig";
import {
  ecgFiles,
  PYTHON,
  skipUnlessDciodvfy,
  skipUnlessDcmtk,
  skipUnlessEcg,
  skipUnlessPython,
} from "../../machine";
import { pydicom, type Read } from "./pydicom";
import { digestOf, exported } from "./read";
import { bytesOf, ID, type Made, noise, sourceOf, sourceOfRecord } from "./source";

/** What dciodvfy complains of: beside the object's name nothing, where all is well. */
function complaints(file: string): string[] {
  const { stderr } = spawnSync("dciodvfy", [file], { encoding: "utf8" });
  return stderr.split("\n").filter((line) => /^(Error|Warning|Abort)/.test(line));
}

const TWELVE_LEAD = "1.2.840.10008.5.1.4.1.1.9.1.1";
const GENERAL = "1.2.840.10008.5.1.4.1.1.9.1.2";
const AMBULATORY = "1.2.840.10008.5.1.4.1.1.9.1.3";
const GENERAL_32_BIT = "1.2.840.10008.5.1.4.1.1.9.1.4";
const PERSON = { name: "Zoë Müller^=\\", birthDate: "1951-04-02" };

describe("a recording as DICOM", function () {
  this.timeout(120_000);
  const dir = scratch(true);
  before(function () {
    skipUnlessPython(this, "pydicom");
    skipUnlessDciodvfy(this);
  });

  const write = async (made: Made): Promise<string[]> =>
    exported("dicom", sourceOf({ timeZone: "Europe/Berlin", ...made }), dir);
  const readOne = async (made: Made): Promise<Read> => pydicom(await write(made))[0]!;

  for (const [set, count, sopClass] of [
    ["mitdb", 22, AMBULATORY],
    ["twelvelead", 8, TWELVE_LEAD],
    ["cinc2017", 12, GENERAL],
  ] as const)
    it(`records of ${set} are equal, as pydicom reads them, and dciodvfy says nothing`, async function () {
      skipUnlessEcg(this, set);
      const records = ecgFiles(set, ".hea")
        .slice(0, count)
        .map((file): [string, WfdbRecord] => [basename(file, ".hea"), readRecord(file.slice(0, -4))]);
      assert.equal(records.length, count);
      const files: string[] = [];
      for (const [name, record] of records)
        files.push(...(await exported("dicom", sourceOfRecord(record, name), dir)));
      assert.equal(files.length, count);
      for (const [index, read] of pydicom(files).entries()) {
        const [name, { signals, leads, rateNum, rateDen, samples }] = records[index]!;
        assert.deepEqual([read.sopClass, read.modality], [sopClass, "ECG"], name);
        assert.deepEqual([read.rate, read.samples], [rateNum / rateDen, samples], name);
        const places = read.labels.map((label) => leads.findIndex((lead) => lead.name === label));
        assert.deepEqual(
          [...places].sort((a, b) => a - b),
          [...leads.keys()],
          name,
        );
        assert.deepEqual(
          read.digests,
          places.map((place) => digestOf(signals[place]!)),
          name,
        );
        for (const [channel, place] of places.entries()) {
          const { gain, baseline } = leads[place]!;
          const value = (signals[place]![0]! - baseline) / gain;
          assert.ok(Math.abs(read.first[channel]! - value) < 1e-9, `${name}: ${read.first[channel]} mV`);
        }
        assert.deepEqual(complaints(files[index]!), [], name);
      }
    });

  it("is seen to differ where one sample does, and where the object lies", async () => {
    const signals = [noise(1000, 100)];
    const [file] = await write({ signals, name: "altered" });
    const bytes = readFileSync(file!);
    bytes[bytes.length - 2]! ^= 1;
    writeFileSync(file!, bytes);
    assert.notEqual(pydicom([file!])[0]!.digests[0], digestOf(signals[0]!));
    const at = bytes.indexOf("ORIGINAL");
    bytes.write("ORIGINEL", at, "latin1");
    writeFileSync(file!, bytes);
    assert.notDeepEqual(complaints(file!), []);
  });

  it("says what is known of a person, and invents nothing", async () => {
    const known = await readOne({ signals: [noise(1000, 100)], person: PERSON });
    assert.deepEqual([known.name, known.birthDate, known.sex], ["Zoë Müller^", "19510402", ""]);
    assert.match(known.patient, /^avnode-[0-9a-f]{16}$/);
    const unknown = await readOne({ signals: [noise(1000, 100)] });
    assert.deepEqual([unknown.name, unknown.birthDate, unknown.sex], ["", "", ""]);
    assert.equal(unknown.patient, `avnode-recording-${ID}`);
    for (const name of ["محمد بن عبد الله", "李小龙", "n".repeat(200)]) {
      const [file] = await write({ signals: [noise(1000, 100)], person: { name }, name: "named" });
      assert.equal(pydicom([file!])[0]!.name, `${name.slice(0, 63)}^`.slice(0, 64), name);
      assert.deepEqual(complaints(file!), [], name);
    }
  });

  it("one of a virtual handheld says so", async () => {
    const { name, patient, description, texts } = await readOne({
      ...{ signals: [noise(1000, 100)], info: { simulated: true }, person: PERSON },
    });
    assert.deepEqual([name, patient], ["SIMULATED^", "SIMULATED"]);
    assert.match(description, /^SIMULATED/);
    assert.match(texts[0]!, /^SIMULATED/);
  });

  it("gives local time with its offset, also within the hour that comes twice", async () => {
    const at = async (startMs: number) => (await readOne({ signals: [noise(250, 9)], info: { startMs } })).at;
    assert.equal(await at(Date.UTC(2026, 9, 25, 0, 30)), "20261025023000.000+0200");
    assert.equal(await at(Date.UTC(2026, 9, 25, 1, 30)), "20261025023000.000+0100");
  });

  it("of a clock that was never set tells the time of arrival, and says that; without one it is refused", async () => {
    const firstAt = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    const read = await readOne({ signals: [noise(250, 9)], info: { startMs: 0, trust: 0, firstAt } });
    assert.equal(read.at, "20260102040405.006+0100");
    assert.match(read.description, /time of arrival/);
    assert.throws(() => dicomFiles(sourceOf({ signals: [noise(250, 9)], info: { startMs: 0 } })), {
      code: "EXPORT_TIME",
    });
  });

  it("has an absent sample as its padding value, which no real one has", async () => {
    const signal = noise(5000, 100);
    signal[7] = -32768;
    const lost: [number, number][] = [
      [0, 10],
      [1000, 1500],
      [4990, 5000],
    ];
    const expected = Int32Array.from(signal, (value, sample) =>
      lost.some(([from, to]) => sample >= from && sample < to) ? -32768 : value,
    );
    const plain = await readOne({ signals: [signal], lost });
    assert.deepEqual([plain.padding, plain.absent], [-32768, [520]]);
    assert.deepEqual(plain.digests, [digestOf(expected)]);
    signal[20] = -32768;
    const other = await readOne({ signals: [signal], lost });
    assert.deepEqual([other.padding, other.absent], [32767, [520]]);
    assert.ok(other.texts.some((text) => /^gap of 500 samples at 1000: not received$/.test(text)));
  });

  it("beyond 16 bits is a General 32-bit ECG, with a stretch as it was asked for", async () => {
    const signals = [noise(5000, 100_000), noise(5000, 100_000, 2)];
    const read = await readOne({ signals, from: 100, to: 4000 });
    assert.equal(read.sopClass, GENERAL_32_BIT);
    assert.deepEqual(
      read.digests,
      signals.map((signal) => digestOf(signal.subarray(100, 4000))),
    );
  });

  it("of a lead that nobody calibrated says no scale, and of one without a code its name", async () => {
    const lead = { unit: "mV", baseline: 0, adcZero: 0 };
    const { scaled, labels, codes } = await readOne({
      signals: [noise(500, 9), noise(500, 9)],
      leads: [
        { ...lead, name: "MLII", gain: 0 },
        { ...lead, name: "V5", gain: 200 },
      ],
    });
    assert.deepEqual(
      [scaled, labels, codes],
      [
        [false, true],
        ["MLII", "V5"],
        ["2:0", "2:7"],
      ],
    );
  });

  it("tells findings and marks in words that are no diagnosis", async () => {
    const episode = { from: 100, to: 2000, rhythm: "af" as const, confidence: 0.9, rate: 88 };
    const { texts } = await readOne({
      ...{ signals: [noise(5000, 100)], episodes: [{ ...episode, evidence: { from: 1, to: 2 } }] },
      marks: [{ kind: 1, sample: 300, uptimeMs: 1 }],
    });
    assert.ok(texts.includes("possible AF, 88 a minute, confidence 0.90: show a clinician"));
    assert.ok(texts.includes("marked by the wearer"));
    assert.ok(texts.some((text) => /no diagnosis/.test(text)));
  });

  it("is refused where no object may hold it, with the reason", () => {
    const refused = (made: Made, why: RegExp) =>
      assert.throws(() => dicomFiles(sourceOf(made)), { code: "EXPORT_DICOM", message: why });
    refused({ signals: [noise(500, 9)], open: { rateNum: 2000 } }, /50 to 1000 samples a second.* 2000/);
    refused({ signals: [noise(500, 100_000)], open: { rateNum: 128 } }, /more than 16 bits .* 128/);
    refused({ signals: Array.from({ length: 25 }, () => noise(500, 9)) }, /24 leads at most.* 25/);
  });

  it("is the same instance each time, and another one when more of it has come", async () => {
    const signals = [noise(1000, 100)];
    const uid = async (made: Partial<Made>) => (await readOne({ signals, ...made })).uid;
    const first = await uid({});
    assert.equal(await uid({}), first);
    assert.notEqual(await uid({ info: { frames: 4 } }), first);
    assert.notEqual(await uid({ to: 500 }), first);
  });

  it("is read by DCMTK, too", async function () {
    skipUnlessDcmtk(this);
    const signal = noise(250, 30_000);
    const [file] = await write({ signals: [signal], name: "dcmtk" });
    const said = execFileSync("dcmdump", ["+L", "+P", "5400,1010", file!], { encoding: "utf8" });
    const words = /OW ([0-9a-f\\]+)/.exec(said)![1]!.split("\\");
    assert.deepEqual(
      words.map((word) => (Number.parseInt(word, 16) << 16) >> 16),
      [...signal],
    );
  });

  it("its report is an object of the same study, with the very bytes of the PDF", () => {
    const source = sourceOf({ signals: [noise(250, 9)], person: PERSON });
    const pdf = Buffer.from("%PDF-1.7\nodd");
    const file = join(dir, "report.dcm");
    writeFileSync(file, dicomPdf(source, pdf));
    assert.deepEqual(complaints(file), []);
    const study = (bytes: Buffer) =>
      /2\.25\.\d+/.exec(bytes.toString("latin1", bytes.indexOf("\x20\x00\x0d\x00UI")))![0];
    assert.equal(study(readFileSync(file)), study(bytesOf(dicomFiles(source)[0]!)));
    const script =
      "import pydicom,sys;d=pydicom.dcmread(sys.argv[1]);sys.stdout.buffer.write(d.EncapsulatedDocument[:d.EncapsulatedDocumentLength])";
    assert.deepEqual(execFileSync(PYTHON, ["-c", script, file]), pdf);
  });
});
