/** A day's recording on the screen: how long until it stands there, and how evenly it moves under a hand. */
import type { Page } from "playwright-core";
import type { Opener } from "./chromium";
import { ours, peers } from "./folder";
import type { Expected, Watch } from "./watching";

declare const window: { watch: Watch; panning: { stop(): number[] } };

const LEADS = 3;
const STRIP = '[role="application"] canvas';
/** The overview's first canvas, and the strip of all leads; of the peer a canvas each. */
const OURS: Expected[] = [
  { selector: ".overview canvas", bands: 1 },
  { selector: STRIP, bands: LEADS },
];
const PEERS: Expected[] = Array.from({ length: 1 + LEADS }, (_, n) => ({
  selector: `.uplot:nth-of-type(${n + 1}) canvas`,
  bands: 1,
}));
const PAINT_MS = 60_000;

/** Of a browser that was never here, and of the same one again. */
export interface Loads {
  cold: number;
  warm: number;
}

/** ms from the address to the pixels. @param address of the hub @param id of the recording */
export async function loads(
  opener: Opener,
  address: string,
  id: string,
  whose: "ours" | "peer",
): Promise<Loads> {
  const context = await opener.context(address);
  try {
    const [path, expected] = whose === "ours" ? [ours(id), OURS] : [peers(id), PEERS];
    const cold = await load(await context.newPage(), address + path, expected);
    const warm = await load(await context.newPage(), address + path, expected);
    return { cold, warm };
  } finally {
    await context.close();
  }
}

async function load(page: Page, url: string, expected: Expected[]): Promise<number> {
  page.setDefaultTimeout(PAINT_MS);
  await page.goto(url, { waitUntil: "commit" });
  const ms = await page.evaluate((all) => window.watch.painted(all), expected);
  await page.close();
  return ms;
}

/** A hand takes hold, pulls for so many steps, and comes back. */
const STROKES = 10;
const STEPS = 60;
const STEP_PX = 12;
/** Of a good mouse; what comes between two frames goes into one. */
const INPUT_MS = 8;
const TURNS = 240;
const TURN_PX = 15;

/** ms between frames in which the paper moved, of a hand that pulls it and of a wheel. */
export async function panning(
  opener: Opener,
  address: string,
  id: string,
  whose: "ours" | "peer",
): Promise<{ drag: number[]; wheel: number[] }> {
  const context = await opener.context(address);
  try {
    const page = await context.newPage();
    const [path, expected] = whose === "ours" ? [ours(id), OURS] : [peers(id), PEERS];
    await page.goto(address + path);
    await page.evaluate((all) => window.watch.painted(all), expected);
    await page.waitForLoadState("networkidle");
    const canvas = expected.at(-1)!.selector;
    await page.locator(canvas).scrollIntoViewIfNeeded();
    const box = (await page.locator(canvas).boundingBox())!;
    const [x, y] = [box.x + box.width - 50, box.y + box.height / 2];
    return {
      drag: await intervals(page, canvas, () => drag(page, x, y)),
      wheel: await intervals(page, canvas, () => turn(page, x, y)),
    };
  } finally {
    await context.close();
  }
}

async function intervals(page: Page, canvas: string, move: () => Promise<void>): Promise<number[]> {
  await page.evaluate((selector) => {
    window.panning = window.watch.frames(selector);
  }, canvas);
  await move();
  const times = await page.evaluate(() => window.panning.stop());
  return times.slice(1).map((time, n) => time - times[n]!);
}

async function drag(page: Page, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  for (let stroke = 0; stroke < STROKES; stroke++) {
    // Two to the left, one back: most of what comes was not seen before.
    const isBack = stroke % 3 === 2;
    const place = (step: number) => x - STEP_PX * (isBack ? STEPS - step : step);
    await page.mouse.move(place(0), y);
    await page.mouse.down();
    await paced(STEPS, (step) => page.mouse.move(place(step), y));
    await page.mouse.up();
  }
}

async function turn(page: Page, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  await paced(TURNS, () => page.mouse.wheel(TURN_PX, 0));
}

/** As a hand does it, whatever the page does meanwhile. */
async function paced(count: number, act: (n: number) => Promise<void>): Promise<void> {
  const begin = performance.now();
  const under: Promise<void>[] = [];
  for (let n = 1; n <= count; n++) {
    under.push(act(n));
    const wait = begin + n * INPUT_MS - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  await Promise.all(under);
}
