import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { Page } from "playwright-core";
import { withChromium } from "../chromium";
import { readPng, readPpm } from "../image";
import { measureGrid, measurePulses, type Pulses } from "./measured";

/** A screen's, by CSS; and of a page rendered at so many dots an inch. */
const CSS_DPI = 96;
const PRINT_DPI = 300;
const HEIGHT = 200;
const HTML =
  '<!doctype html><style>*{margin:0}@page{size:A4;margin:10mm}canvas{display:block}</style><canvas></canvas><script src="/pulses.js"></script>';

function near(values: number[], exact: number, what: string): void {
  for (const value of values)
    assert.ok(Math.abs(value / exact - 1) <= 0.01, `${what}: ${value} px where it should be ${exact}`);
}

/** 10 mm/mV, 25 mm/s: 1 mV is 10 mm, 200 ms are 5 mm, a second is 25 mm. */
function checkPulses({ heights, widths, periods }: Pulses, pxPerMm: number, expected: number): void {
  assert.ok(heights.length >= expected, `only ${heights.length} pulses`);
  near(heights, 10 * pxPerMm, "1 mV");
  near(widths, 5 * pxPerMm, "200 ms");
  near(periods, 25 * pxPerMm, "1 s");
}

describe("paper, measured from pixels", function () {
  this.timeout(120_000);
  const chromium = withChromium();
  let script: string;
  before(() => {
    const built = buildSync({
      entryPoints: [join(__dirname, "../browser/pulses.ts")],
      bundle: true,
      write: false,
      format: "iife",
    });
    script = built.outputFiles[0]!.text;
  });

  async function open(width: number, deviceScaleFactor: number, hash = ""): Promise<Page> {
    const page = await chromium.browser.newPage({ viewport: { width, height: HEIGHT }, deviceScaleFactor });
    await page.route("**/*", (route) =>
      route.fulfill(
        route.request().url().endsWith(".js")
          ? { contentType: "text/javascript", body: script }
          : { contentType: "text/html", body: HTML },
      ),
    );
    await page.goto(`http://paper.test/${hash}`);
    return page;
  }

  for (const width of [800, 1200, 2400])
    for (const ratio of [1, 2, 3])
      it(`1 mV, 200 ms and the grid are true within 1 % at ${width} px, ${ratio} to the CSS pixel`, async () => {
        const page = await open(width, ratio);
        const image = readPng(await page.screenshot());
        await page.close();
        assert.equal(image.width, width * ratio);
        const pxPerMm = (CSS_DPI / 25.4) * ratio;
        checkPulses(measurePulses(image), pxPerMm, Math.floor(width / 25 / (CSS_DPI / 25.4)) - 2);
        // Above the curve. A single line may be half a pixel aside, all of them together not.
        const { distances } = measureGrid(image, 0, 40 * ratio);
        assert.ok(distances.length >= width / 20 - 2);
        near([distances.reduce((a, b) => a + b, 0) / distances.length], 5 * pxPerMm, "5 mm");
        for (const distance of distances) assert.ok(Math.abs(distance - 5 * pxPerMm) <= 1);
      });

  it("stays true when the window is made another size", async () => {
    const page = await open(1200, 2);
    await page.setViewportSize({ width: 777, height: HEIGHT });
    await page.waitForFunction("document.querySelector('canvas').width === 1554");
    const image = readPng(await page.screenshot());
    await page.close();
    checkPulses(measurePulses(image), (CSS_DPI / 25.4) * 2, 6);
  });

  it("is true on paper, with the printer's backgrounds off", async function () {
    if (!existsSync("/usr/bin/pdftoppm")) {
      console.log("      skipped: printed paper (Debian package poppler-utils)");
      return this.skip();
    }
    const page = await open(794, 1, "#print");
    const pdf = await page.pdf({ printBackground: false, preferCSSPageSize: true });
    await page.close();
    const dir = mkdtempSync(join(tmpdir(), "avnode-paper-"));
    try {
      writeFileSync(join(dir, "strip.pdf"), pdf);
      execFileSync("/usr/bin/pdftoppm", ["-r", String(PRINT_DPI), "-singlefile", "strip.pdf", "strip"], {
        cwd: dir,
      });
      const image = readPpm(readFileSync(join(dir, "strip.ppm")));
      const pxPerMm = PRINT_DPI / 25.4;
      checkPulses(measurePulses(image), pxPerMm, 5);
      const { distances } = measureGrid(image, Math.round(11 * pxPerMm), Math.round(20 * pxPerMm));
      assert.ok(distances.length >= 30);
      near([distances.reduce((a, b) => a + b, 0) / distances.length], 5 * pxPerMm, "5 mm in print");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
