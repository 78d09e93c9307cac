import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeReport } from "../../../gateway/report/report";
import { ratesOf } from "../../../gateway/report/trends";
import { skipUnless } from "../../machine";
import { lead, RATE, Written } from "./made";

const TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

describe("a report of much", () => {
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

  /** @returns what each page says */
  async function pagesOf(id: string): Promise<string[]> {
    const { reader, rig } = written;
    const file = join(dir, "a.pdf");
    const { bytes } = await makeReport({ reader, dataDir: rig.dataDir }, id, {
      paper: "a4",
      timeZone: "UTC",
    });
    writeFileSync(file, bytes);
    if (existsSync("/usr/bin/qpdf"))
      assert.equal(spawnSync("/usr/bin/qpdf", ["--check", file]).status, 0, "qpdf --check");
    const text = execFileSync("/usr/bin/pdftotext", ["-raw", file, "-"], { encoding: "utf8" });
    return text.split("\f").slice(0, -1);
  }

  it("of twelve leads is one page with each lead's name, and the second below for ten seconds", async () => {
    const leads = TWELVE.map((name) => lead(name));
    const pages = await pagesOf(written.record({ seconds: 10, leads }));
    assert.equal(pages.length, 1);
    assert.match(pages[0]!, /I\s+aVR\s+V1\s+V4\s+II\s+aVL\s+V2\s+V5\s+III\s+aVF\s+V3\s+V6\s+II\s/);
    assert.match(pages[0]!, /12 leads, 2.5 s each, and II for 10 s/);
  });

  it("of twelve leads for longer shows the rest on further pages", async () => {
    const leads = TWELVE.map((name) => lead(name));
    const pages = await pagesOf(written.record({ seconds: 12, leads, value: () => 0 }));
    assert.ok(pages.length > 1);
    for (const name of TWELVE) assert.match(pages.slice(1).join(""), new RegExp(`^${name} · `, "m"));
    pages.forEach((page, index) => {
      assert.match(page, new RegExp(`page ${index + 1} of ${pages.length}`));
      assert.match(page, /Not a diagnosis/);
      assert.match(page, /SIMULATED: made by a virtual handheld/);
    });
  });

  it("of minutes has trends and a strip for each symptom; of many it says how many are shown", async () => {
    const symptoms = Array.from({ length: 15 }, (_, n) => 5 + 10 * n);
    const pages = await pagesOf(written.record({ seconds: 180, symptoms }));
    assert.match(pages[0]!, /no beats were found, or it was not analysed/);
    assert.match(pages[0]!, /Duration 180.0 s/);
    assert.match(pages[1]!, /Strips: 12 of 15 shown/);
    const strips = pages.join("").match(/^symptom marked, /gm) ?? [];
    assert.equal(strips.length, 12);
  });

  it("of minutes in which nothing was found shows where its signal begins", async () => {
    const pages = await pagesOf(written.record({ seconds: 180, silent: [[0, 60]] }));
    const strips = pages.slice(1).join("");
    assert.match(strips, /its beginning/);
    assert.doesNotMatch(strips, /no signal/);
  });

  it("tells the heart rate of each column from the beats, and nothing of a pause too long to be one interval", () => {
    const beats = [];
    for (let second = 0; second < 250; second++)
      beats.push({ sample: second * RATE, class: "N" as const, confidence: 1 });
    for (let half = 600; half < 1000; half++)
      beats.push({ sample: half * (RATE / 2), class: "N" as const, confidence: 1 });
    const columns = ratesOf(beats, { from: 0, to: 500 * RATE }, RATE);
    assert.equal(columns[100]?.middle, 60);
    assert.equal(columns[400]?.middle, 120);
    for (const column of [255, 270, 299]) assert.equal(columns[column], undefined, `${column}`);
  });
});
