import assert from "node:assert/strict";
import { csvFiles } from "../../../gateway/export/csv";
import { DropReason } from "../../../protocol/bodies";
import { bytesOf, type Made, sourceOf } from "./source";

const lead = (name: string, gain: number) => ({ name, unit: "mV", gain, baseline: 12, adcZero: -3 });
const made: Made = {
  signals: [0, 1].map((which) => Int32Array.from({ length: 30 }, (_, i) => i * 37 - 500 + which)),
  ...{ leads: [lead("lead  I", 200), lead("V 1", 0)], block: 10, open: { rateNum: 1000, rateDen: 3 } },
  lost: [[10, 20]],
  gaps: [{ firstSample: 10, samples: 10, reason: DropReason.ringFull }],
};
const csv = (of: Made) => bytesOf(csvFiles(sourceOf(of))[0]!).toString();

describe("CSV", () => {
  it("holds counts, physical values where calibrated, and no row where there is no sample", () => {
    const lines = csv(made).trimEnd().split("\n");
    const head = lines.indexOf("sample,time_s,lead I_counts,V 1_counts,lead I_mV");
    assert.ok(head > 0 && lines.slice(0, head).every((line) => line.startsWith("# ")));
    const body = lines.slice(head + 1);
    assert.equal(body[10], "# gap of 10 samples at 10: the handheld's memory was full");
    const rows = body.filter((line) => !line.startsWith("#")).map((line) => line.split(",").map(Number));
    const [first, second] = made.signals as [Int32Array, Int32Array];
    assert.deepEqual(
      rows,
      [...Array(10).keys(), ...Array.from({ length: 10 }, (_, i) => 20 + i)].map((i) => [
        ...[i, (i * 3) / 1000, first[i], second[i], (first[i]! - 12) / 200],
      ]),
    );
  });

  it("of a stretch numbers samples and counts time as in the whole", () => {
    const rows = csv({ ...made, from: 5, to: 22 })
      .trimEnd()
      .split("\n")
      .filter((line) => /^\d/.test(line));
    assert.deepEqual(
      rows.map((line) => Number(line.split(",")[0])),
      [5, 6, 7, 8, 9, 20, 21],
    );
    assert.match(rows[0]!, /^5,0\.015,-315,/);
  });

  it("says SIMULATED where a handheld was", () => {
    assert.match(csv({ ...made, info: { simulated: true } }), /^# SIMULATED/);
  });

  it("names no lead so that a spreadsheet would calculate it", () => {
    const names = ['=HYPERLINK("http://evil.example")', "@SUM(A1)", "-2+cmd|' /C calc'!A0", "-aVR"];
    const text = csv({
      signals: names.map(() => new Int32Array(1)),
      leads: names.map((name) => lead(name, 0)),
    });
    const head = text.split("\n").find((line) => line.startsWith("sample,"));
    assert.equal(
      head,
      `sample,time_s,"'=HYPERLINK(""http://evil.example"")_counts",'@SUM(A1)_counts,'-2+cmd|' /C calc'!A0_counts,-aVR_counts`,
    );
  });
});
