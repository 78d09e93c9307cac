/** The whole page's paper, on screens and printed, measured from pixels: pulses of 1 mV and 200 ms, a grid of 5 mm. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { COUNTS_PER_MV, RATE, type Shape } from "./fakehub";
import { cut, type Image, readPng, readPpm } from "./image";
import { settled, withPage } from "./pagerig";
import { measureGrid, measurePulses } from "./paper/measured";

const CSS_PX_PER_MM = 96 / 25.4;
const PRINT_DPI = 300;
const PULSES: Shape = {
  samples: 60 * RATE,
  leads: ["I"],
  // Each second; as many samples before it as after it.
  signal: (n) => (n % RATE >= 0.4 * RATE && n % RATE < 0.6 * RATE ? COUNTS_PER_MV : 0),
};
/** Of a lead on the page's paper and on the printed sheet's, in mm; 0 mV is in its middle. */
const BAND_MM = 40;
const SHEET_BAND_MM = 36;
/** Around the signal and clear of frame, name and scale. */
const CURVE_MM = { above: 13, below: 3 };
/** In CSS pixels; the calibration pulse begins a millimetre behind it. */
const FRAME_PX = 2;
/** Of the grid alone, below the curve. */
const GRID_MM = { from: 5, to: 14 };

function near(values: number[], exact: number, what: string): void {
  for (const value of values)
    assert.ok(Math.abs(value / exact - 1) <= 0.01, `${what}: ${value} px where it should be ${exact}`);
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** @param band of one lead, between the frame's sides @param bandMm its height */
function check(band: Image, pxPerMm: number, bandMm: number): void {
  const middle = (bandMm / 2) * pxPerMm;
  const [top, bottom] = [middle - CURVE_MM.above * pxPerMm, middle + CURVE_MM.below * pxPerMm];
  const { heights, widths, periods } = measurePulses(
    cut(band, { left: 0, top: Math.round(top), width: band.width, height: Math.round(bottom - top) }),
  );
  const seconds = band.width / 25 / pxPerMm;
  assert.ok(heights.length >= Math.floor(seconds) - 2, `${heights.length} pulses in ${seconds} s`);
  near(heights, 10 * pxPerMm, "1 mV");
  near([mean(widths)], 5 * pxPerMm, "200 ms");
  near(periods, 25 * pxPerMm, "1 s");
  const [from, to] = [GRID_MM.from, GRID_MM.to].map((mm) => Math.round(middle + mm * pxPerMm));
  const { distances } = measureGrid(band, from!, to!);
  assert.ok(distances.length >= band.width / 5 / pxPerMm - 3, `${distances.length} lines`);
  near([mean(distances)], 5 * pxPerMm, "5 mm");
}

describe("the page's paper, true to scale", function () {
  this.timeout(180_000);
  const rig = withPage();

  async function checkScreen(page: Page, paper: Locator, ratio: number): Promise<void> {
    await settled(page);
    const image = readPng(await paper.screenshot());
    const edge = FRAME_PX * ratio;
    const inner = { left: edge, top: 0, width: image.width - 2 * edge, height: image.height };
    check(cut(image, inner), CSS_PX_PER_MM * ratio, image.height / ratio / CSS_PX_PER_MM);
  }

  for (const ratio of [1, 2, 3])
    it(`at 800, 1,200 and 2,400 px, one window made each of them, ${ratio} to the CSS pixel`, async () => {
      const { page } = await rig.open(PULSES, "#/recordings/r1", {
        deviceScaleFactor: ratio,
        viewport: { width: 800, height: 900 },
      });
      const paper = page.getByRole("application");
      await paper.waitFor();
      await page.locator(".caption").getByText("25 mm/s, 10 mm/mV").waitFor();
      let before = 0;
      for (const width of [800, 1200, 2400]) {
        await page.setViewportSize({ width, height: 900 });
        await settled(page);
        const { width: shown } = (await paper.boundingBox())!;
        assert.ok(shown > before, `the paper has ${shown} px of ${width}`);
        before = shown;
        await checkScreen(page, paper, ratio);
      }
    });

  for (const [what, address, bandMm] of [
    ["an open recording", "#/recordings/r1", BAND_MM],
    ["the sheet", "#/print/r1", SHEET_BAND_MM],
  ] as const)
    it(`${what}, printed with backgrounds off`, async function () {
      if (!existsSync("/usr/bin/pdftoppm")) {
        console.log("      skipped: printed paper (Debian package poppler-utils)");
        return this.skip();
      }
      const { page } = await rig.open(PULSES, address, { viewport: { width: 1200, height: 900 } });
      await page.locator("canvas").first().waitFor();
      await settled(page);
      const margin = { left: "10mm", top: "10mm", right: "10mm", bottom: "10mm" };
      writeFileSync(
        join(rig.dir, "page.pdf"),
        await page.pdf({ format: "A4", printBackground: false, margin }),
      );
      const pdftoppm = ["-r", String(PRINT_DPI), "-singlefile", "page.pdf", "page"];
      execFileSync("/usr/bin/pdftoppm", pdftoppm, { cwd: rig.dir });
      const image = readPpm(readFileSync(join(rig.dir, "page.ppm")));
      const pxPerMm = PRINT_DPI / 25.4;
      check(firstBand(image, pxPerMm, bandMm), pxPerMm, bandMm);
    });
});

/** Of a printed page: from its grid's first line to its last column. */
function firstBand(image: Image, pxPerMm: number, bandMm: number): Image {
  const isPink = (x: number, y: number) => image.red(x, y) > 240 && image.green(x, y) < 235;
  const count = (length: number, is: (at: number) => boolean) =>
    Array.from({ length }, (_, n) => n).filter(is);
  const top = count(
    image.height,
    (y) => count(image.width, (x) => isPink(x, y)).length > image.width / 2,
  )[0]!;
  const height = Math.round(bandMm * pxPerMm);
  const columns = count(image.width, (x) => count(height, (y) => isPink(x, top + y)).length > height / 20);
  const [left, right] = [columns[0]!, columns.at(-1)!].map(Math.round);
  return cut(image, { left: left!, top, width: right! - left!, height });
}
