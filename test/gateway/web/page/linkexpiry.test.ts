/** A clinician's link in the browser, before the real server on a clock that the test moves: open until its hour, then shut. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { systemClock } from "../../../../gateway/clock";
import { startWeb, type Web } from "../../../../gateway/web/server";
import { buildPage } from "../../../../tools/page";
import { beat, begin, heart } from "../../findings/hearts";
import { WebRig } from "../rig";
import { withChromium } from "./chromium";

const HOURS = 2;
const HOUR_MS = 3_600_000;

describe("a clinician's link in a browser", function () {
  this.timeout(180_000);
  const chromium = withChromium();
  const dir = mkdtempSync(join(tmpdir(), "avnode-page-"));
  let rig: WebRig;
  let web: Web | undefined;
  /** What the server's clock is ahead, in ms. */
  let ahead = 0;

  before(() => buildPage(dir));
  beforeEach(() => {
    rig = new WebRig();
  });
  afterEach(async () => {
    for (const context of chromium.browser.contexts()) await context.close();
    await web?.stop();
    await rig.close();
  });
  after(() => rmSync(dir, { recursive: true }));

  /** Waited for in the page: clocks out here stand still, and Playwright's own waits with them. */
  const shows = (page: Page, text: string) =>
    page.evaluate(`new Promise((done) => {
      const look = () =>
        document.body.innerText.includes(${JSON.stringify(text)}) ? done() : setTimeout(look, 50);
      look();
    })`);

  async function sign(page: Page, comment: string): Promise<void> {
    await shows(page, "Signed: name");
    await page.getByLabel("Comment").fill(comment);
    await page.getByLabel("Signed: name").fill("Dr A. Weiss");
    await page.getByRole("button", { name: "Sign" }).click();
  }

  it("opens until its hour and not after: neither anew, nor for a page that it opened before", async () => {
    const handheld = rig.claimed();
    const made = begin(handheld);
    beat(handheld, made, heart(7), 20);
    handheld.close(made);
    rig.deliver(handheld, made);
    await rig.serve();
    const recording = rig.idOf(handheld, 1);
    await rig.give(recording);
    const link = (await rig.ask("POST", "/api/links", { recording, hours: HOURS, label: "Dr Weiss" })).json();
    web = await startWeb({
      dataDir: rig.dataDir,
      hub: rig.store,
      page: dir,
      place: { port: 0 },
      clock: { ...systemClock, now: () => Date.now() + ahead },
    });
    const page = await (await chromium.browser.newContext({ locale: "en-GB" })).newPage();
    const token = link.address.split("#")[1];
    await page.goto(`${web.address}/link#${token}`);
    await shows(page, "This link opens one recording until");
    // A tenth of it is left, so that a machine that is busy does not miss its end.
    ahead = HOURS * HOUR_MS * 0.9;
    await page.reload();
    await shows(page, "This link opens one recording until");
    await sign(page, "In time.");
    await shows(page, "Kept and in the log.");

    // The page that stands open learns of it when it asks next.
    ahead = HOURS * HOUR_MS;
    await shows(page, "This link has expired or was ended.");
    const late = await page.request.post(`${web.address}/api/recordings/${recording}/overreads`, {
      headers: { authorization: `Bearer ${token}`, origin: web.address },
      data: { name: "Dr A. Weiss", comment: "Too late.", findings: [] },
    });
    assert.equal(late.status(), 401);
    await page.reload();
    await shows(page, "This link has expired or was ended.");
    assert.equal(await page.getByRole("application").count(), 0);
    const { overReads } = (await rig.ask("GET", `/api/recordings/${recording}/overreads`)).json();
    assert.deepEqual(
      overReads.map(({ comment }: { comment: string }) => comment),
      ["In time."],
    );
  });
});
