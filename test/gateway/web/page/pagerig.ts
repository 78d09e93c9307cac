/** The built page, opened in Chromium before a hub of known answers; whatever it complains of fails the test. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { buildPage } from "../../../../tools/page";
import { withChromium } from "./chromium";
import { type FakeHub, fakeHub, NOW, type Shape } from "./fakehub";

export interface Opened {
  page: Page;
  hub: FakeHub;
}

export interface PageRig {
  /** Of the built page, and for what a test makes. */
  dir: string;
  /** What the browser complained of: a test that means it to empties it. */
  complaints: string[];
  /** @param prepare changes the hub's answers before the page asks */
  open(
    shape: Shape,
    address: string,
    options?: BrowserContextOptions,
    prepare?: (hub: FakeHub) => void,
  ): Promise<Opened>;
}

/** For the suite around it. */
export function withPage(): PageRig {
  const chromium = withChromium();
  const dir = mkdtempSync(join(tmpdir(), "avnode-page-"));
  const hubs: FakeHub[] = [];
  const complaints: string[] = [];
  before(() => buildPage(dir));
  after(() => rmSync(dir, { recursive: true }));
  afterEach(async () => {
    for (const context of chromium.browser.contexts()) await context.close();
    for (const hub of hubs.splice(0)) await hub.stop();
    // A policy that is broken, an error, a request to anybody else.
    assert.deepEqual(complaints.splice(0), []);
  });
  return {
    dir,
    complaints,
    async open(shape, address, options = {}, prepare = () => undefined) {
      const hub = await fakeHub(dir, shape);
      hubs.push(hub);
      prepare(hub);
      const context = await chromium.browser.newContext({
        locale: "en-GB",
        timezoneId: "UTC",
        ...options,
      });
      // The hub's answers are of one day, and of today the page says the time alone.
      await context.clock.setSystemTime(NOW);
      const page = await context.newPage();
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(hub.address) && !url.startsWith(`blob:${hub.address}/`))
          complaints.push(`asked ${url}`);
      });
      await page.goto(`${hub.address}/${address}`);
      return { page, hub };
    },
  };
}

/** Until what was asked is drawn. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}
