import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "cbor-x";
import { toHex } from "../../../protocol/bytes";
import { signedBytes } from "../../../tools/factory/evidence";
import { evidenceProblems } from "../../../tools/factory/evidencecheck";
import { Journal } from "../../../tools/factory/journal";
import { createKeys, openMaker } from "../../../tools/factory/keys";
import { StationLog } from "../../../tools/factory/log";
import { folderOf, noteRelease } from "../../../tools/factory/releaselist";
import { encodeUnitLine, type UnitLine } from "../../../tools/factory/unitline";
import { PYTHON } from "../../machine";
import { makeStation, STATION } from "./bench";
import { factory } from "./cli";
import { opensslTakes, skipUnlessOpenssl } from "./openssl";

const PASSPHRASE = "correct horse battery staple";
const RELEASE_PASSPHRASE = "another horse, another battery";
const AT = 1_700_000_000_000;
const sha256 = (...parts: Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

function line(i: number, more: Partial<UnitLine>): UnitLine {
  return {
    ...{ at: AT + i * 1000, tookMs: 900, station: "bench 1", slot: `slot ${i % 2}`, chip: `chip ${i}` },
    ...{ outcome: "PASS", step: "label", detail: "", board: "linux", batch: "T1", deviceClass: 1 },
    ...{ device: new Uint8Array(8).fill(i), serial: `T1-000${i}`, certificate: new Uint8Array(32).fill(i) },
    firmware: new Uint8Array(32).fill(9),
    tests: [{ name: "battery", passed: true, measured: "3900 mV", wanted: "at least 3600 mV" }],
    checks: { bootloader: "not checked", lock: "silent over: wire, radio", label: "scanned from the unit" },
    ...more,
  };
}

const FAILED = { outcome: "E07", step: "self-test", detail: "noise | too high", device: null, serial: null };
const AWAY = { outcome: "E12", step: "lock", detail: "it went away" };
const LINES = [
  line(1, {}),
  line(2, { ...FAILED, certificate: null }),
  line(3, { batch: "OTHER" }),
  // The second one, repaired.
  line(2, {
    at: AT + 9000,
    checks: { lock: "silent over: wire, radio", air: "heard by a new address, taken for its own" },
  }),
  line(4, { chip: "", outcome: "E01", step: "identify", device: null, serial: null, certificate: null }),
  // With its boot code, but off before it passed; finished in another turn, which wrote none.
  line(5, { ...AWAY, checks: { bootCode: "08".repeat(32) } }),
  line(5, {}),
];
/** Of the release that T1-0005 has. */
const SUMS = `${"09".repeat(32)}  avnode.js\n${"08".repeat(32)}  bootcde.js\n`;

/** The tree hash of RFC 6962 section 2.1, as its text defines it. */
function treeHash(leaves: Uint8Array[]): Buffer {
  if (leaves.length === 1) return sha256(Buffer.from([0]), leaves[0]!);
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** PATH of section 2.1.1. */
function path(m: number, leaves: Uint8Array[]): Buffer[] {
  if (leaves.length === 1) return [];
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return m < k
    ? [...path(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

describe("factory evidence", function () {
  const root = fs.mkdtempSync(join(tmpdir(), "avnode-evidence-"));
  const [dir, keys, file] = [join(root, "station"), join(root, "stick"), join(root, "T1.json")];
  const words = ["evidence", dir, "--keys", keys, "-o"];
  before(async () => {
    createKeys(keys, PASSPHRASE, RELEASE_PASSPHRASE);
    const maker = openMaker(keys, PASSPHRASE);
    makeStation(dir, { ...STATION, makerKey: toHex(maker.publicKey) });
    const journal = new Journal(dir);
    const log = new StationLog(journal.db, maker);
    for (const one of LINES) log.append(encodeUnitLine(one), one.at);
    journal.close();
    const release = { version: "1.0.0", board: "linux", dev: false, commit: null, issued: AT / 1000 };
    const made = {
      ...release,
      counter: 1,
      key: "00".repeat(48),
      leaf: 0,
      sums: toHex(sha256(Buffer.from(SUMS))),
    };
    noteRelease(dir, made);
    noteRelease(dir, { ...release, counter: 2, key: made.key, leaf: 1 });
    fs.mkdirSync(folderOf(dir, made));
    fs.writeFileSync(join(folderOf(dir, made), "sbom.json"), "{}");
    fs.writeFileSync(join(folderOf(dir, made), "SHA256SUMS"), SUMS);
    const { exit, out, err } = await factory([...words, file], `${PASSPHRASE}\n`);
    assert.equal(exit, 0, err);
    assert.equal(out, `${file}\n${join(root, "T1.md")}\n`);
  });
  after(() => fs.rmSync(root, { recursive: true }));
  const read = () => JSON.parse(fs.readFileSync(file, "utf8"));

  it("is written beside a 'use' that was cut off between its renames, of what was flashed until then", async () => {
    const { files } = read().firmware;
    fs.renameSync(join(dir, "firmware"), join(dir, "firmware.before"));
    try {
      const { exit, err } = await factory([...words, join(root, "cut.json")], `${PASSPHRASE}\n`);
      assert.equal(exit, 0, err);
    } finally {
      fs.renameSync(join(dir, "firmware.before"), join(dir, "firmware"));
    }
    const cut = JSON.parse(fs.readFileSync(join(root, "cut.json"), "utf8"));
    assert.deepEqual(cut.firmware.files, files);
  });

  it("holds the batch's lines as they were logged, each with the path that RFC 6962 gives", () => {
    const evidence = read();
    const leaves = LINES.map(encodeUnitLine);
    assert.equal(evidence.log.root, treeHash(leaves).toString("hex"));
    assert.equal(evidence.log.size, 7);
    assert.deepEqual(
      evidence.lines.map(({ index }: { index: number }) => index),
      [0, 1, 3, 4, 5, 6],
    );
    for (const { index, leaf, proof, outcome } of evidence.lines) {
      assert.deepEqual(Buffer.from(leaf, "base64"), Buffer.from(leaves[index]!));
      assert.equal(decode(Buffer.from(leaf, "base64")).outcome, outcome);
      assert.deepEqual(proof, path(index, leaves).map(toHex));
    }
  });

  it("says how many recordings a unit signs", () => {
    assert.deepEqual(read().signing, { trees: 1, height: 5 });
    const text = fs.readFileSync(join(root, "T1.md"), "utf8");
    assert.match(text, /^Each unit signs 32 recordings: trees x leaves are 1 x 32, /m);
  });

  it("counts what came out, and lists each unit with its hashes, tests and lock attempts", () => {
    const { figures, units, releases } = read();
    assert.deepEqual(figures, {
      ...{ turns: 6, passedTurns: 3, failedTurns: 3, unitsPassed: 3, withoutAir: 0, distrusted: 0, chips: 3 },
      ...{ byCode: { E01: 1, E07: 1, E12: 1 }, byStep: { identify: 1, lock: 1, "self-test": 1 } },
    });
    assert.deepEqual(
      units.map(({ serial, lines }: { serial: string; lines: number[] }) => [serial, lines]),
      [
        ["T1-0001", [0]],
        ["T1-0002", [1, 3]],
        ["T1-0005", [5, 6]],
      ],
    );
    assert.equal(units[1].firmware, "09".repeat(32));
    assert.equal(units[1].certificate, "02".repeat(32));
    assert.equal(units[1].checks.lock, "silent over: wire, radio");
    assert.equal(units[1].tests[0].measured, "3900 mV");
    assert.deepEqual(
      releases.map(({ counter, sums, sbom }: Record<string, unknown>) => [counter, sums, sbom]),
      [[1, toHex(sha256(Buffer.from(SUMS))), sha256(Buffer.from("{}")).toString("hex")]],
      "one that was cut off is none",
    );
  });

  it("is canonical JSON, and signed as OpenSSL and Python's own writer have it", function () {
    const script =
      "import json,sys;e=json.load(open(sys.argv[1]));c=lambda x:json.dumps(x,sort_keys=True,separators=(',',':'),ensure_ascii=False);" +
      "whole=c(e)+'\\n';s=e.pop('signature');open(sys.argv[2]+'/sig','wb').write(bytes.fromhex(s));" +
      "open(sys.argv[2]+'/message','wb').write(('avnode/factory-evidence/v1\\0'+c(e)).encode());sys.stdout.write(whole)";
    const python = spawnSync(PYTHON, ["-c", script, file, root], { encoding: "utf8" });
    assert.equal(python.status, 0, python.stderr);
    assert.equal(python.stdout, fs.readFileSync(file, "utf8"));
    skipUnlessOpenssl(this);
    const bytes = (name: string) => fs.readFileSync(join(root, name));
    assert.ok(opensslTakes(Buffer.from(read().makerKey, "hex"), bytes("message"), bytes("sig")));
  });

  it("is verified by command, and shows nothing once a field of it was altered, whoever signs it", async () => {
    const right = await factory(["check-evidence", file]);
    assert.deepEqual(
      [right.exit, right.out],
      [
        0,
        "batch T1: 3 units, 6 lines with their proofs; 1 more in the log, of other batches by the maker's word\n",
      ],
      right.err,
    );
    const maker = openMaker(keys, PASSPHRASE);
    const alterations: [RegExp, (evidence: ReturnType<typeof read>) => void][] = [
      [/line 1 is not in the log/, (e) => e.lines[1].proof.reverse()],
      [/line 0 says otherwise/, (e) => Object.assign(e.lines[0], { outcome: "E08" })],
      [/units are not those of its lines/, (e) => Object.assign(e.units[0], { serial: "T1-9999" })],
      [/units are not those of its lines/, (e) => Object.assign(e.units[0].checks, { lock: "silent" })],
      [/figures are not those of its lines/, (e) => Object.assign(e.figures, { failedTurns: 0 })],
      [/not those of its lines/, (e) => e.lines.splice(1, 1)],
      [/checkpoint is another one/, (e) => Object.assign(e.log, { size: 8 })],
      [
        /checkpoint is not signed/,
        (e) => Object.assign(e.log, { checkpoint: e.log.checkpoint.replace("\n7\n", "\n8\n") }),
      ],
    ];
    for (const [problem, alter] of alterations) {
      const { signature, ...evidence } = read();
      alter(evidence);
      // By nobody, then by the maker himself, whom line and checkpoint hold to what was logged.
      const unsigned = evidenceProblems(JSON.stringify({ ...evidence, signature })).problems.join("; ");
      assert.match(unsigned, /signature is not over this file/);
      assert.match(unsigned, problem);
      const resigned = { ...evidence, signature: toHex(maker.sign(signedBytes(evidence))) };
      const problems = evidenceProblems(JSON.stringify(resigned)).problems.join("; ");
      assert.match(problems, problem);
      assert.doesNotMatch(problems, /signature is not over this file/);
    }
    fs.writeFileSync(join(root, "altered.json"), fs.readFileSync(file, "utf8").replace("T1-0005", "T1-0006"));
    const wrong = await factory(["check-evidence", join(root, "altered.json")]);
    assert.equal(wrong.exit, 1);
  });

  it("of a stranger has the form of one, and its words do not draw over the terminal", async () => {
    const strange = join(root, "strange.json");
    const check = (content: unknown) => {
      fs.writeFileSync(strange, JSON.stringify(content));
      return factory(["check-evidence", strange]);
    };
    const shapes: [string, object][] = [
      ["type", {}],
      ["figures", { ...read(), figures: undefined }],
      ["figures.unitsPassed", { ...read(), figures: { ...read().figures, unitsPassed: "\x1b[2J" } }],
      ["batch", { ...read(), batch: "x".repeat(21) }],
      ["makerKey", { ...read(), makerKey: 7 }],
      ["lines.0.proof.0", { ...read(), lines: [{ ...read().lines[0], proof: ["\u009b31m"] }] }],
    ];
    for (const [field, content] of shapes) {
      const { exit, out, err } = await check(content);
      assert.deepEqual([exit, out], [3, ""], field);
      assert.ok(err.includes(`no evidence file: ${field} is not as stations write it`), err);
    }
    const log = { ...read().log, problems: ["\x1b]0;owned\u0007\u202e"] };
    const { exit, out, err } = await check({ ...read(), batch: "T\x1b[2J\u202e1", log });
    assert.equal(exit, 1);
    assert.match(out, /^batch T\[2J1: 3 units/);
    assert.match(err, /the station's log: \]0;owned/);
    assert.doesNotMatch(out + err, /[^\P{C}\n]/u);
  });

  it("says for people what was checked and what nobody can, and where units failed", () => {
    const text = fs.readFileSync(join(root, "T1.md"), "utf8");
    assert.match(
      text,
      /^Their signs of life: 2 not checked; 1 heard by a new address, taken for its own\.$/m,
    );
    assert.match(text, /3 units passed, of 3 chips, in 6 turns: 3 passed \(50\.0 %\), 3 failed/);
    for (const word of ["APPROTECT", "CVE-2020-27211", "bootloader's key", "physical access"])
      assert.ok(text.slice(text.indexOf("## What it cannot check")).includes(word), word);
    assert.ok(text.includes("noise \\| too high"), "a bar in a cell");
    assert.ok(text.includes("no certificate of conformity"));
    assert.doesNotMatch(text, /SIMULATED/);
  });

  it("names each unit's boot code and the release that it is of, or none", () => {
    const text = fs.readFileSync(join(root, "T1.md"), "utf8");
    const row = (serial: string) => text.split("\n").find((one) => one.startsWith(`| ${serial} |`))!;
    assert.match(row("T1-0005"), /\| 0909090909090909 \| 0808080808080808 \| 1: 1\.0\.0 \|/);
    assert.match(row("T1-0001"), /\| 0909090909090909 \| not logged \| none \|/);
    assert.equal(read().units[2].checks.bootCode, "08".repeat(32));
  });

  it("says SIMULATED of a batch that is no hardware, and refuses batches that there are not", async () => {
    const other = join(root, "simulated");
    const maker = openMaker(keys, PASSPHRASE);
    makeStation(other, { ...STATION, makerKey: toHex(maker.publicKey), deviceClass: "simulated" });
    const asked = (...more: string[]) =>
      factory(["evidence", other, "--keys", keys, "-o", join(root, "s.json"), ...more], `${PASSPHRASE}\n`);
    assert.match((await asked()).err, /has logged nothing yet/);
    const journal = new Journal(other);
    new StationLog(journal.db, maker).append(encodeUnitLine(line(1, { deviceClass: 3 })), AT);
    journal.close();
    assert.match((await asked("--batch", "T9")).err, /no unit of batch T9/);
    assert.equal((await asked()).exit, 0);
    assert.match(fs.readFileSync(join(root, "s.md"), "utf8"), /\*\*SIMULATED/);
  });

  it("is not found where there is none, and says what to name", async () => {
    const { exit, err } = await factory(["check-evidence", join(root, "none.json")]);
    assert.deepEqual([exit, /cannot read the evidence: .*name the JSON that/.test(err)], [3, true], err);
  });

  it("lies in the station's folder where no other file is named", async () => {
    const { out } = await factory(words.slice(0, -1), `${PASSPHRASE}\n`);
    const written = [join(dir, "evidence-T1.json"), join(dir, "evidence-T1.md")];
    assert.deepEqual(out.trimEnd().split("\n"), written);
    for (const path of written) fs.rmSync(path);
  });

  it("names what is wrong with the log instead of hiding it", async () => {
    const broken = join(root, "broken");
    fs.cpSync(dir, broken, { recursive: true });
    const journal = new Journal(broken);
    const altered = encodeUnitLine(line(1, { serial: "T1-0007" }));
    journal.db.prepare("UPDATE leaves SET leaf = ? WHERE idx = 0").run(altered);
    journal.db.prepare("UPDATE leaves SET leaf = ? WHERE idx = 1").run(Buffer.from("no line"));
    journal.close();
    const output = join(root, "broken.json");
    const { err } = await factory(["evidence", broken, "--keys", keys, "-o", output], `${PASSPHRASE}\n`);
    assert.match(err, /the station's log: /);
    assert.match(err, /line 1 of the log cannot be read/);
    assert.equal((await factory(["check-evidence", output])).exit, 1);
    assert.match(fs.readFileSync(join(root, "broken.md"), "utf8"), /not as it was written/);
  });
});
