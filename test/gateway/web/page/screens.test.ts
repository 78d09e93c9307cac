import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { BEAT, DEVICE, RATE, type Shape } from "./fakehub";
import { cut, type Image, readPng, readPpm } from "./image";
import { type PageRig, settled, withPage } from "./pagerig";
import { middles } from "./paper/measured";

const DAY = 24 * 3600 * RATE;
const PX_PER_MM = 96 / 25.4;
const PRINT_DPI = 300;
/** The paper's border. */
const EDGE = 4;
/** An R wave is narrower, the calibration pulse is not. */
const NARROW_MM = 2;

/** Where the R waves are, between pixels: at half a millivolt, both flanks make one. */
function beats(image: Image, top: number, bottom: number): number[] {
  // 0 mV is in the middle of a band of 40 mm.
  const y = Math.round(top + ((bottom - top) * 15) / 40);
  const isEdge = (x: number) => Math.min(x, image.width - 1 - x) < EDGE;
  const flanks = middles(image.width, (x) => (isEdge(x) ? 0 : Math.max(0, 215 - image.red(x, y))));
  const near = ((bottom - top) * NARROW_MM) / 40;
  const waves: number[][] = [];
  for (const x of flanks) {
    if (x - (waves.at(-1)?.at(-1) ?? -near) < near) waves.at(-1)!.push(x);
    else waves.push([x]);
  }
  // Those of the pulse are the first two.
  return waves.slice(2).map(mean);
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const gapsBetween = (values: number[]) => values.slice(1).map((value, n) => value - values[n]!);

describe("the page in a browser", function () {
  this.timeout(180_000);
  const rig = withPage();
  const { dir, complaints } = rig;
  const open: PageRig["open"] = (...all) => rig.open(...all);

  const openRecording = async (shape: Partial<Shape>, options?: BrowserContextOptions) => {
    const opened = await open({ samples: DAY, leads: ["I"], ...shape }, "#/recordings/r1", options);
    const paper = opened.page.getByRole("application");
    await paper.waitFor();
    await settled(opened.page);
    return { ...opened, paper };
  };

  it("home: says what is known in one sentence, what handhelds do, and that it is no alarm", async () => {
    const { page } = await open({ samples: 30 * RATE, leads: ["I"] }, "");
    await page.getByText("Saved 14:02: 30 s, complete.").waitFor();
    await page.getByText("Not an alarm. Chest pain: call your emergency number.").waitFor();
    await page.getByText("Connected since 13:57. Ready. Battery fine (3.9 V). Memory 12% full.").waitFor();
    await page.getByText("DEMO: simulated, not your heart").waitFor();
    assert.equal(
      await page
        .locator(".sentence")
        .evaluate((element) => element.ownerDocument.defaultView!.getComputedStyle(element).fontSize),
      "24px",
    );
  });

  it("home: what was found is said with its rate, is never a diagnosis, and what may matter is for a clinician", async () => {
    const finding = { rhythm: "af", episodes: 2, confidence: 0.91, meanRate: 84, ended: true } as const;
    const { page } = await open({ samples: 30 * RATE, leads: ["I"], finding }, "");
    await page.locator(".sentence").getByText("Possible AF, 84 per minute: show a clinician.").waitFor();
    await page.getByText("Found by a program that can err; no diagnosis.").waitFor();
    const entry = page.locator(".entry");
    await entry
      .getByText("Possible AF: show a clinician · 2 episodes · 84 per minute · confidence 91%")
      .waitFor();
    await entry.scrollIntoViewIfNeeded();
    await entry.getByText("Signed by its handheld · in the log since 14:02").waitFor();
  });

  it("recordings: thumbnails show the signal; a filter is the hub's, and what it lets through is listed", async () => {
    const finding = { rhythm: "sinus", episodes: 1, confidence: 0.97, meanRate: 75, ended: true } as const;
    const { page, hub } = await open({ samples: 30 * RATE, leads: ["I"], finding }, "#/recordings");
    const thumbnail = page.locator(".thumbnail");
    await thumbnail.waitFor();
    await settled(page);
    const image = readPng(await thumbnail.screenshot());
    const isInked = (x: number) =>
      Array.from({ length: image.height }, (_, y) => image.red(x, y)).some((red) => red < 128);
    const inked = Array.from({ length: image.width }, (_, x) => x).filter(isInked);
    assert.ok(inked.length > 0.95 * image.width, `${inked.length} of ${image.width} columns`);
    hub.answers["GET /api/recordings"] = () => ({
      recordings: hub.queries.at(-1)!.includes("finding=tachy") ? [] : [hub.recording],
    });
    await page.getByLabel("Finding").selectOption("Fast");
    await page.getByText("No recording is like that.").waitFor();
    await page.getByLabel("Finding").selectOption("Regular");
    await page.locator(".entry").waitFor();
    await page.getByRole("button", { name: "With marks only" }).click();
    await page.getByLabel("State").selectOption("Ended early");
    await page.getByLabel("From").fill("2026-11-28");
    await settled(page);
    assert.ok(
      hub.queries.at(-1)!.endsWith(`marked=true&state=truncated&since=${Date.UTC(2026, 10, 28)}&limit=30`),
      hub.queries.at(-1),
    );
  });

  it("each screen has a title of its own, in the reader's language, and the focus goes to it", async () => {
    const { page } = await open({ samples: 30 * RATE, leads: ["I"] }, "", { locale: "de-AT" });
    for (const [hash, name] of [
      ["", "Start"],
      ["recordings/r1", "Aufzeichnungen"],
      ["settings", "Einstellungen"],
    ]) {
      await page.evaluate(`location.hash = "#/${hash}"`);
      while ((await page.title()) !== `${name} · avnode`) await page.waitForTimeout(20);
      if (hash !== "") await page.locator("main:focus").waitFor();
    }
  });

  it("recordings: a finding is looked for in all of them, before it is said that none is like that", async () => {
    const finding = { rhythm: "sinus", episodes: 1, confidence: 0.97, meanRate: 75, ended: true } as const;
    const { page, hub } = await open({ samples: 30 * RATE, leads: ["I"], finding }, "#/recordings");
    const fast = { ...hub.recording, id: "r2", finding: { ...finding, rhythm: "tachy" } };
    // Short answers that go on, as the hub gives them.
    hub.answers["GET /api/recordings"] = () => {
      const query = new URLSearchParams(hub.queries.at(-1)!.split("?")[1]);
      const wanted = query.get("finding") ?? undefined;
      const [one, next] = query.get("after") === "r1" ? [fast, undefined] : [hub.recording, "r1"];
      const isLike = wanted === undefined || one.finding?.rhythm === wanted;
      return { recordings: isLike ? [one] : [], next };
    };
    await page.reload();
    await page.locator(".entry").nth(1).waitFor();
    await page.getByLabel("Finding").selectOption("Fast");
    await page.locator(".entry").getByText("Fast").waitFor();
    await page.getByLabel("Finding").selectOption("Slow");
    await page.getByText("No recording is like that.").waitFor();
    assert.match(hub.queries.at(-1)!, /after=r1/);
  });

  it("home: the live trace begins with the last ten seconds, moves, says its age, and coaches", async () => {
    const { page, hub } = await open(
      { samples: 30 * RATE, leads: ["I"], state: "recording" },
      "",
      // 20 s of paper.
      { viewport: { width: Math.round(20 * 25 * PX_PER_MM), height: 900 } },
    );
    const live = page.locator(".live");
    await live.waitFor();
    await page.getByText("Rest your arms, breathe calmly, do not speak.").waitFor();
    const inked = async () => {
      const image = readPng(await live.screenshot());
      const columns = Array.from({ length: image.width }, (_, x) =>
        Array.from({ length: image.height - 4 }, (_, y) => image.red(x, y + 2)).some((red) => red < 200),
      );
      return columns.slice(2, -2).filter(Boolean).length;
    };
    // It runs until it has shown what came, and no further: a second is 25 mm.
    const shows = async (seconds: number) => {
      let columns = -1;
      for (let before = -2; columns === 0 || columns !== before; ) {
        before = columns;
        await page.waitForTimeout(400);
        columns = await inked();
      }
      assert.ok(Math.abs(columns - seconds * 25 * PX_PER_MM) < 4, `${columns} columns after ${seconds} s`);
    };
    await shows(10);
    assert.ok(hub.windows.includes("?from=5000&to=7500"), hub.windows.join());
    hub.tellBlock(30 * RATE);
    await shows(11);
    await page.getByText(/^The newest is \d+ s old\./).waitFor();
    hub.tellBlock(31 * RATE);
    await page.getByText("Live, I, 25 mm/s, 10 mm/mV, less than 2 s old").waitFor();
    // Twice is once.
    hub.tellBlock(31 * RATE);
    await shows(12);
    hub.tell("mark", { recording: "r1", kind: "lead-off", sample: 2 * RATE });
    await page.getByRole("status").getByText("No contact. Moisten your fingers").waitFor();
  });

  it("home: after a sleep or a hub's restart the live trace and the rest catch up by themselves", async () => {
    const { page, hub } = await open({ samples: 30 * RATE, leads: ["I"], state: "recording" }, "");
    await page.getByText(/^Live, I, /).waitFor();
    // A hub that begins again refuses at first: then the browser itself gives up.
    hub.refusals.set("GET /api/live", 503);
    hub.hangUp();
    await page.getByText("No connection to the hub; trying again.").waitFor();
    hub.recording.samples = 90 * RATE;
    hub.windows.length = 0;
    while (hub.asked.filter((route) => route === "GET /api/live").length < 2) await page.waitForTimeout(100);
    hub.refusals.delete("GET /api/live");
    await page.getByText(/^Live, I, /).waitFor({ timeout: 60_000 });
    assert.deepEqual(hub.windows, ["?from=20000&to=22500"]);
    complaints.length = 0;
  });

  it("home: what she felt is sent to the handheld, and noted only once that has done so", async () => {
    const { page, hub } = await open({ samples: 30 * RATE, leads: ["I"], state: "recording" }, "");
    await page.getByRole("button", { name: "I felt something" }).click();
    await page.getByText("Sent to the handheld…").waitFor();
    assert.ok(hub.asked.includes(`POST /api/devices/${DEVICE}/mark`));
    hub.device.status!.lastCommand = 5;
    await page.getByText("Noted in the recording.").waitFor();
  });

  it("home: a hub that fell silent is said to be, and nothing looks like today's", async () => {
    const { page, hub } = await open({ samples: 30 * RATE, leads: ["I"] }, "");
    await page.getByText("Saved 14:02").waitFor();
    await page.getByText(/^Connected since .* Memory 12% full\.$/).waitFor();
    await hub.stop();
    await page.getByText("The hub has not answered since").waitFor({ timeout: 60_000 });
    await page.getByText(/^Last heard [^.]*\.$/).waitFor();
    await page.context().close();
    // That it could not be reached, the browser tells the console.
    complaints.length = 0;
  });

  it("home: speaks German and French where the browser does", async () => {
    const german = await open({ samples: 30 * RATE, leads: ["I"] }, "", { locale: "de-AT" });
    await german.page.getByText("Gesichert 14:02: 30 s, vollständig.").waitFor();
    await german.page.getByLabel("Sprache").selectOption("fr");
    await german.page.getByText("Ce n’est pas une alarme.").waitFor();
    await german.page.locator('html[lang="fr"]').waitFor();
  });

  for (const ratio of [1, 2, 3])
    it(`recording: 800 ms between beats are 20 mm on the paper, ${ratio} to the CSS pixel`, async () => {
      const { paper } = await openRecording({}, { deviceScaleFactor: ratio });
      const image = readPng(await paper.screenshot());
      const found = beats(image, 2 * ratio, image.height - 2 * ratio);
      assert.ok(found.length > 8, `${found.length} beats`);
      const exact = 20 * PX_PER_MM * ratio;
      for (const distance of gapsBetween(found))
        assert.ok(Math.abs(distance / exact - 1) < 0.01, `${distance} px`);
    });

  it("recording: calipers read the known interval within one sample, and arrow keys nudge them by one", async () => {
    const { page, paper } = await openRecording({});
    const image = readPng(await paper.screenshot());
    const [, a, b] = beats(image, 2, image.height - 2);
    await page.getByRole("button", { name: "Calipers" }).click();
    const box = (await paper.boundingBox())!;
    // They open at two and three fifths.
    for (const [share, x] of [
      [0.4, a!],
      [0.6, b!],
    ] as const) {
      await page.mouse.move(box.x + box.width * share, box.y + 80);
      await page.mouse.down();
      await page.mouse.move(box.x + x, box.y + 80);
      await page.mouse.up();
    }
    const read = async () =>
      Number(/([\d,.]+) ms/.exec((await page.locator(".reading").textContent())!)![1]!.replace(",", ""));
    const sample = 1000 / RATE;
    const exact = (BEAT * 1000) / RATE;
    const first = await read();
    assert.ok(Math.abs(first - exact) <= sample, `${first} ms`);
    await paper.focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await read(), first + sample);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Shift+ArrowLeft");
    assert.equal(await read(), first - 10 * sample);
  });

  it("recording: everything by keys alone", async () => {
    const { page, paper } = await openRecording({});
    for (let n = 0; n < 20; n++) {
      await page.keyboard.press("Tab");
      if (await paper.evaluate((element) => element === element.ownerDocument.activeElement)) break;
    }
    const caption = page.locator(".caption");
    await page.keyboard.press("3");
    assert.match(
      (await caption.textContent())!,
      /DEMO · 50 mm\/s, 10 mm\/mV, 250 Hz, unfiltered · not to scale/,
    );
    await page.keyboard.press("g");
    assert.match((await caption.textContent())!, /50 mm\/s, 20 mm\/mV/);
    await page.keyboard.press("-");
    assert.match((await caption.textContent())!, /33\.3 mm\/s/);
    await page.keyboard.press("End");
    assert.match((await paper.getAttribute("aria-label"))!, /to 24:00:00 of 24 h 0 min/);
    await page.keyboard.press("c");
    await page
      .locator(".reading")
      .getByText(/I: [\d,.]+ ms, [\d.]+ per minute, -?[\d.]+ mV/)
      .waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".reading").count(), 0);
  });

  it("recording: a wheel and two fingers zoom around what is under them", async () => {
    const { page, paper } = await openRecording({});
    const box = (await paper.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 40);
    await page.mouse.wheel(0, -200);
    const caption = page.locator(".caption");
    await caption.getByText("50 mm/s").waitFor();
    await page.mouse.wheel(0, 200);
    await caption.getByText("25 mm/s").waitFor();
    const fire = (type: string, id: number, x: number) =>
      paper.dispatchEvent(type, { pointerId: id, clientX: box.x + x, clientY: box.y + 40, bubbles: true });
    await paper.evaluate((element) => {
      // Made-up pointers cannot be captured.
      element.setPointerCapture = () => undefined;
    });
    await fire("pointerdown", 1, 300);
    await fire("pointerdown", 2, 400);
    await fire("pointermove", 2, 500);
    await caption.getByText("50 mm/s").waitFor();
  });

  it("recording: a gap is said and hatched; a click on the overview goes there", async () => {
    const gap = { from: 600, to: 800 };
    const { page, paper } = await openRecording({ gap });
    assert.match((await paper.getAttribute("aria-label"))!, /Missing here: 1 parts, hatched\./);
    const overview = (await page.locator(".overview").boundingBox())!;
    await page.mouse.click(overview.x + overview.width / 2, overview.y + 10);
    await page.waitForFunction(
      "/from (11:59|12:00):\\d\\d to 12:00/.test(document.querySelector('[role=application]').ariaLabel)",
    );
    assert.match((await paper.getAttribute("aria-label"))!, /Nothing is missing here\./);
  });

  it("recording: rhythm, beats and marks are told in words, beats as a table, and a click on an episode opens it", async () => {
    const minute = 60 * RATE;
    const episode = (rhythm: "sinus" | "af", from: number, to: number) => ({
      rhythm,
      from: from * minute,
      to: to * minute,
      confidence: 0.92,
      rate: 75,
      evidence: { from: from * minute, to: from * minute + 10 * RATE },
    });
    const { page, paper } = await openRecording({
      episodes: [episode("sinus", 0, 60), episode("af", 60, 90), episode("sinus", 90, 1440)],
      ectopicEvery: 4,
      marks: [RATE],
    });
    await page
      .getByText("Possible AF: show a clinician · 75 per minute · confidence 92% · 30 min 0 s")
      .waitFor();
    await page.getByText("Found by a program that can err; no diagnosis.").waitFor();
    await page.getByText("felt", { exact: true }).waitFor();
    assert.equal(await page.locator("tbody tr").count(), 0);
    await page.locator("summary").click();
    await page.locator("tbody tr").first().waitFor();
    const rows = await page.locator("tbody tr").allTextContents();
    // A beat each 800 ms, the first one at 400; the fourth is not normal.
    assert.equal(rows[0], "0:00.400Normal beats––90%");
    assert.equal(rows[3], "0:02.800Ventricular (V)800 ms7590%");
    await page.getByRole("button", { name: "1:00:00" }).click();
    assert.match((await paper.getAttribute("aria-label"))!, /^Electrocardiogram from 59:58 to 1:00:1\d /);
  });

  it("recording: filters are said while they are on, and one key leads back to the signal as it is", async () => {
    const { page, paper } = await openRecording({});
    const caption = page.locator(".caption");
    await paper.focus();
    const before = await paper.screenshot();
    await page.keyboard.press("f");
    await caption.getByText("filtered for display: ≥ 0.67 Hz, ≤ 40 Hz").waitFor();
    await settled(page);
    assert.notDeepEqual(await paper.screenshot(), before);
    await page.keyboard.press("r");
    await caption.getByText("unfiltered").waitFor();
    assert.deepEqual(await paper.screenshot(), before);
  });

  it("recording: twelve leads in three by four and a strip below, or otherwise", async () => {
    const leads = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
    const { page, paper } = await openRecording({ leads, samples: 60 * RATE });
    const bands = async () => {
      const { height } = (await paper.boundingBox())!;
      return Math.round(height / PX_PER_MM);
    };
    assert.equal(await bands(), 4 * 40);
    await paper.focus();
    await page.keyboard.press("l");
    assert.equal(await page.getByRole("button", { name: "6 × 2 + II" }).getAttribute("aria-pressed"), "true");
    assert.equal(await bands(), 7 * 30);
    await page.getByRole("button", { name: "Rows" }).click();
    assert.equal(await bands(), 12 * 30);
  });

  it("recording: compared with itself, both papers have one speed and one gain", async () => {
    const { page } = await open({ samples: DAY, leads: ["I"] }, "#/recordings/r1/r1");
    const captions = page.locator(".caption");
    await captions.nth(1).waitFor();
    await page.getByRole("button", { name: "50", exact: true }).click();
    assert.deepEqual(
      (await captions.allTextContents()).map((text) => /50 mm\/s/.test(text)),
      [true, true],
    );
    const where = page.getByRole("heading", { name: "Where is my recording?" });
    assert.equal(await where.count(), 0);
    await page.getByRole("link", { name: "End comparing" }).click();
    await captions.nth(1).waitFor({ state: "detached" });
    await where.waitFor();
  });

  it("recording: printed, 800 ms are 20 mm and 1 mV 10 mm, whatever the screen's ruler said, and DEMO stands on it", async function () {
    if (!existsSync("/usr/bin/pdftoppm")) {
      console.log("      skipped: printed paper (Debian package poppler-utils)");
      return this.skip();
    }
    const { page } = await openRecording({}, { colorScheme: "dark", deviceScaleFactor: 2 });
    await page.evaluate("localStorage.setItem('avnode-css-px-per-mm', '5')");
    await page.reload();
    await page.getByRole("application").waitFor();
    await settled(page);
    assert.doesNotMatch((await page.locator(".caption").textContent())!, /not to scale/);
    writeFileSync(
      join(dir, "page.pdf"),
      await page.pdf({ format: "A4", margin: { left: "10mm", top: "10mm" } }),
    );
    const text = execFileSync("/usr/bin/pdftotext", ["page.pdf", "-"], { cwd: dir, encoding: "utf8" });
    assert.match(text, /DEMO · 25 mm\/s, 10 mm\/mV, 250 Hz, unfiltered/);
    assert.doesNotMatch(text, /not to scale/);
    execFileSync("/usr/bin/pdftoppm", ["-r", String(PRINT_DPI), "-singlefile", "page.pdf", "page"], {
      cwd: dir,
    });
    const image = readPpm(readFileSync(join(dir, "page.ppm")));
    const mm = PRINT_DPI / 25.4;
    const paper = paperIn(image);
    const found = beats(cut(image, paper), 0, 40 * mm);
    assert.ok(found.length >= 6, `${found.length} beats`);
    const distance = mean(gapsBetween(found));
    assert.ok(Math.abs(distance / (20 * mm) - 1) < 0.01, `${distance} px, not ${20 * mm}`);
    // An R wave's top, less half the stroke's 0.3 mm, above the baseline 8 mm before it.
    const inked = (x: number) =>
      Array.from({ length: paper.height }, (_, y) => y).filter(
        (y) => image.red(Math.round(x), y + paper.top) < 128,
      );
    const top = Math.min(...[-2, -1, 0, 1, 2].flatMap((n) => inked(found[1]! + n))) + 0.15 * mm;
    const height = mean(inked(found[1]! - 8 * mm)) + 0.5 - top;
    assert.ok(Math.abs(height / (10 * mm) - 1) < 0.02, `${height} px, not ${10 * mm}`);
  });
});

/** The rows and columns of a printed page that have a grid. */
function paperIn(image: Image): { left: number; top: number; width: number; height: number } {
  const isPink = (x: number, y: number) => image.red(x, y) > 240 && image.green(x, y) < 235;
  const rows: number[] = [];
  for (let y = 0; y < image.height; y++) {
    let pink = 0;
    for (let x = 0; x < image.width; x++) if (isPink(x, y)) pink++;
    if (pink > image.width / 20) rows.push(y);
  }
  return { left: 0, top: rows[0]!, width: image.width, height: rows.at(-1)! - rows[0]! };
}
