import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { writeRecord } from "../../../gateway/wfdb/write";
import { importRecords } from "../../../tools/sim/import";
import { skipUnless } from "../../machine";

describe("avnode report, and avnode verify FILE.pdf", function () {
  this.timeout(60_000);
  let dir: string;
  let data: string;
  let id: string;
  const at = (name: string) => join(dir, name);

  async function avnode(...words: string[]): Promise<{ code: number; out: string; err: string }> {
    const caught = { out: "", err: "" };
    const into = (which: "out" | "err") =>
      ({
        write: (text: string) => {
          caught[which] += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const terminal = new Terminal(into("out"), into("err"), { AVNODE_DATA: at("none") });
    const code = await run(words, "0.0.0", {}, terminal);
    return { code, ...caught };
  }
  const report = (name: string, ...words: string[]) =>
    avnode("report", id, "-o", at(name), "--data", data, ...words);

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "avnode-report-"));
    data = join(dir, "data");
    const lead = { name: "MLII", unit: "mV", gain: 200, baseline: 0, adcZero: 0, bits: 12 };
    const signals = [Int32Array.from({ length: 2000 }, (_, i) => Math.round(200 * Math.sin(i / 9)))];
    writeRecord(dir, { name: "r1", rateNum: 200, rateDen: 1, leads: [lead], signals, start: undefined });
    id = (await importRecords([at("r1")], { dataDir: data })).recordings[0]!.id;
  });
  after(() => rmSync(dir, { recursive: true }));

  it("writes a PDF whose proof is as good as the proof's own file, and says what it discloses", async () => {
    const { code, out, err } = await report("a.pdf");
    assert.equal(code, 0, err);
    assert.equal(out, `${at("a.pdf")}\n`);
    assert.match(err, /discloses the whole ECG/);
    assert.equal((await avnode("proof", id, "-o", at("a.proof"), "--open", "--data", data)).code, 0);
    const [pdf, proof] = [await avnode("verify", at("a.pdf")), await avnode("verify", at("a.proof"))];
    assert.equal(pdf.out, proof.out);
    assert.match(pdf.out, /every frame opened and decoded/);
    assert.match(pdf.err, /what its pages say was not judged/);
  });

  it("is found out when the proof in it was altered", async () => {
    assert.equal((await report("b.pdf")).code, 0);
    const whole = readFileSync(at("b.pdf"));
    // Somewhere within the packed attachment.
    whole[whole.indexOf("/EmbeddedFile") + 2000]! ^= 0x10;
    writeFileSync(at("b.pdf"), whole);
    const { code, out } = await avnode("verify", at("b.pdf"));
    assert.notEqual(code, 0);
    assert.doesNotMatch(out, /^ok {6}unchanged/m);
  });

  it("leaves no half file, and refuses in words", async () => {
    assert.match((await report("c.pdf", "--from", "99")).err, /it is 10.0 s long/);
    assert.match((await report("c.pdf", "--time-zone", "Atlantis")).err, /there is no time zone 'Atlantis'/);
    assert.match((await report("c.pdf", "--password-file", at("no"))).err, /cannot read the password/);
    writeFileSync(at("empty"), "\n");
    assert.match((await report("c.pdf", "--password-file", at("empty"))).err, /first line .* is empty/);
    assert.match((await report("no/c.pdf")).err, /there is no folder/);
    assert.match((await report("data/c.pdf")).err, /is a data directory/);
    mkdirSync(at("folder"));
    assert.match((await report("folder")).err, /is not a file/);
    assert.ok(!existsSync(at("c.pdf")));
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.endsWith(".part")),
      [],
    );
  });

  it("leaves what was there, and says what to do, where the disk is full", async () => {
    if (!existsSync("/dev/full")) return;
    writeFileSync(at("full.pdf"), "an older one");
    // A device that is always full stands where the file is written first.
    symlinkSync("/dev/full", at("full.pdf.part"));
    const { code, out, err } = await report("full.pdf");
    assert.equal(code, 3);
    assert.equal(out, "");
    assert.match(err, /cannot write .*full\.pdf\.part: ENOSPC.*the disk is full: make room/);
    assert.equal(readFileSync(at("full.pdf"), "utf8"), "an older one");
    assert.ok(!existsSync(at("full.pdf.part")));
  });

  it("is for its owner's eyes, in the language that was asked for", async function () {
    skipUnless(existsSync("/usr/bin/pdftotext"), this, "pdftotext (Debian: poppler-utils)");
    assert.equal((await report("de.pdf", "--language", "de")).code, 0);
    assert.equal(statSync(at("de.pdf")).mode & 0o777, 0o600);
    const said = execFileSync("/usr/bin/pdftotext", [at("de.pdf"), "-"], { encoding: "utf8" });
    assert.match(said, /EKG-Bericht/);
    assert.match((await report("e.pdf", "--language", "tlh")).err, /en, de, fr/);
    assert.ok(!existsSync(at("e.pdf")));
  });

  it("of a recording of which not a second can be read says that, not that nothing was found", async function () {
    skipUnless(existsSync("/usr/bin/pdftotext"), this, "pdftotext (Debian: poppler-utils)");
    const lead = { name: "MLII", unit: "mV", gain: 200, baseline: 0, adcZero: 0, bits: 12 };
    const signals = [new Int32Array(30 * 200)];
    writeRecord(dir, { name: "flat", rateNum: 200, rateDen: 1, leads: [lead], signals, start: undefined });
    const flat = join(dir, "flat-data");
    const { recordings } = await importRecords([at("flat")], { dataDir: flat });
    const { id: of } = recordings[0]!;
    await avnode("findings", of, "--again", "--data", flat);
    const { code, err } = await avnode("report", of, "-o", at("flat.pdf"), "--data", flat);
    assert.equal(code, 0, err);
    const said = execFileSync("/usr/bin/pdftotext", ["-raw", at("flat.pdf"), "-"], { encoding: "utf8" });
    assert.match(said, /Analysed 0 % readable/);
    assert.match(said, /Heart rate not measurable/);
    assert.match(said, /none: not a second of it could be read/);
  });

  it("without a proof has none to verify, and says so", async () => {
    assert.equal((await report("d.pdf", "--no-proof")).code, 0);
    const { code, err } = await avnode("verify", at("d.pdf"));
    assert.equal(code, 3);
    assert.match(err, /carries no proof: it was made without one/);
    writeFileSync(at("word"), "geheim\n");
    assert.equal((await report("e.pdf", "--password-file", at("word"))).code, 0);
    assert.match((await avnode("verify", at("e.pdf"))).err, /encrypted/);
  });
});
