import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { RATE, tall } from "./fakehub";
import { type Image, readPng } from "./image";
import { settled, withPage } from "./pagerig";

const PX_PER_MM = (96 / 25.4) * 2;
const SCREEN = { deviceScaleFactor: 2, viewport: { width: 1000, height: 900 } };
/** The border, and the name of the lead in the corner; in pixels. */
const EDGE = 4;
const NAME = 80;

/** Rows from the highest ink to the one with the most, which is the baseline; half a stroke of 2 px is no height. */
function heightOf(image: Image): { height: number; top: number } {
  const inkIn = Array.from({ length: image.height }, (_, y) => {
    let count = 0;
    for (let x = NAME; x < image.width - EDGE; x++) if (image.red(x, y) < 100) count++;
    return y < EDGE || y >= image.height - EDGE ? 0 : count;
  });
  const baseline = inkIn.indexOf(Math.max(...inkIn));
  const top = inkIn.findIndex((count) => count > 0);
  return { height: baseline - top, top };
}

describe("page: waves of 3 mV, measured from pixels", function () {
  this.timeout(180_000);
  const rig = withPage();
  const seen = async (box: Locator) => {
    await box.scrollIntoViewIfNeeded();
    return readPng(await box.screenshot());
  };
  const isWhole = (image: Image) => {
    const { height, top } = heightOf(image);
    assert.ok(Math.abs(height / (30 * PX_PER_MM) - 1) < 0.01, `${height} px, not ${30 * PX_PER_MM}`);
    assert.ok(top > 1.5 * PX_PER_MM, "bare paper above");
  };
  const shape = { samples: 30 * RATE, leads: ["I"], signal: tall(3) };

  it("are 30 mm on a recording's paper, which is as high everywhere in it; a smaller gain makes it low again", async () => {
    const { page } = await rig.open(shape, "#/recordings/r1", SCREEN);
    const paper = page.getByRole("application");
    await paper.waitFor();
    await settled(page);
    isWhole(await seen(paper));
    const mm = async () => Math.round(((await paper.boundingBox())!.height * 2) / PX_PER_MM);
    assert.equal(await mm(), 55);
    await paper.focus();
    await page.keyboard.press("End");
    assert.equal(await mm(), 55);
    await page.getByRole("button", { name: "5", exact: true }).click();
    assert.equal(await mm(), 40);
    assert.doesNotMatch((await page.locator(".caption").textContent())!, /higher than the paper/);
  });

  it("of 30 mV leave the paper, which is said and marked at its edge", async () => {
    const { page } = await rig.open({ ...shape, signal: tall(30) }, "#/recordings/r1", SCREEN);
    const paper = page.getByRole("application");
    await paper.waitFor();
    await settled(page);
    await page.locator(".caption").getByText("the curve is higher than the paper").waitFor();
    const image = await seen(paper);
    const y = Math.round(EDGE / 2 + 0.5 * PX_PER_MM);
    let [marked, waves] = [0, 0];
    for (let x = NAME; x < image.width - EDGE; x++) {
      // Blue, which neither the grid nor the curve is.
      const isBlue = image.red(x, y) < 40 && image.green(x, y) > 50;
      if (isBlue && marked === 0) waves++;
      marked = isBlue ? 1 : 0;
    }
    // One each 20 mm.
    const expected = (image.width - NAME) / (20 * PX_PER_MM);
    assert.ok(Math.abs(waves - expected) <= 1.5, `${waves} marks of ${expected}`);
  });

  it("are whole in the live trace, and in a thumbnail", async () => {
    const { page, hub } = await rig.open({ ...shape, state: "recording" }, "", SCREEN);
    const live = page.locator(".live");
    await live.waitFor();
    hub.tellBlock(30 * RATE);
    await page.waitForTimeout(1500);
    isWhole(await seen(live));
    const thumbnail = await seen(page.locator(".thumbnail"));
    const { height, top } = heightOf(thumbnail);
    assert.ok(top > 0 && height > thumbnail.height / 2, `${height} px from ${top}`);
  });
});
