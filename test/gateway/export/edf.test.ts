import assert from "node:assert/strict";
import { edfFiles } from "../../../gateway/export/edf";
import { planRecords } from "../../../gateway/export/edfrecords";
import { scaleOf } from "../../../gateway/export/edfscale";
import type { Finding } from "../../../gateway/rhythm/findings";
import type { Beat } from "../../../gateway/rhythm/types";
import { DropReason, MarkKind } from "../../../protocol/bodies";
import { scratch } from "../../e2e/rig";
import { skipUnlessBiosig, skipUnlessPython } from "../../machine";
import { exported, readBack } from "./read";
import { bytesOf, ID, type Made, noise, sourceOf } from "./source";

const lead = (name: string, gain = 200, baseline = 0) => ({ name, unit: "mV", gain, baseline, adcZero: 0 });
const UNCALIBRATED = { min: -32768, max: 32767 };

/** An EDF+ or BDF+ file cut up after its specification, record by record. */
function cut(bytes: Buffer) {
  const text = (at: number, length: number) => bytes.toString("latin1", at, at + length).trim();
  const signals = Number(text(252, 4));
  const column = (offset: number, width: number) =>
    Array.from({ length: signals }, (_, i) => text(256 + offset * signals + width * i, width));
  const unit = bytes[0] === 255 ? 3 : 2;
  const spr = column(216, 8).map(Number);
  const records = Number(text(236, 8));
  const cutRecords = [];
  let at = Number(text(184, 8));
  for (let record = 0; record < records; record++) {
    const parts = spr.map((count) => {
      const part = bytes.subarray(at, at + count * unit);
      at += count * unit;
      return part;
    });
    const tals = parts.pop()!.toString("utf8").replace(/\0+$/, "").split("\0");
    cutRecords.push({
      onset: Number(tals[0]!.split("\x14")[0]),
      tals: tals.map((tal) => tal.split("\x14").slice(0, -1)),
      samples: parts.map((part) =>
        Array.from({ length: part.length / unit }, (_, i) => part.readIntLE(i * unit, unit)),
      ),
    });
  }
  assert.equal(at, bytes.length, "bytes behind the last record");
  return {
    ...{ records: cutRecords, labels: column(0, 16), units: column(96, 8), spr },
    ...{ patient: text(8, 80), recording: text(88, 80), start: text(168, 16), kind: text(192, 44) },
    ...{ duration: Number(text(244, 8)), durationText: text(244, 8) },
  };
}
const edf = (made: Made) => cut(bytesOf(edfFiles(sourceOf(made))[0]!));

describe("EDF+", function () {
  this.timeout(60_000);
  const dir = scratch(true);
  const asked = (file: string, made: Made) => ({
    leads: sourceOf(made).study.info.open.leads,
    ...{ file, samples: made.signals[0]!.length, whole: true },
  });

  it("without a gap is continuous, in records of a second, and says what is unknown", () => {
    const signals = [noise(2500, 4000), noise(2500, 30_000, 2)];
    const file = edf({ signals, leads: [lead("aVR"), lead("MLII", 0)] });
    assert.equal(file.kind, "EDF+C");
    assert.deepEqual(file.labels, ["ECG aVR", "MLII", "EDF Annotations"]);
    assert.deepEqual(file.units, ["mV", "", ""]);
    assert.equal(file.patient, "X X X X");
    assert.equal(file.durationText, "1");
    assert.deepEqual(
      file.records.map(({ onset }) => onset),
      Array.from({ length: 10 }, (_, i) => i + 0.007),
    );
    for (const [index, signal] of signals.entries())
      assert.deepEqual(
        file.records.flatMap(({ samples }) => samples[index]),
        [...signal],
      );
  });

  it("with gaps holds every sample once, at its time, and none that was not there", function () {
    skipUnlessPython(this, "mne");
    const made: Made = {
      signals: [noise(5000, 4000), noise(5000, 4000, 2)],
      lost: [
        [1000, 1750],
        [3000, 3001],
      ],
      gaps: [{ firstSample: 1000, samples: 750, reason: DropReason.ringFull }],
    };
    const file = edf(made);
    assert.equal(file.kind, "EDF+D");
    const rate = file.spr[0]! / file.duration;
    assert.equal(rate, 250);
    const told = new Map<number, number[]>();
    for (const { onset, samples } of file.records)
      for (let i = 0; i < file.spr[0]!; i++) {
        const at = Math.round((onset - 0.007) * 250) + i;
        assert.ok(!told.has(at), `two records hold sample ${at}`);
        told.set(at, [samples[0]![i]!, samples[1]![i]!]);
      }
    const notes = file.records.flatMap(({ tals }) => tals.slice(1));
    const padding = notes
      .filter(([, text]) => text === "padding: no samples")
      .flatMap(([when]) => {
        const [from, length] = when!.split("\x15").map(Number);
        const first = Math.round((from! - 0.007) * 250);
        return Array.from({ length: Math.round(length! * 250) }, (_, i) => first + i);
      });
    for (const at of padding) {
      assert.deepEqual(told.get(at), [0, 0]);
      told.delete(at);
    }
    const held = Array.from({ length: 5000 }, (_, i) => i).filter(
      (i) => !(i >= 1000 && i < 1750) && i !== 3000,
    );
    assert.deepEqual([...told.keys()], held);
    for (const [at, values] of told)
      assert.deepEqual(
        values,
        made.signals.map((signal) => signal[at]),
      );
    assert.deepEqual(
      notes.filter(([, text]) => text!.startsWith("gap")),
      [
        ["+4.007\x153", "gap: the handheld's memory was full"],
        ["+12.007\x150.004", "gap: not received"],
      ],
    );
  });

  it("with gaps is read by mne and biosig, sample by sample", async function () {
    skipUnlessPython(this, "mne");
    skipUnlessBiosig(this);
    const made: Made = { signals: [noise(5000, 4000)], lost: [[1000, 1750]], name: "gaps" };
    const [path] = await exported("edf", sourceOf(made), dir);
    const [mne, biosig] = readBack([
      { reader: "mne", ...asked(path!, made) },
      { reader: "biosig", ...asked(path!, made) },
    ]);
    // Both put the records one behind the other.
    const held = [...made.signals[0]!].filter((_, i) => i < 1000 || i >= 1750);
    assert.deepEqual(mne!.signals![0], held);
    assert.deepEqual(biosig!.signals![0]!.slice(0, held.length), held);
    assert.ok(mne!.annotations!.some(([, , text]) => text === "gap: not received"));
  });

  it("takes 24 bits, as BDF+, where a sample needs them", async function () {
    skipUnlessPython(this, "mne");
    const made: Made = {
      signals: [
        noise(1000, 131_071),
        Int32Array.from({ length: 1000 }, (_, i) => (i === 7 ? 4_194_304 : -4_194_303)),
      ],
      open: { bits: 24 },
      name: "large",
    };
    const [path] = await exported("edf", sourceOf(made), dir);
    assert.match(path!, /large\.bdf$/);
    const [found] = readBack([{ reader: "mne", ...asked(path!, made) }]);
    assert.deepEqual(
      found!.signals,
      made.signals.map((signal) => [...signal]),
    );
    assert.ok(found!.off! < 1e-6);
    assert.equal(edf(made).kind, "BDF+C");
  });

  it("says beats, findings, marks and whose words they are, each at its time", async function () {
    skipUnlessPython(this, "mne");
    const beats: Beat[] = Array.from({ length: 40 }, (_, i) => ({
      ...{ sample: i * 200 + 3, confidence: 1 },
      class: "NSVFQ"[i % 5] as Beat["class"],
    }));
    const af: Finding = {
      ...{ from: 500, to: 3000, rhythm: "af", confidence: 0.913, rate: 104 },
      evidence: { from: 500, to: 1000 },
    };
    const made: Made = {
      ...{ signals: [noise(10_000, 4000)], beats, episodes: [af], name: "beats" },
      marks: [{ kind: MarkKind.symptom, sample: 1234, uptimeMs: 0 }],
    };
    const [path] = await exported("edf", sourceOf(made), dir);
    const [found] = readBack([{ reader: "mne", ...asked(path!, made) }]);
    // Of the fraction of a second at which the first record begins mne makes part of the start.
    const notes = found!.annotations!.map(([at, length, text]) => [Math.round(at * 250), length, text]);
    assert.deepEqual(
      notes.filter(([, , text]) => text.startsWith("beat")),
      beats.map(({ sample, class: beat }) => [sample, 0, `beat ${beat}`]),
    );
    assert.deepEqual(
      notes.filter(([, length]) => length > 0),
      [[500, 10, "possible AF, 104 a minute, confidence 0.91: show a clinician"]],
    );
    assert.deepEqual(
      notes.filter(([, , text]) => text === "marked by the wearer"),
      [[1234, 0, "marked by the wearer"]],
    );
    assert.ok(notes.some(([, , text]) => /no diagnosis/.test(text)));
  });

  it("has room for a storm of annotations at the end, and for none lost", () => {
    const beats: Beat[] = Array.from({ length: 600 }, (_, i) => ({
      sample: 9400 + i,
      confidence: 1,
      class: "V",
    }));
    const file = edf({ signals: [noise(10_000, 4000)], beats });
    const told = file.records.flatMap(({ tals }) => tals.slice(1)).filter(([, text]) => text === "beat V");
    assert.deepEqual(
      told.map(([when]) => Math.round((Number(when) - 0.007) * 250)),
      beats.map(({ sample }) => sample),
    );
  });

  it("begins at local time, on the night when summer time ends, too", () => {
    const at = (time: string) =>
      edf({ signals: [noise(500, 10)], info: { startMs: Date.parse(time) }, timeZone: "Europe/Berlin" });
    const summer = at("2026-10-25T00:30:01.007Z");
    const winter = at("2026-10-25T01:30:01Z");
    assert.deepEqual([summer.start, winter.start], ["25.10.2602.30.01", "25.10.2602.30.01"]);
    assert.equal(summer.recording, `Startdate 25-OCT-2026 X X avnode_MAX30003 id_${ID} UTC+02:00`);
    assert.match(winter.recording, /UTC\+01:00$/);
    assert.equal(winter.records[0]!.onset, 0);
  });

  it("says nothing of a start that nobody knows, and SIMULATED where a handheld was", () => {
    const file = edf({ signals: [noise(500, 10)], info: { startMs: 0, trust: 0, simulated: true } });
    assert.equal(file.start, "01.01.8500.00.00");
    assert.equal(file.recording, `Startdate X X SIMULATED avnode_MAX30003 id_${ID}`);
    const texts = file.records[0]!.tals.slice(1).map(([, text]) => text);
    assert.deepEqual(texts, ["SIMULATED, not a person's heart", "clock unknown"]);
  });

  it("names whoever was entered, if the field can, and never half a name", () => {
    const of = (name: string, birthDate?: string) =>
      edf({ signals: [noise(500, 10)], person: { name, birthDate } }).patient;
    assert.equal(of("Rosa  Weiss", "1941-02-09"), "X X 09-FEB-1941 Rosa_Weiss");
    assert.equal(of("محمد عبد الله", "1941-02-09"), "X X 09-FEB-1941 X");
    assert.equal(of("王小明"), "X X X X");
    assert.equal(of("a".repeat(200)), "X X X X");
  });

  it("of a stretch holds that stretch, its beats and its start", () => {
    const signals = [noise(5000, 4000)];
    const beats: Beat[] = [10, 1300, 4000].map((sample) => ({ sample, confidence: 1, class: "N" }));
    const file = edf({ signals, beats, from: 1250, to: 2500, timeZone: "UTC" });
    assert.deepEqual(
      file.records.flatMap(({ samples }) => samples[0]),
      [...signals[0]!.subarray(1250, 2500)],
    );
    assert.equal(file.start, "23.11.2613.05.06");
    assert.equal(file.records.flatMap(({ tals }) => tals).filter(([, text]) => text === "beat N").length, 1);
  });

  it("begins with the first sample that is held", () => {
    const signals = [noise(1500, 4000)];
    const file = edf({
      signals,
      lost: [
        [0, 250],
        [1250, 1500],
      ],
      timeZone: "UTC",
    });
    assert.equal(file.kind, "EDF+C");
    assert.equal(file.start, "23.11.2613.05.02");
    const notes = file.records.flatMap(({ tals }) => tals.slice(1));
    assert.ok(notes.some(([, text]) => text === "250 samples before: not received"));
    assert.ok(notes.some(([when, text]) => text === "gap: not received" && when === "+4.007\x151"));
  });

  it("refuses a recording of which nothing is held, and rates and gaps that no record suits", () => {
    const signals = [noise(20, 10)];
    assert.throws(() => edf({ signals, lost: [[0, 20]] }), { code: "EXPORT_EMPTY" });
    assert.throws(() => planRecords(4_294_967_291, 4_294_967_279, [{ from: 0, to: 9 }]), {
      code: "EXPORT_RECORDS",
    });
    const runs = [
      { from: 0, to: 4 },
      { from: 5, to: 9 },
    ];
    assert.throws(() => planRecords(257, 1, runs), { code: "EXPORT_RECORDS" });
    assert.equal(planRecords(1000, 3, runs).samples, 5);
  });

  it("cuts rates of all kinds into records of whole samples and of exactly their length", () => {
    for (const [rateNum, rateDen] of [
      [128, 1],
      [360, 1],
      [1000, 3],
      [1025, 2],
      [511, 1],
      [32_768, 130],
      [100_003, 200],
    ] as const) {
      const plan = planRecords(rateNum, rateDen, [{ from: 0, to: 123_457 }]);
      assert.ok(plan.duration.length <= 8, plan.duration);
      const [whole, fraction = ""] = plan.duration.split(".");
      const scale = 10n ** BigInt(fraction.length);
      assert.equal(
        BigInt(plan.samples) * BigInt(rateDen) * scale,
        BigInt(rateNum) * BigInt(whole + fraction),
        `${rateNum}/${rateDen}: ${plan.samples} samples in ${plan.duration} s`,
      );
      assert.ok(plan.records * plan.samples >= 123_457);
    }
  });

  it("tells scales exactly where 8 characters can", () => {
    for (const [gain, baseline, bits] of [
      [200, 1024, 11],
      [4880, 0, 16],
      [1000, 0, 16],
      [2621.44, 0, 18],
      [0.1, -5, 16],
      [131.072, 77, 18],
      [24_000, 12, 24],
    ] as const) {
      const file = bits > 16 ? { min: -8_388_608, max: 8_388_607 } : UNCALIBRATED;
      const held = { min: -1200, max: 1300 };
      const scale = scaleOf(lead("I", gain, baseline), bits, file, held);
      assert.ok(scale.digital.min <= held.min && scale.digital.max >= held.max);
      for (const [count, text] of [
        [scale.digital.min, scale.physicalMin],
        [scale.digital.max, scale.physicalMax],
      ] as const) {
        assert.ok(text.length <= 8, text);
        // Decimals have no remainder in integers.
        const times = 10 ** 9;
        const product = BigInt(Math.round(gain * times)) * BigInt(Math.round(Number(text) * 10 ** 6));
        assert.equal(product, BigInt(count - baseline) * 10n ** 15n, `${text} at a gain of ${gain}`);
      }
    }
    assert.throws(() => scaleOf(lead("I", 1e12), 16, UNCALIBRATED, { min: 0, max: 1 }), {
      code: "EXPORT_SCALE",
    });
  });

  it("makes the same bytes of the same recording", () => {
    const made: Made = { signals: [noise(2600, 4000)], lost: [[300, 310]] };
    const once = bytesOf(edfFiles(sourceOf(made))[0]!);
    assert.deepEqual(bytesOf(edfFiles(sourceOf(made))[0]!), once);
    assert.equal(edfFiles(sourceOf(made))[0]!.size, once.length);
  });
});
