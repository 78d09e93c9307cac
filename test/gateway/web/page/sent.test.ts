import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FakeHub, RATE, type Shape, tall } from "./fakehub";
import { readPpm } from "./image";
import { settled, withPage } from "./pagerig";

const SHAPE: Shape = { samples: 30 * RATE, leads: ["I"] };
const PRINT_DPI = 300;
const MM = PRINT_DPI / 25.4;
const posted = (hub: FakeHub, route: string) => JSON.parse(hub.bodies.get(route)!.toString());

describe("the newest recording, sent and printed from Home", function () {
  this.timeout(180_000);
  const rig = withPage();

  it("nobody's is never sent: whose it is comes first; then what leaves and until when, and a link", async () => {
    const { page, hub } = await rig.open(SHAPE, "");
    // As a phone's browser over HTTPS has it.
    await page.evaluate("navigator.share = async ({ url }) => { document.title = url; }");
    await page.getByRole("button", { name: "Send: first say whose it is" }).click();
    await page.getByText("It is nobody's yet, and nobody's is never sent.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Make the link" }).count(), 0);
    await page.getByLabel("Belongs to").selectOption("Anna Weiss");
    await page
      .getByText(/^What leaves: this recording of Anna Weiss, 30 s, .* until .+\. The link opens wherever/)
      .waitFor();
    assert.deepEqual(posted(hub, "PUT /api/recordings/r1/person"), { person: 1 });
    await page.getByLabel("For days").fill("2");
    await page.getByRole("button", { name: "Make the link" }).click();
    const address = await page.getByLabel("The link's address").inputValue();
    assert.match(address, /\/link#\w{32}$/);
    assert.deepEqual(posted(hub, "POST /api/links"), { recording: "r1", hours: 48 });
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByText("Copied.").waitFor();
    await page.getByRole("button", { name: "Pass on…" }).click();
    assert.equal(await page.title(), address);
  });

  it("every strip says where it is, once that is opened, and Home leads to what left the house", async () => {
    const { page, hub } = await rig.open(SHAPE, "");
    const entry = page.locator(".entry");
    await entry.getByText("Where is my recording?").waitFor();
    assert.ok(!hub.asked.includes("GET /api/recordings/r1/whereabouts"));
    await entry.getByText("Where is my recording?").click();
    await entry.getByText("has given all of it over · 14:02").waitFor();
    await page.getByRole("link", { name: "What left the house" }).click();
    await page.getByText("Opened by a link · Dr Weiss").waitFor();
  });

  it("a viewer prints, and sends nothing", async () => {
    const { page } = await rig.open(SHAPE, "", {}, ({ answers }) => {
      answers["GET /api/session"] = () => ({ role: "viewer", csrf: "00", demo: true });
    });
    await page.getByRole("link", { name: "Print" }).waitFor();
    assert.equal(await page.getByRole("button", { name: /^Send/ }).count(), 0);
  });

  it("printed with backgrounds off: 30 s on one page, a beat each 20 mm, a ruler to check, and DEMO; a screen says not to scale", async function () {
    if (!existsSync("/usr/bin/pdftoppm")) {
      console.log("      skipped: printed paper (Debian package poppler-utils)");
      return this.skip();
    }
    const { page } = await rig.open(SHAPE, "", { colorScheme: "dark" });
    await page.getByRole("link", { name: "Print" }).click();
    await page.locator("canvas.row").nth(4).waitFor();
    await settled(page);
    await page.getByText("not to scale").first().waitFor();
    writeFileSync(
      join(rig.dir, "s.pdf"),
      await page.pdf({ printBackground: false, preferCSSPageSize: true }),
    );
    const run = (program: string, ...all: string[]) =>
      execFileSync(`/usr/bin/${program}`, all, { cwd: rig.dir, encoding: "utf8" });
    assert.match(run("pdfinfo", "s.pdf"), /Pages: +1\n/);
    const text = run("pdftotext", "s.pdf", "-");
    assert.match(text, /DEMO: simulated, not your heart/);
    assert.match(text, /25 mm\/s, 10 mm\/mV, 250 Hz, unfiltered/);
    assert.match(text, /Not an alarm/);
    // With its day, also of today.
    assert.match(text, /28 Nov 2026, 14:01/);
    // The ruler's line says it of a sheet that a printer made smaller; of this one nothing does.
    assert.equal(text.match(/not to scale/g)?.length, 1);
    run("pdftoppm", "-r", String(PRINT_DPI), "-singlefile", "s.pdf", "s");
    const image = readPpm(readFileSync(join(rig.dir, "s.ppm")));
    const inkedIn = (y: number) => {
      const xs: number[] = [];
      for (let x = 0; x < image.width; x++) if (image.red(x, y) < 110 && image.green(x, y) < 110) xs.push(x);
      return xs;
    };
    // Of the first row: R waves at 5 mm above the baseline, 10 mm below the band's upper edge.
    let grid = 0;
    const isPink = (x: number, y: number) => image.red(x, y) > 230 && image.green(x, y) < 225;
    while (Array.from({ length: image.width }, (_, x) => x).filter((x) => isPink(x, grid)).length < 300)
      grid++;
    const flanks = inkedIn(Math.round(grid + 10 * MM));
    const waves: number[][] = [];
    for (const x of flanks) {
      if (x - (waves.at(-1)?.at(-1) ?? -MM * 10) < 2 * MM) waves.at(-1)!.push(x);
      else waves.push([x]);
    }
    const beats = waves.map((one) => (one[0]! + one.at(-1)!) / 2).slice(2);
    assert.ok(beats.length >= 6, `${beats.length} beats`);
    const period = (beats.at(-1)! - beats[0]!) / (beats.length - 1);
    assert.ok(Math.abs(period / (20 * MM) - 1) < 0.01, `${period} px, not ${20 * MM}`);
    // The ruler: the lowest row that is dark for nearly as long; no text is.
    let ruler: number[] = [];
    for (let y = image.height - 1; y > 0 && ruler.length < 90 * MM; y--) ruler = inkedIn(y);
    const length = ruler.at(-1)! - ruler[0]! + 1;
    assert.ok(Math.abs(length / (100 * MM) - 1) < 0.01, `${length} px, not ${100 * MM}`);
  });

  it("what the paper shows is what is printed: half a minute from there on", async () => {
    const { page, hub } = await rig.open({ ...SHAPE, samples: 3600 * RATE }, "#/recordings/r1");
    await page.getByRole("application").focus();
    await page.keyboard.press("End");
    await settled(page);
    const at = /from (\S+) to/.exec((await page.getByRole("application").getAttribute("aria-label"))!)![1]!;
    await page.getByRole("link", { name: "Print" }).click();
    await page.getByText(`of 1 h 0 min, from ${at} on.`).waitFor();
    assert.ok(hub.windows.length > 0);
    assert.match(
      (await page.locator("canvas.row").first().getAttribute("aria-label"))!,
      new RegExp(`from ${at} to`),
    );
  });

  it("twelve leads are printed over ten seconds on one page on its side, 250 mm long", async function () {
    if (!existsSync("/usr/bin/pdftoppm")) {
      console.log("      skipped: printed paper (Debian package poppler-utils)");
      return this.skip();
    }
    const leads = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
    const { page } = await rig.open({ ...SHAPE, leads, signal: tall(2) }, "#/print/r1/500");
    await page.locator("canvas.row").waitFor();
    await settled(page);
    await page.getByText("10 s of 30 s, from 0:02 on.").waitFor();
    writeFileSync(
      join(rig.dir, "t.pdf"),
      await page.pdf({ printBackground: false, preferCSSPageSize: true }),
    );
    const run = (program: string, ...all: string[]) =>
      execFileSync(`/usr/bin/${program}`, all, { cwd: rig.dir, encoding: "utf8" });
    const info = run("pdfinfo", "t.pdf");
    assert.match(info, /Pages: +1\n/);
    const [, width, height] = /Page size: +([\d.]+) x ([\d.]+)/.exec(info)!;
    assert.ok(Number(width) > Number(height), info);
    run("pdftoppm", "-r", String(PRINT_DPI), "-singlefile", "t.pdf", "t");
    const image = readPpm(readFileSync(join(rig.dir, "t.ppm")));
    const isPink = (x: number, y: number) => image.red(x, y) > 230 && image.green(x, y) < 225;
    const columns = Array.from({ length: image.width }, (_, x) => x).filter(
      (x) =>
        Array.from({ length: image.height / 4 }, (_, n) => isPink(x, 4 * n)).filter(Boolean).length > 100,
    );
    const paper = columns.at(-1)! - columns[0]! + 1;
    // Ten seconds and the pulse, to the last line of its grid.
    assert.ok(paper > 256 * MM - 2 && paper <= 257 * MM + 2, `${paper / MM} mm`);
  });
});
