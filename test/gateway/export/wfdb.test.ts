import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportCsv } from "../../../gateway/export/csv";
import type { ExportSource } from "../../../gateway/export/signal";
import { exportWfdb } from "../../../gateway/export/wfdb";
import type { Gap, Piece, RecordingInfo } from "../../../gateway/store/infos";
import { DropReason } from "../../../protocol/bodies";
import { PYTHON, skipUnlessPython } from "../../machine";

/** Reads format 16 or 24 with numpy alone, as signal(5) describes them, and prints one JSON array per signal. */
const READER = `
import sys, json, numpy as np
name = sys.argv[1]
lines = [l.split() for l in open(name + ".hea") if not l.startswith("#")]
signals, samples, form = int(lines[0][1]), int(lines[0][3]), int(lines[1][1])
raw = np.fromfile(name + ".dat", dtype=np.uint8)
if form == 16:
    x = raw.view("<i2").astype(np.int64)
else:
    b = raw.reshape(-1, 3).astype(np.int64)
    x = b[:, 0] | b[:, 1] << 8 | b[:, 2] << 16
    x = np.where(x >= 1 << 23, x - (1 << 24), x)
x = x.reshape(samples, signals)
sums = [((int(x[:, i].sum()) + 32768) % 65536) - 32768 for i in range(signals)]
print(json.dumps({"format": form, "signals": x.T.tolist(), "sums": sums, "stated": [int(l[6]) for l in lines[1:]]}))
`;

const lead = (name: string, gain: number) => ({ name, unit: "mV", gain, baseline: 12, adcZero: -3 });

/** Two leads of 30 samples in blocks of ten; `lost` blocks are not held. */
function recording(
  options: {
    values?: (i: number) => number;
    lost?: number[];
    gaps?: Gap[];
    info?: Partial<RecordingInfo>;
  } = {},
) {
  const values = options.values ?? ((i) => i * 37 - 500);
  const info: RecordingInfo = {
    id: "00112233445566aa",
    device: "aabbccddeeff0011",
    epoch: 1,
    recording: 3,
    open: {
      rateNum: 1000,
      rateDen: 3,
      frontEnd: "MAX30003",
      firmware: "test",
      bits: 18,
      nominal: 10,
      startMs: 0,
      trust: 0,
      mode: 1,
      seconds: 0,
      leads: [lead("lead  I", 200), lead("V 1", 0)],
    },
    startMs: Date.UTC(2026, 10, 23, 13, 5, 1, 7),
    trust: 2,
    frames: 3,
    holes: 0,
    samples: 30,
    dropped: 0,
    state: "closed",
    simulated: false,
    marks: 0,
    flags: [],
    ...options.info,
  };
  const pieces: Piece[] = [0, 10, 20]
    .filter((first) => !options.lost?.includes(first))
    .map((firstSample) => ({
      firstSample,
      samples: [0, 1].map((which) =>
        Int32Array.from({ length: 10 }, (_, i) => values(firstSample + i) + which),
      ),
    }));
  const source: ExportSource = {
    recording: () => info,
    *pieces() {
      yield* pieces;
    },
    gaps: () => options.gaps ?? [],
  };
  return { source, expected: [0, 1].map((which) => Array.from({ length: 30 }, (_, i) => values(i) + which)) };
}
const ringFull: Gap[] = [{ firstSample: 10, samples: 10, reason: DropReason.ringFull }];

describe("exports", () => {
  let dir: string;
  before(function () {
    skipUnlessPython(this, "numpy");
    dir = mkdtempSync(join(tmpdir(), "avnode-export-"));
  });
  after(() => dir && rmSync(dir, { recursive: true }));

  const numpy = (name: string) =>
    JSON.parse(execFileSync(PYTHON, ["-c", READER, join(dir, name)], { encoding: "utf8" }));
  const blank = (signals: number[][], marker: number, from: number, to: number) =>
    signals.map((signal) => signal.map((value, i) => (i >= from && i < to ? marker : value)));

  it("to WFDB are equal to the samples, as numpy reads them", () => {
    const { source, expected } = recording();
    exportWfdb(source, "x", dir, "plain");
    const read = numpy("plain");
    assert.equal(read.format, 16);
    assert.deepEqual(read.signals, expected);
    assert.deepEqual(read.stated, read.sums);
    const header = readFileSync(join(dir, "plain.hea"), "utf8").split("\n");
    assert.equal(header[0], `plain 2 ${1000 / 3} 30 13:05:01.007 23/11/2026`);
    assert.match(header[1]!, /^plain\.dat 16 200\(12\)\/mV 18 -3 -500 -?\d+ 0 lead I$/);
    assert.match(header[2]!, /^plain\.dat 16 0\(12\)\/mV 18 -3 -499 -?\d+ 0 V 1$/);
    assert.match(
      header.join("\n"),
      /^# avnode recording 00112233445566aa, number 3 of handheld aabbccddeeff0011, ownership 1$/m,
    );
    assert.match(header.join("\n"), /clock set by the hub$/m);
    assert.doesNotMatch(header.join("\n"), /SIMULATED|gap/);
  });

  it("to WFDB say that no sample is there for exactly a gap's length, and why", () => {
    const { source, expected } = recording({ lost: [10], gaps: ringFull });
    exportWfdb(source, "x", dir, "gap");
    assert.deepEqual(numpy("gap").signals, blank(expected, -32768, 10, 20));
    assert.match(
      readFileSync(join(dir, "gap.hea"), "utf8"),
      /^# gap of 10 samples at 10: the handheld's memory was full$/m,
    );
  });

  it("to WFDB tell what was lost from what has not arrived", () => {
    const { source, expected } = recording({
      lost: [10, 20],
      gaps: [{ firstSample: 10, samples: 4, reason: DropReason.frontEnd }],
    });
    exportWfdb(source, "x", dir, "both");
    assert.deepEqual(numpy("both").signals, blank(expected, -32768, 10, 30));
    const header = readFileSync(join(dir, "both.hea"), "utf8");
    assert.match(header, /^# gap of 4 samples at 10: the front end lost them$/m);
    assert.match(header, /^# gap of 16 samples at 14: not received$/m);
  });

  it("to WFDB take 24 bits when a sample has the value that would mark a gap", () => {
    const values = (i: number) => (i === 5 ? -32768 : i);
    const whole = recording({ values });
    exportWfdb(whole.source, "x", dir, "whole");
    assert.equal(numpy("whole").format, 16);
    const { source, expected } = recording({ values, lost: [10], gaps: ringFull });
    exportWfdb(source, "x", dir, "wide");
    const read = numpy("wide");
    assert.equal(read.format, 24);
    assert.deepEqual(read.signals, blank(expected, -8388608, 10, 20));
  });

  it("to WFDB take 24 bits when a sample needs them, and refuse what no format can say", () => {
    const { source, expected } = recording({ values: (i) => (i === 3 ? 32768 : -8388607) });
    exportWfdb(source, "x", dir, "large");
    assert.deepEqual(numpy("large").signals, expected);
    const lowest = recording({ values: (i) => (i === 3 ? -8388608 : 0), lost: [10], gaps: ringFull });
    assert.throws(() => exportWfdb(lowest.source, "x", dir, "none"), { code: "EXPORT_MARKER" });
  });

  it("say SIMULATED where a handheld was", () => {
    const { source } = recording({ info: { simulated: true } });
    exportWfdb(source, "x", dir, "sim");
    assert.match(readFileSync(join(dir, "sim.hea"), "utf8"), /^# SIMULATED/m);
    let text = "";
    exportCsv(source, "x", (part) => {
      text += part;
    });
    assert.match(text, /^# SIMULATED/);
  });

  it("to CSV hold counts, physical values where calibrated, and no row where there is no sample", () => {
    const { source, expected } = recording({ lost: [10], gaps: ringFull });
    let text = "";
    exportCsv(source, "x", (part) => {
      text += part;
    });
    const lines = text.trimEnd().split("\n");
    const head = lines.indexOf("sample,time_s,lead I_counts,V 1_counts,lead I_mV");
    assert.ok(head > 0 && lines.slice(0, head).every((line) => line.startsWith("# ")));
    const body = lines.slice(head + 1);
    assert.equal(body[10], "# gap of 10 samples at 10: the handheld's memory was full");
    const rows = body.filter((line) => !line.startsWith("#")).map((line) => line.split(",").map(Number));
    assert.deepEqual(
      rows,
      [...Array(10).keys(), ...Array.from({ length: 10 }, (_, i) => 20 + i)].map((i) => [
        i,
        (i * 3) / 1000,
        expected[0]![i],
        expected[1]![i],
        (expected[0]![i]! - 12) / 200,
      ]),
    );
  });

  it("to CSV name no lead so that a spreadsheet would calculate it", () => {
    const { source } = recording();
    const names = ['=HYPERLINK("http://evil.example")', "@SUM(A1)", "-2+cmd|' /C calc'!A0", "-aVR"];
    source.recording("x").open!.leads = names.map((name) => lead(name, 0));
    let text = "";
    exportCsv({ ...source, pieces: function* () {} }, "x", (part) => {
      text += part;
    });
    const head = text.split("\n").find((line) => line.startsWith("sample,"));
    assert.equal(
      head,
      `sample,time_s,"'=HYPERLINK(""http://evil.example"")_counts",'@SUM(A1)_counts,'-2+cmd|' /C calc'!A0_counts,-aVR_counts`,
    );
  });

  it("refuse a recording whose open frame has not arrived", () => {
    const { source } = recording({ info: { open: undefined } });
    assert.throws(() => exportWfdb(source, "x", dir, "none"), { code: "STORE_NO_OPEN" });
    assert.throws(() => exportCsv(source, "x", () => {}), { code: "STORE_NO_OPEN" });
  });
});
