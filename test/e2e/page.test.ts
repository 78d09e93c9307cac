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
const API = /page: (http:\/\/\S+)/;
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
    const heard = new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        said += chunk;
        if (API.test(said) && FRAMES.test(said)) resolve();
      };
      hub!.stdout!.on("data", hear);
      hub!.stderr!.on("data", hear);
      hub!.once("close", () => reject(new Error(said)));
    });
    await heard;
    address = API.exec(said)![1]!;
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
      const url = request.url();
      if (!url.startsWith(address) && !url.startsWith(`blob:${address}`)) complaints.push(`asked ${url}`);
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

  it("a clinician's link opens that recording, its over-read stands beside the finding, and an ended link opens nothing", async () => {
    const page = await open("#/people");
    await page.getByLabel("Name", { exact: true }).fill("Anna Weiss");
    await page.getByRole("button", { name: "Add a person" }).click();
    await page.getByText("0 recordings").waitFor();
    await page.goto(`${address}/#/recordings`);
    await page.locator(".entry h3 a").first().click();
    await page.getByLabel("Belongs to").selectOption("Anna Weiss");
    await page.getByText("Saved.", { exact: true }).waitFor();
    await page.getByLabel("For whom").fill("Dr Weiss");
    await page.getByRole("button", { name: "Make the link" }).click();
    const link = await page.getByLabel("The link's address").inputValue();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    assert.match(file.suggestedFilename(), /^[0-9a-f]{16}-1\.csv$/);

    const clinician = await (await chromium.browser.newContext({ locale: "en-GB" })).newPage();
    await clinician.goto(link);
    await clinician.getByText("This link opens one recording until").waitFor();
    await clinician.getByText("DEMO: simulated, no person's heart").waitFor();
    await clinician.getByLabel("Comment").fill("Seen.");
    await clinician.getByLabel("Signed: name").fill("Dr A. Weiss");
    await clinician.getByRole("button", { name: "Sign" }).click();
    await clinician.getByText("Kept and in the log.").waitFor();

    await page.reload();
    await page.getByRole("heading", { name: "Dr A. Weiss" }).waitFor();
    await page.getByText(/Dr Weiss · link open until .* · read over by Dr A. Weiss/).waitFor();
    await page.getByRole("button", { name: "End this link" }).click();
    await page.getByRole("button", { name: "End this link" }).waitFor({ state: "detached" });
    await clinician.reload();
    await clinician.getByText("This link has expired or was ended.").waitFor();

    await page.goto(`${address}/#/egress`);
    await page
      .getByText(/Opened by a link · Dr Weiss/)
      .first()
      .waitFor();
    await page.getByText(/Taken along as a file · .* · csv/).waitFor();
  });
});
