/** The owner's page before the real program: `avnode start --demo`, as it is shipped, in Chromium. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { readRecord } from "../../gateway/wfdb/read";
import { withChromium } from "../gateway/web/page/chromium";
import { readPng } from "../gateway/web/page/image";
import { letIn, PageHub, tabTo, watched } from "./pagehub";

/** What the demo's handheld has recorded by then is enough for a strip. */
const FRAMES = /\b[1-9]\d+ frames\b/;
/** What the demo plays, over and over. */
const RECORD = join(__dirname, "../../tools/sim/records/mitdb208x");
const PASSWORD = "correct horse battery";

describe("the page of the real hub", function () {
  this.timeout(240_000);
  const chromium = withChromium();
  const complaints: string[] = [];
  let hub: PageHub | undefined;
  let address: string;

  before(async () => {
    hub = await PageHub.build("--demo");
    await hub.start(FRAMES);
    address = hub.address;
  });
  after(() => hub?.remove());
  afterEach(async () => {
    for (const context of chromium.browser.contexts()) await context.close();
    assert.deepEqual(complaints.splice(0), []);
  });

  /** As the owner, who is let in on the hub's own machine as long as there is no password. */
  async function open(hash: string): Promise<Page> {
    const context = await chromium.browser.newContext({ locale: "en-GB" });
    await letIn(context, address);
    const page = await watched(context, address, complaints);
    await page.goto(`${address}/${hash}`);
    return page;
  }

  it("home: says DEMO, that it records and is no alarm; the live trace moves", async () => {
    const page = await open("");
    await page.getByText("DEMO: simulated, not your heart").waitFor();
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
    assertPlayed(readFileSync(await file.path(), "utf8"));

    const clinician = await (await chromium.browser.newContext({ locale: "en-GB" })).newPage();
    await clinician.goto(link);
    await clinician.getByText("This link opens one recording until").waitFor();
    await clinician.getByText("DEMO: simulated, not your heart").waitFor();
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

  it("from the list to a verdict by keys alone: opened, measured, taken along, verified, marked as felt", async () => {
    const page = await open("");
    await tabTo(page, "Recordings");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Recordings" }).waitFor();
    await page.locator(".entry h3 a").waitFor();
    await tabTo(page, /^\d\d:\d\d$/);
    await page.keyboard.press("Enter");
    await page.getByRole("application").waitFor();
    await tabTo(page, /^Electrocardiogram from/);
    await page.keyboard.press("c");
    const reading = page.locator(".reading");
    const msOf = async () =>
      Number(/([\d,.]+) ms/.exec((await reading.textContent())!)![1]!.replace(",", ""));
    const before = await msOf();
    await page.keyboard.press("ArrowRight");
    // One sample of 360 a second; what is read has whole or tenth milliseconds.
    assert.ok(Math.abs((await msOf()) - before - 1000 / 360) < 0.51, `${before} then ${await msOf()} ms`);
    await tabTo(page, "CSV");
    const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    assertPlayed(readFileSync(await file.path(), "utf8"));
    await tabTo(page, "Verify");
    await page.keyboard.press("Enter");
    await page.getByText("Authentic: this is what the handheld made.").waitFor();
    await page.goto(`${address}/`);
    await page.getByRole("button", { name: "I felt something" }).waitFor();
    const noted = page.getByText("Noted in the recording.");
    // The demo's radio loses a hundredth of what is sent: whoever reads nothing presses again.
    for (let presses = 0; presses < 3 && !(await noted.isVisible()); presses++) {
      await tabTo(page, "I felt something");
      await page.keyboard.press("Space");
      await noted.waitFor({ timeout: 8000 }).catch(() => {});
    }
    assert.ok(await noted.isVisible());
  });

  // The last one: from here on nobody is let in without it.
  it("a password is set with the printed code alone, lets in, is refused when wrong, and is changed", async () => {
    const context = await chromium.browser.newContext({ locale: "en-GB" });
    const page = await watched(context, address, complaints);
    await page.goto(`${address}/#/setup/${hub!.code}`);
    await page.getByText("DEMO: simulated, not your heart").waitFor();
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByLabel("The same again").fill(PASSWORD);
    await page.getByRole("button", { name: "Go on", exact: true }).click();
    await page.getByText("Nothing here has to be set up: this is a demo.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    const logIn = async (password: string) => {
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Open" }).click();
    };
    await logIn("wrong");
    await page.getByRole("status").getByText("The password is wrong.").waitFor();
    await logIn(PASSWORD);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Present password").fill(PASSWORD);
    await page.getByLabel("New password").fill(`${PASSWORD} 2`);
    await page.getByLabel("The same again").fill(`${PASSWORD} 2`);
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("Saved.", { exact: true }).waitFor();
    const other = await chromium.browser.newContext({ locale: "en-GB" });
    const stranger = await other.newPage();
    await stranger.goto(address);
    await stranger.getByLabel("Password").fill(PASSWORD);
    await stranger.getByRole("button", { name: "Open" }).click();
    await stranger.getByRole("status").getByText("The password is wrong.").waitFor();
    await stranger.getByLabel("Password").fill(`${PASSWORD} 2`);
    await stranger.getByRole("button", { name: "Open" }).click();
    await stranger.getByText("Not an alarm.").waitFor();
    // Nobody was logged in, and once the password was wrong: the browser says both.
    for (const complaint of complaints.splice(0)) assert.match(complaint, /401/);
  });
});

/** A file's samples, in their order and without a gap, are what the demo's record has from some place on. */
function assertPlayed(csv: string): void {
  const rows = csv.split("\n").filter((line) => /^\d/.test(line));
  const counts = rows.map((row, n) => {
    const [sample, , count] = row.split(",");
    assert.equal(Number(sample), n);
    return Number(count);
  });
  assert.ok(counts.length > 360 * 5, `${counts.length} samples`);
  const [played] = readRecord(RECORD).signals;
  const at = (n: number) => played![n % played!.length];
  const isThere = (from: number) => counts.every((count, n) => at(from + n) === count);
  assert.ok(
    played!.some((_, from) => isThere(from)),
    "not what was played",
  );
}
