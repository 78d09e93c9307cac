import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adoptFile } from "../../../gateway/adopt/adopt";
import { makeReport, type ReportOptions } from "../../../gateway/report/report";
import type { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { LANGUAGES } from "../../../gateway/words/words";
import { MAX_PROOF_BYTES } from "../../../protocol/proof/file";
import { skipUnless } from "../../machine";
import { edfBytes } from "../adopt/edffile";
import { lead, RATE, Written } from "./made";

const DAY_SECONDS = 86_400;

describe("a report of what is hard to tell", function () {
  this.timeout(120_000);
  let dir: string;
  let written: Written;
  before(function () {
    skipUnless(existsSync("/usr/bin/pdftotext"), this, "pdftotext (Debian: poppler-utils)");
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-report-"));
    written = new Written();
  });
  afterEach(() => {
    written.end();
    rmSync(dir, { recursive: true });
  });

  /** @returns what it says, on one line, and which words lie over each other */
  async function told(
    id: string,
    options: Partial<ReportOptions> = {},
    reader: StoreReader = written.reader,
  ) {
    const parts = { reader, dataDir: written.rig.dataDir };
    const file = join(dir, "a.pdf");
    const { bytes, proof } = await makeReport(parts, id, {
      ...{ paper: "a4", timeZone: "Europe/Berlin" },
      ...options,
    });
    writeFileSync(file, bytes);
    const run = (...words: string[]) =>
      execFileSync("/usr/bin/pdftotext", [...words, file, "-"], { encoding: "utf8", maxBuffer: 1 << 26 });
    return { said: run("-raw").replace(/\s+/g, " "), over: overlaps(run("-bbox")), bytes, proof };
  }

  for (const [what, name, shown] of [
    ["emoji", "Zoë 😀", /Person Zoë \[U\+1F600\]/],
    ["control characters", "Ada\u0007\u001b[31m \u202e\u0000Byron\n", /Person Ada\[31m Byron Recording/],
    ["200 Latin letters", "Wolfeschlegelsteinhausen ".repeat(8), /Person Wolfe/],
    ["200 Arabic letters", "عبدالرحمن ".repeat(20), /Person /],
    ["200 Chinese characters", "王小明".repeat(67).slice(0, 200), /Person 王小明/],
    ["200 Devanagari letters", "राजेश कुमार ".repeat(17).slice(0, 200), /Person /],
    ["200 emoji", "😀".repeat(200), /Person \[U\+1F600\].*…/],
  ] as const)
    it(`keeps a name of ${what} in its place, on one page`, async () => {
      const id = written.record({ seconds: 10 });
      const { store } = written.rig;
      store.assign(id, store.addPerson({ name }).id);
      for (const language of LANGUAGES) {
        const { said, over } = await told(id, { language });
        if (language === "en") assert.match(said, shown);
        assert.match(said, language === "de" ? /Seite 1 von 1/ : /page 1 (of|sur) 1/);
        assert.deepEqual(over, [], language);
      }
    });

  it("tells the two 02:30s of the night when summer time ends apart by their offsets", async () => {
    const startMs = Date.UTC(2026, 9, 25, 0, 29, 55);
    const open = { startMs, trust: 2 };
    const id = written.record({ seconds: 3620, symptoms: [5, 3605], value: () => 0, open });
    const { said, over } = await told(id);
    assert.match(said, /Start 2026-10-25 02:29:55 \+02:00 \(Europe\/Berlin\)/);
    assert.match(said, /End 2026-10-25 02:30:15 \+01:00 \(Europe\/Berlin\)/);
    assert.match(said, /Symptoms 2 marked: 02:30:00 \+02:00, 02:30:00 \+01:00/);
    assert.match(said, /symptom marked, 02:29:55 \+02:00/);
    assert.match(said, /symptom marked, 02:29:55 \+01:00/);
    assert.deepEqual(over, []);
  });

  it("of seven days has trends, says the days, and says that the proof is too large to go with it", async () => {
    // Noise, which no codec makes smaller, slow enough for a test.
    const leads = ["I", "II", "III", "V1"].map((name) => lead(name));
    const rateNum = 14;
    const seconds = (7 * DAY_SECONDS * rateNum) / RATE;
    assert.ok(seconds * RATE * leads.length * 2 > MAX_PROOF_BYTES);
    let state = 1;
    const value = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return state >> 16;
    };
    const open = { startMs: Date.UTC(2026, 9, 21, 22), trust: 2, rateNum };
    const id = written.record({ seconds, leads, value, open });
    const { said, over, bytes, proof } = await told(id);
    assert.match(said, /Duration 168:00:00 \(hours:minutes:seconds\)/);
    assert.match(said, /2026-10-22 00:00:00 \+02:00 .* 2026-10-28 23:00:00 \+01:00/);
    assert.match(said, /Proof the proof is larger than 64 MB, too large to go with this/);
    assert.doesNotMatch(said, /this file carries its proof/);
    assert.equal(proof, "too-large");
    assert.ok(bytes.length < 1_000_000, `${bytes.length} bytes`);
    assert.deepEqual(over, []);
  });

  describe("that was adopted from a file", () => {
    let store: Store;
    let id: string;
    beforeEach(async () => {
      const dataDir = join(dir, "home");
      mkdirSync(dataDir);
      store = Store.open({ dataDir, kind: "home" });
      const file = join(dir, "old.edf");
      const counts = Array.from({ length: 10 }, () => Array.from({ length: 250 }, (_, i) => i));
      writeFileSync(file, edfBytes({ signals: [{ label: "ECG II", counts }] }));
      ({ id } = await adoptFile(store, file));
    });
    afterEach(() => store.close());

    it("says so where else the handheld, its clock and its signature stand, and names no handheld", async () => {
      const { said, over } = await told(id, {}, store.reader);
      assert.match(said, /Origin adopted from a file of EDF: signed by no handheld/);
      assert.match(said, /Clock as the file tells it, .*: nobody knows by which clock/);
      assert.match(said, /; ADOPTED: signed by no handheld/);
      assert.match(said, /ADOPTED\. Its place in the log/);
      assert.doesNotMatch(said, /Handheld |handheld's|signed by its handheld|SIMULATED/);
      assert.ok(!said.includes(store.reader.recording(id).device), "the seat that stands for a handheld");
      assert.deepEqual(over, []);
    });

    it("has no place in it where verifying says that a handheld signed it", async function () {
      skipUnless(existsSync("/usr/bin/qpdf"), this, "qpdf (Debian: qpdf)");
      await told(id, {}, store.reader);
      const { stdout } = spawnSync("/usr/bin/qpdf", ["--list-attachments", "--verbose", join(dir, "a.pdf")], {
        encoding: "utf8",
      });
      assert.match(stdout, /adopted recording itself, opened, signed by no handheld/);
    });
  });
});

interface Word {
  page: number;
  text: string;
  box: [number, number, number, number];
}

/** Pairs of words that share paper. @param bbox as `pdftotext -bbox` writes it */
function overlaps(bbox: string): string[] {
  const words: Word[] = [];
  let page = 0;
  for (const line of bbox.split("\n")) {
    if (line.includes("<page ")) page++;
    const found = /xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*)<\/word>/.exec(line);
    if (!found) continue;
    const [left, top, right, bottom] = found.slice(1, 5).map(Number) as Word["box"];
    // A font's box is higher than its letters, and lines stand closer than boxes.
    const aside = (bottom - top) / 3;
    words.push({ page, text: found[5]!, box: [left + 0.5, top + aside, right - 0.5, bottom - aside] });
  }
  const found: string[] = [];
  for (const [index, a] of words.entries())
    for (const b of words.slice(index + 1))
      if (a.page === b.page && share(a.box, b.box)) found.push(`page ${a.page}: ${a.text} | ${b.text}`);
  return found;
}

function share(a: Word["box"], b: Word["box"]): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
