import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import { makeReport, type ReportOptions } from "../../../gateway/report/report";
import { SIMULATION_MAKER } from "../../../protocol/certificate";
import { decodeProof } from "../../../protocol/proof/file";
import { verifyProof } from "../../../protocol/proof/verify";
import { skipUnless } from "../../machine";
import { type Image, readPpm } from "../web/page/image";
import { lead, RATE, Written } from "./made";

/** Fine enough that a renderer's rounding to pixels is well within 1 % of 10 mm. */
const DPI = 600;
const MM = DPI / 25.4;
/** Pixels: 0.6 pt. */
const LINE = (0.6 * DPI) / 72;
const hasPoppler = existsSync("/usr/bin/pdftoppm") && existsSync("/usr/bin/pdftotext");
const hasQpdf = existsSync("/usr/bin/qpdf");

describe("a report", () => {
  let dir: string;
  let written: Written;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-report-"));
  });
  after(() => rmSync(dir, { recursive: true }));
  beforeEach(() => {
    written = new Written();
  });
  afterEach(() => written.end());

  const at = (name: string) => join(dir, name);

  /** @returns the file's name */
  async function report(id: string, options: Partial<ReportOptions> = {}): Promise<string> {
    const { reader, rig } = written;
    const parts = { reader, dataDir: rig.dataDir };
    const { bytes } = await makeReport(parts, id, { paper: "a4", timeZone: "Europe/Berlin", ...options });
    writeFileSync(at("a.pdf"), bytes);
    return at("a.pdf");
  }

  const text = (file: string) =>
    execFileSync("/usr/bin/pdftotext", ["-layout", file, "-"], { encoding: "utf8" });
  /** A line that broke for want of room is one again. */
  const words = (file: string) =>
    execFileSync("/usr/bin/pdftotext", ["-raw", file, "-"], { encoding: "utf8" }).replace(/\s+/g, " ");

  function picture(file: string, page = 1): Image {
    execFileSync("/usr/bin/pdftoppm", ["-r", String(DPI), "-f", String(page), "-singlefile", file, at("a")]);
    return readPpm(readFileSync(at("a.ppm")));
  }

  for (const paper of ["a4", "letter"] as const)
    it(`is true to scale within 1 % on ${paper}: 25 mm/s, 10 mm/mV, the pulse and the grid`, async function () {
      skipUnless(hasPoppler, this, "pdftoppm (Debian: poppler-utils)");
      const image = picture(await report(written.record({ seconds: 30 }), { paper }));
      const size = paper === "a4" ? [297, 210] : [279.4, 215.9];
      near(image.width / MM, size[0]!, 0.5, "width");
      near(image.height / MM, size[1]!, 0.5, "height");
      const rows = verticals(image);
      assert.equal(rows.length, 3, "a row for ten seconds");
      const first = rows[0]!;
      // The calibration pulse's two edges, then both of each of five pulses.
      assert.equal(first.length, 12);
      for (const { top, bottom } of first) near((bottom - top) / MM, 10, 0.1, "1 mV");
      const xs = first.map(({ x }) => x / MM);
      near(xs[1]! - xs[0]!, 5, 0.15, "200 ms of the calibration pulse");
      for (let pulse = 0; pulse < 4; pulse++)
        near(xs[4 + 2 * pulse]! - xs[2 + 2 * pulse]!, 50, 0.5, "two seconds");
      near(xs[10]! - xs[2]!, 200, 1, "eight seconds");
      near(xs[3]! - xs[2]!, 10, 0.15, "400 ms");
      // Grid lines of 5 mm along a row's lower part, where no trace is.
      const y = Math.round(first[0]!.bottom + 4.5 * MM);
      const lines = runs(image.width, (x) => image.green(x, y) < 190);
      near((lines.at(-1)! - lines[0]!) / MM / (lines.length - 1), 5, 0.05, "5 mm");
    });

  it("says everything that a doctor has to know, in words that a reader of PDF finds", async function () {
    skipUnless(hasPoppler, this, "pdftotext (Debian: poppler-utils)");
    const id = written.record({
      seconds: 30,
      symptoms: [12],
      open: { startMs: Date.UTC(2026, 6, 1, 10), trust: 2 },
    });
    written.rig.store.assign(
      id,
      written.rig.store.addPerson({ name: "Ada Lovelace", birthDate: "1815-12-10" }).id,
    );
    const said = words(await report(id));
    for (const statement of [
      "Person Ada Lovelace, born 1815-12-10",
      `Recording ${id}`,
      written.handheld.hex,
      "Start 2026-07-01 12:00:00 +02:00 (Europe/Berlin)",
      "Clock by the handheld's clock, which its hub had set",
      "Duration 30.0 s",
      "1 lead: I; 250 samples a second, 16 bits",
      "Filters none by this report",
      "Heart rate not measured",
      "not analysed: no finding here means nothing",
      "Gaps none",
      "1 marked: 12:00:12 +02:00",
      "not reviewed by a clinician",
      "this file carries its proof",
      "signed by its handheld",
      "Not a diagnosis",
      "DEMO · SIMULATED: made by a virtual handheld",
      "page 1 of 1",
      "25 mm/s, 10 mm/mV",
    ])
      assert.ok(said.includes(statement), `${statement}\nin\n${said}`);
  });

  for (const [language, stated] of [
    [
      "de",
      [
        "EKG-Bericht",
        "Person Ada Lovelace, geboren 1815-12-10",
        "Beginn 2026-07-01 12:00:00 +02:00 (Europe/Berlin)",
        "Dauer 30,0 s",
        "1 Ableitung: I; 250 Werte pro Sekunde, 16 Bit",
        "2 Lücken, 2,00 s ohne Signal (der Messteil hat sie verloren)",
        "1 markiert: 12:00:12 +02:00",
        "von keinem Arzt befundet",
        "von ihrem Handgerät signiert",
        "DEMO · SIMULIERT · Keine Diagnose",
        "Seite 1 von 1",
        "kein Signal für 1,00 s",
      ],
    ],
    [
      "fr",
      [
        "Rapport ECG",
        "Personne Ada Lovelace, date de naissance 1815-12-10",
        "Début 2026-07-01 12:00:00 +02:00 (Europe/Berlin)",
        "Durée 30,0 s",
        "1 dérivation : I ; 250 valeurs par seconde, 16 bits",
        "2 lacunes, 2,00 s sans signal (le capteur l’a perdu)",
        "1 fois marqués : 12:00:12 +02:00",
        "relu par aucun médecin",
        "signé par son appareil",
        "DÉMO · SIMULÉ · Pas un diagnostic",
        "page 1 sur 1",
        "pas de signal pendant 1,00 s",
      ],
    ],
  ] as const)
    it(`says the same in ${language}, for readers that speak it, too`, async function () {
      skipUnless(hasPoppler && hasQpdf, this, "pdftotext and qpdf (Debian: poppler-utils, qpdf)");
      const silent: [number, number][] = [
        [3, 4],
        [21, 22],
      ];
      const open = { startMs: Date.UTC(2026, 6, 1, 10), trust: 2 };
      const id = written.record({ seconds: 30, symptoms: [12], silent, open });
      const { store } = written.rig;
      store.assign(id, store.addPerson({ name: "Ada Lovelace", birthDate: "1815-12-10" }).id);
      const file = await report(id, { language });
      const said = words(file);
      for (const statement of stated) assert.ok(said.includes(statement), `${statement}\nin\n${said}`);
      for (const english of [/handheld/i, /recording/i, /clinician/, /no signal/, /\bpulse\b/])
        assert.doesNotMatch(said, english);
      const json = execFileSync("/usr/bin/qpdf", ["--json", file], { encoding: "utf8" });
      assert.ok(json.includes(`"/Lang": "u:${language}"`));
    });

  it("says who read it over, and what she said of which finding", async function () {
    skipUnless(hasPoppler, this, "pdftotext (Debian: poppler-utils)");
    const id = written.record({ seconds: 30 });
    const automatic = { rhythm: "af" as const, from: 0, to: 30 * RATE, confidence: 0.9, rate: 80 };
    written.rig.store.overRead(id, {
      ...{ name: "Dr. Grace Hopper", link: { id: "l1" }, comment: "Sinus with artefacts" },
      findings: [
        { verdict: "rejected", automatic: { ...automatic, evidence: { from: 0, to: 1 } }, note: "noise" },
      ],
    });
    const said = words(await report(id));
    assert.match(said, /Over-read by Dr. Grace Hopper, 2026-11-23 01:00:\d\d \+01:00 \(Europe\/Berlin\)/);
    assert.match(said, /rejected possible AF \(noise\)\. “Sinus with artefacts”/);
    assert.doesNotMatch(said, /not reviewed by a clinician/);
  });

  it("has a code that a camera reads, with the place in the log by which the proof is found", async function () {
    skipUnless(hasPoppler, this, "pdftoppm (Debian: poppler-utils)");
    const id = written.record({ seconds: 30 });
    const file = await report(id);
    execFileSync("/usr/bin/pdftoppm", ["-r", "200", "-png", "-singlefile", file, at("q")]);
    const { prepareZXingModule, readBarcodes } =
      require("zxing-wasm/reader") as typeof import("zxing-wasm/reader");
    const wasm = readFileSync(require.resolve("zxing-wasm/reader/zxing_reader.wasm"));
    const wasmBinary = wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength);
    await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
    const [code] = await readBarcodes(new Uint8Array(readFileSync(at("q.png"))), { formats: ["QRCode"] });
    const { log, index, origin } = written.reader.log.place(id)!;
    // RFC 9162, 2.1.1: a leaf's hash.
    const leaf = createHash("sha256").update(Buffer.of(0)).update(written.reader.log.leaf(log, index)!);
    assert.equal(code?.text, `avnode:1 id=${id} log=${origin} index=${index} leaf=${leaf.digest("hex")}`);
  });

  it("is clean for qpdf, tagged, and the same bytes every time", async function () {
    skipUnless(hasQpdf, this, "qpdf (Debian: qpdf)");
    const id = written.record({ seconds: 30 });
    const first = readFileSync(await report(id));
    assert.deepEqual(readFileSync(await report(id)), first);
    const { status, stdout } = spawnSync("/usr/bin/qpdf", ["--check", at("a.pdf")], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
    const json = execFileSync("/usr/bin/qpdf", ["--json", at("a.pdf")], { encoding: "utf8" });
    for (const part of ["/StructTreeRoot", "/Marked", '"/Lang": "u:en"', '"/S": "/Figure"'])
      assert.ok(json.includes(part), part);
  });

  it("carries the proof, which verifies, and does not when a byte of it was changed", async function () {
    skipUnless(hasQpdf, this, "qpdf (Debian: qpdf)");
    const file = await report(written.record({ seconds: 10 }));
    const proof = execFileSync("/usr/bin/qpdf", ["--show-attachment=proof.avnode", file]);
    assert.equal(verdictOf(proof), "authentic PROOF_AUTHENTIC");
    const { frames, key } = decodeProof(proof);
    assert.notEqual(key, null);
    const changed = Buffer.from(proof);
    changed[changed.indexOf(Buffer.from(frames[3]!)) + 40]! ^= 1;
    assert.match(verdictOf(changed), /^tampered/);
  });

  function verdictOf(proof: Uint8Array): string {
    const { name, publicKey } = written.reader.log.key();
    const { verdict, code } = verifyProof(
      { sha256: nodeCrypto.sha256, open: nodeCrypto.open, ed25519: ed25519Verify },
      proof,
      {
        makers: [{ label: "simulation", name: "simulation", publicKey: SIMULATION_MAKER }],
        hubs: [{ label: "hub", name, publicKey }],
        ...{ witnesses: [], revocations: [] },
      },
    );
    return `${verdict} ${code}`;
  }

  it("leaves the proof out when asked to, and says what there is none of", async function () {
    skipUnless(hasPoppler && hasQpdf, this, "pdftotext and qpdf (Debian: poppler-utils, qpdf)");
    const id = written.record({ seconds: 10 });
    const without = await report(id, { proof: false });
    assert.match(words(without), /the proof was left out/);
    assert.match(
      execFileSync("/usr/bin/qpdf", ["--list-attachments", without], { encoding: "utf8" }),
      /no embedded/,
    );
    const open = written.record({ seconds: 10, isEnded: false });
    assert.match(words(await report(open)), /no proof yet: .* make the report again later/);
  });

  it("opens with the password only, with AES of 256 bits", async function () {
    skipUnless(hasQpdf, this, "qpdf (Debian: qpdf)");
    const file = await report(written.record({ seconds: 10 }), { password: "geheim" });
    assert.notEqual(spawnSync("/usr/bin/qpdf", ["--check", file]).status, 0);
    const asked = ["--password=geheim", "--show-encryption", file];
    assert.match(execFileSync("/usr/bin/qpdf", asked, { encoding: "utf8" }), /AESv3/);
    assert.equal(spawnSync("/usr/bin/qpdf", ["--password=geheim", "--check", file]).status, 0);
  });

  for (const [script, name] of [
    ["Arabic", "محمد بن عبد الله"],
    ["Hebrew", "דוד בן־גוריון"],
    ["Chinese", "王小明"],
    ["Devanagari", "राजेश कुमार"],
    ["Cyrillic", "Анна Ахматова"],
    ["Greek", "Ἀριστοτέλης Παπαδόπουλος"],
    ["Vietnamese", "Nguyễn Thị Ánh"],
  ] as const)
    it(`draws a name in ${script} in fonts that have it`, async function () {
      skipUnless(hasPoppler, this, "pdftotext (Debian: poppler-utils)");
      const id = written.record({ seconds: 2 });
      written.rig.store.assign(id, written.rig.store.addPerson({ name }).id);
      const said = text(await report(id))
        .normalize("NFKC")
        .replace(/[\u200e\u200f\u202a-\u202e]/g, "");
      assert.ok(said.includes(name.normalize("NFKC")), JSON.stringify(said.slice(0, 1900)));
      assert.doesNotMatch(said, /\[U\+/);
    });

  it("draws what no font has as its number, and shortens what has no room", async function () {
    skipUnless(hasPoppler, this, "pdftotext (Debian: poppler-utils)");
    const id = written.record({ seconds: 2 });
    const { store } = written.rig;
    const person = store.addPerson({ name: "Zoë \u{13000}" }).id;
    store.assign(id, person);
    assert.match(words(await report(id)), /Zoë \[U\+13000\]/);
    store.changePerson(person, { name: "Wolfeschlegelsteinhausenbergerdorff".repeat(6).slice(0, 200) });
    const said = words(await report(id));
    assert.match(said, /Person Wolfe/);
    assert.match(said, /page 1 of 1/);
    store.changePerson(person, { name: "W".repeat(1000) });
    assert.match(words(await report(id)), /W…/);
  });

  it("draws gaps at both ends and in between, and bridges none", async function () {
    skipUnless(hasPoppler, this, "pdftoppm (Debian: poppler-utils)");
    const silent: [number, number][] = [
      [0, 1],
      [4, 6],
      [9, 10],
    ];
    const file = await report(written.record({ seconds: 10, silent, value: () => 0 }));
    const said = words(file);
    assert.match(said, /3 gaps, 4.00 s without signal/);
    assert.match(said, /no signal for 2.00 s/);
    // The trace lies on the row's middle line: where it is black, and where not.
    const image = picture(file);
    const y = flatLine(image);
    const black = (x: number) => image.red(Math.round(x), y) < 60 || image.red(Math.round(x), y + 1) < 60;
    const left = (297 - 260) / 2 + 10;
    const share = (from: number, to: number) => {
      const [first, last] = [(left + 25 * from) * MM, (left + 25 * to) * MM];
      let count = 0;
      for (let x = first; x < last; x++) count += Number(black(x));
      return count / (last - first);
    };
    for (const [from, to] of [
      [1, 4],
      [6, 9],
    ])
      assert.ok(share(from! + 0.1, to! - 0.1) > 0.95, `signal at ${from}`);
    for (const [from, to] of silent) assert.ok(share(from + 0.1, to - 0.1) < 0.5, `gap at ${from}`);
  });

  it("of one second, of a stretch, and of a lead without a scale says so", async function () {
    skipUnless(hasPoppler, this, "pdftotext (Debian: poppler-utils)");
    assert.match(words(await report(written.record({ seconds: 1 }))), /Duration 1.0 s/);
    const plain = written.record({ seconds: 20, leads: [lead("chest", 0)] });
    assert.match(words(await report(plain)), /not calibrated: height says nothing, no mV scale/);
    const part = await report(plain, { from: 5 * RATE, to: 10 * RATE });
    assert.match(words(part), /5.0 s: from 00:00:05 to 00:00:10 of 20.0 s/);
    await assert.rejects(report(plain, { from: 99 * RATE }), { code: "DOCUMENT_RANGE" });
  });

  it("tells both offsets in the night when the clock goes back, and nothing of a clock that nobody set", async function () {
    skipUnless(hasPoppler, this, "pdftotext (Debian: poppler-utils)");
    const startMs = Date.UTC(2026, 9, 25, 0, 59, 50);
    const said = words(await report(written.record({ seconds: 20, open: { startMs, trust: 2 } })));
    assert.match(said, /Start 2026-10-25 02:59:50 \+02:00 \(Europe\/Berlin\)/);
    assert.match(said, /End 2026-10-25 02:00:10 \+01:00 \(Europe\/Berlin\)/);
    assert.match(said, /local time changes on the way, from \+02:00 to \+01:00/);
    const never = written.record({ seconds: 20, open: { startMs: 0, trust: 0 } });
    assert.match(
      words(await report(never)),
      /Start (unknown: the handheld's clock was never set|.* nobody had set)/,
    );
  });
});

/** @param close both in millimetres */
function near(value: number, wanted: number, close: number, what: string): void {
  assert.ok(Math.abs(value - wanted) <= close, `${what}: ${value} mm instead of ${wanted}`);
}

/** Middles of stretches where it is true. */
function runs(length: number, isIn: (at: number) => boolean): number[] {
  const found: number[] = [];
  for (let from = 0; from < length; from++) {
    if (!isIn(from)) continue;
    let to = from;
    while (to < length && isIn(to)) to++;
    found.push((from + to - 1) / 2);
    from = to;
  }
  return found;
}

interface Edge {
  x: number;
  top: number;
  bottom: number;
}

/** Black lines from top to bottom of at least 8 mm, below the page's head, of each row from the left. */
function verticals(image: Image): Edge[][] {
  const found: Edge[] = [];
  for (let x = 0; x < image.width; x++)
    for (let y = Math.round(40 * MM); y < image.height; y++) {
      const top = y;
      while (y < image.height && image.red(x, y) < 128) y++;
      if (y - top < 8 * MM) continue;
      // A steep line covers several columns.
      const same = found.find((each) => Math.abs(each.top - top) < 3 * MM && x - each.x <= 2 * LINE);
      if (same) Object.assign(same, { top: Math.min(same.top, top), bottom: Math.max(same.bottom, y) });
      else found.push({ x, top, bottom: y });
    }
  const rows: Edge[][] = [];
  // Half of the line's own width at either end is part of no millivolt.
  const half = LINE / 2;
  for (const { x, top, bottom } of found.sort((a, b) => a.top - b.top)) {
    const row = rows.at(-1);
    if (row && top - row[0]!.top < 15 * MM) row.push({ x, top: top + half, bottom: bottom - half });
    else rows.push([{ x, top: top + half, bottom: bottom - half }]);
  }
  return rows.map((row) => row.sort((a, b) => a.x - b.x));
}

/** The height at which most is black in one line, below the page's head. */
function flatLine(image: Image): number {
  let best = { y: 0, count: 0 };
  for (let y = Math.round(45 * MM); y < image.height; y++) {
    let count = 0;
    for (let x = 0; x < image.width; x++) count += Number(image.red(x, y) < 60);
    if (count > best.count) best = { y, count };
  }
  return best.y;
}
