/** The owner's page before the real program: `avnode start --demo`, as it is shipped, in Chromium. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { buildPage } from "../../tools/page";
import { type Built, built } from "../gateway/cli/built";
import { withChromium } from "../gateway/web/page/chromium";
import { readPng } from "../gateway/web/page/image";

const ROOT = join(__dirname, "../..");
/** What the demo's handheld has recorded by then is enough for a strip. */
const FRAMES = /\b1\d frames\b/;

describe("the page of the real hub", function () {
  this.timeout(240_000);
  const chromium = withChromium();
  const complaints: string[] = [];
  let program: Built | undefined;
  let hub: ChildProcess | undefined;
  let said = "";
  let address: string;

  before(async () => {
    program = built();
    const folder = dirname(dirname(program.program));
    await buildPage(join(folder, "dist/page"));
    mkdirSync(join(folder, "tools/sim"), { recursive: true });
    symlinkSync(join(ROOT, "tools/sim/records"), join(folder, "tools/sim/records"));
    const config = join(folder, "avnode.yaml");
    writeFileSync(config, "broker:\n  port: 0\nweb:\n  port: 0\n");
    const words = ["start", "--demo", "--config", config, "--data", join(folder, "data")];
    hub = spawn(process.execPath, [program.program, ...words], { cwd: folder });
    const hear = (chunk: Buffer) => {
      said += chunk;
    };
    hub.stdout!.on("data", hear);
    hub.stderr!.on("data", hear);
    for (const word of [/api: http/, FRAMES])
      while (!word.test(said)) {
        assert.equal(hub.exitCode, null, said);
        await Promise.race([once(hub.stdout!, "data"), once(hub.stderr!, "data"), once(hub, "close")]);
      }
    address = /api: (http:\/\/\S+)/.exec(said)![1]!;
  });
  after(async () => {
    if (hub && hub.exitCode === null) {
      hub.kill("SIGINT");
      await once(hub, "close");
    }
    program?.remove();
  });
  afterEach(async () => {
    for (const context of chromium.browser.contexts()) await context.close();
    assert.deepEqual(complaints.splice(0), []);
  });

  /** As the owner, who is let in on the hub's own machine as long as there is no password. */
  async function open(hash: string): Promise<Page> {
    const context = await chromium.browser.newContext({ locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(`${address}/healthz`);
    await page.evaluate(
      `fetch("/api/login", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })`,
    );
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith(address)) complaints.push(`asked ${request.url()}`);
    });
    await page.goto(`${address}/${hash}`);
    return page;
  }

  it("home: says DEMO, that it records and is no alarm; the live trace moves", async () => {
    const page = await open("");
    await page.getByText("DEMO: simulated, no person's heart").waitFor();
    await page.getByText(/Recording since .* Saved up to/).waitFor();
    await page.getByText("Not an alarm.").waitFor();
    const live = page.locator(".live");
    await live.waitFor();
    const inked = async () => {
      const image = readPng(await live.screenshot());
      return Array.from({ length: image.width }, (_, x) =>
        Array.from({ length: image.height - 4 }, (_, y) => image.red(x, y + 2)).some((red) => red < 128),
      );
    };
    const before = await inked();
    // A second of it is more; without any this goes on until the test's time is over.
    for (let fresh = 0; fresh < 40; ) {
      await page.waitForTimeout(500);
      fresh = (await inked()).filter((isInked, x) => isInked && !before[x]).length;
    }
  });

  it("recordings: the one that runs is opened, moved and measured, and verified as what it is", async () => {
    const page = await open("#/recordings");
    await page.locator(".entry h3 a").first().click();
    const paper = page.getByRole("application");
    await paper.waitFor();
    assert.match((await paper.getAttribute("aria-label"))!, /^Electrocardiogram from 0:00 to /);
    await paper.focus();
    await page.keyboard.press("c");
    await page
      .locator(".reading")
      .getByText(/MLII: [\d,.]+ ms, [\d.]+ per minute, -?[\d.]+ mV/)
      .waitFor();
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("Authentic: this is what the handheld made.").waitFor();
  });
});
