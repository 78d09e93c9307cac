import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeEdf } from "../../../gateway/adopt/edf";
import { AdoptError } from "../../../gateway/adopt/errors";

/** An EDF+D file laid out by hand after the standard: two records of four samples and one list each. */
function byHand(change: { at?: number; text?: string } = {}, onsets = ["+0", "+5"]): Buffer {
  const two = (width: number, first: string, second: string) => first.padEnd(width) + second.padEnd(width);
  const head =
    "0".padEnd(8) +
    "X X X X".padEnd(80) +
    "Startdate X X X X".padEnd(80) +
    "01.02.0312.30.00" +
    "768".padEnd(8) +
    "EDF+D".padEnd(44) +
    "2".padEnd(8) +
    "1".padEnd(8) +
    "2".padEnd(4) +
    two(16, "ECG I", "EDF Annotations") +
    two(80, "", "") +
    two(8, "mV", "") +
    two(8, "-10", "-1") +
    two(8, "10", "1") +
    two(8, "-32768", "-32768") +
    two(8, "32767", "32767") +
    two(80, "", "") +
    two(8, "4", "8") +
    two(32, "", "");
  assert.equal(head.length, 768);
  const at = change.at ?? 0;
  const text = change.text ?? "";
  const record = (samples: number[], onset: string) => {
    const bytes = Buffer.alloc(8 + 16);
    for (const [i, sample] of samples.entries()) bytes.writeInt16LE(sample, 2 * i);
    bytes.write(`${onset}\x14\x14\0`, 8, "latin1");
    return bytes;
  };
  const changed = head.slice(0, at) + text + head.slice(at + text.length);
  return Buffer.concat([
    Buffer.from(changed, "latin1"),
    record([-32768, -1, 0, 32767], onsets[0]),
    record([1, 2, 3, 4], onsets[1]),
  ]);
}

function refused(bytes: Uint8Array, code: string): void {
  assert.throws(
    () => decodeEdf(bytes, "old.edf"),
    (error) => error instanceof AdoptError && error.code === code && /^old\.edf.*: .*; ./.test(error.message),
    `not refused with ${code}`,
  );
}

describe("EDF from elsewhere", () => {
  it("is read sample for sample, with the time of each record", () => {
    const { header, leads, onsets } = decodeEdf(byHand(), "old.edf");
    assert.equal(header.kind, "discontinuous");
    assert.deepEqual([header.date, header.time], ["01.02.03", "12.30.00"]);
    assert.deepEqual([...onsets], [0, 5]);
    assert.equal(leads.length, 1);
    assert.deepEqual([...leads[0].samples], [-32768, -1, 0, 32767, 1, 2, 3, 4]);
    assert.deepEqual([leads[0].label, leads[0].unit, leads[0].physicalMin], ["ECG I", "mV", -10]);
  });

  const changes: [string, number, string, string][] = [
    ["another format", 0, "GDF", "ADOPT_FORMAT"],
    ["10,000 signals", 252, "9999", "ADOPT_TOO_LARGE"],
    ["no signals", 252, "0   ", "ADOPT_HEADER"],
    ["signals that are no number", 252, "NaN ", "ADOPT_HEADER"],
    ["a header of another length", 184, "512 ", "ADOPT_HEADER"],
    ["a file that was never finished", 236, "-1", "ADOPT_HEADER"],
    ["a fraction of records", 236, "1.5", "ADOPT_HEADER"],
    ["gigabytes that are not there", 236, "99999999", "ADOPT_TOO_LARGE"],
    ["records that are not there", 236, "3", "ADOPT_SIZE"],
    ["records that take no time", 244, "0", "ADOPT_HEADER"],
    ["records that take negative time", 244, "-1", "ADOPT_HEADER"],
    ["infinite gain", 256 + 2 * (16 + 80 + 8 + 16), "32767   ", "ADOPT_HEADER"],
    ["a physical end in words", 256 + 2 * (16 + 80 + 8), "0x10", "ADOPT_HEADER"],
    ["negative samples", 256 + 2 * (16 + 80 + 8 * 5 + 80), "-4", "ADOPT_HEADER"],
  ];
  for (const [what, at, text, code] of changes)
    it(`is refused with ${what}`, () => refused(byHand({ at, text }), code));

  it("is refused cut anywhere, and with a byte too many", () => {
    const whole = byHand();
    for (let length = 8; length < whole.length; length++) refused(whole.subarray(0, length), "ADOPT_SIZE");
    refused(Buffer.concat([whole, Buffer.alloc(1)]), "ADOPT_SIZE");
    refused(Buffer.alloc(0), "ADOPT_FORMAT");
  });

  it("is refused where its records have no time, run backwards, or leave a hole it denies", () => {
    refused(byHand({}, ["+0", "5"]), "ADOPT_ANNOTATION");
    refused(byHand({}, ["+0", "+0.5"]), "ADOPT_ANNOTATION");
    refused(byHand({ at: 192, text: "EDF+C" }), "ADOPT_ANNOTATION");
    refused(byHand({ at: 256 + 16, text: "EDF Elsewhere  " }), "ADOPT_ANNOTATION");
  });
});

/** What python3-mne reads of a file, in volts, per signal. */
const MNE = `
import json, sys, mne
read = mne.io.read_raw_bdf if sys.argv[1].endswith(".bdf") else mne.io.read_raw_edf
print(json.dumps(read(sys.argv[1], verbose="ERROR").get_data().tolist()))
`;

describe("EDF and BDF that biosig wrote", () => {
  let folder: string;
  before(function () {
    const missing =
      spawnSync("save2gdf", ["--version"]).error ||
      spawnSync("/usr/bin/python3", ["-c", "import mne"]).status !== 0;
    if (missing) {
      console.log(
        "      skipped: files of biosig, read by mne (Debian packages biosig-tools and python3-mne)",
      );
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "avnode-adopt-"));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  for (const ending of ["edf", "bdf"])
    it(`are read as mne reads them, sample for sample: ${ending}`, function () {
      this.timeout(60_000);
      const input = Int16Array.from({ length: 2000 }, (_, i) => Math.round(2000 * Math.sin(i * i)));
      writeFileSync(join(folder, "r.dat"), Buffer.from(input.buffer));
      const line = (i: number) => `r.dat 16 200 12 0 ${input[i]} 0 0 ${i === 0 ? "I" : "II"}\n`;
      writeFileSync(join(folder, "r.hea"), `r 2 250 1000\n${line(0)}${line(1)}`);
      const path = join(folder, `r.${ending}`);
      execFileSync("save2gdf", [`-f=${ending.toUpperCase()}`, "r.hea", path], {
        cwd: folder,
        stdio: "ignore",
      });
      const volts: number[][] = JSON.parse(
        execFileSync("/usr/bin/python3", ["-c", MNE, path], { encoding: "utf8" }),
      );
      const { header, leads } = decodeEdf(readFileSync(path), path);
      assert.equal(header.sampleBytes, ending === "edf" ? 2 : 3);
      assert.deepEqual(
        leads.map(({ label, unit }) => `${label} ${unit}`),
        ["I mV", "II mV"],
      );
      for (const [which, lead] of leads.entries()) {
        assert.equal(lead.samplesPerRecord / header.recordSeconds, 250);
        const perUnit = (lead.digitalMax - lead.digitalMin) / (lead.physicalMax - lead.physicalMin);
        const counts = volts[which]!.map((v) => (v * 1e3 - lead.physicalMin) * perUnit + lead.digitalMin);
        assert.ok(counts.every((count) => Math.abs(count - Math.round(count)) < 0.01));
        assert.ok(new Set(lead.samples).size > 100, "the samples say nothing");
        assert.deepEqual(
          [...lead.samples],
          counts.map((count) => Math.round(count) + 0),
        );
      }
    });
});
