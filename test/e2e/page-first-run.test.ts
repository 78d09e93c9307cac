/** The first run of a hub that is new, `avnode start` as it is shipped, killed at each step. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { withChromium } from "../gateway/web/page/chromium";
import { PageHub, watched } from "./pagehub";

const PASSWORD = "correct horse battery";
const ASKS_FOR_THE_CODE = /the code is \S+ until/;
const IS_THERE = /page: \S+/;

describe("the first run of the real hub", function () {
  this.timeout(240_000);
  const chromium = withChromium();
  const complaints: string[] = [];
  let hub: PageHub | undefined;

  before(async () => {
    hub = await PageHub.build();
  });
  after(() => hub?.remove());

  it("asks for the printed code before anything; leads on, and comes back to its step when the hub is killed", async () => {
    const { folder } = hub!;
    const copies = join(folder, "copies");
    mkdirSync(copies);
    const start = (said: RegExp) =>
      hub!.start(said, {}, ["radio:", "  enabled: false", "backup:", `  dir: ${copies}`, "  everyHours: 24"]);
    await start(ASKS_FOR_THE_CODE);
    const { address, code } = hub!;
    const context = await chromium.browser.newContext({ locale: "en-GB" });
    const page = await watched(context, address, complaints);
    await page.goto(address);
    await page.getByRole("heading", { name: "Welcome" }).waitFor();
    assert.equal(await page.locator("nav").count(), 0);
    assert.equal(await page.locator(".demo").count(), 0);
    const setPassword = async (given: string) => {
      await page.getByLabel("Code").fill(given);
      await page.getByLabel("New password").fill(PASSWORD);
      await page.getByLabel("The same again").fill(PASSWORD);
      await page.getByRole("button", { name: "Go on", exact: true }).click();
    };
    await setPassword("AAAAA-AAAAA");
    await page.getByText("That is not the code that the hub printed when it started last.").waitFor();
    await setPassword(code);
    // Of a home the frame asks for the next step.
    await page.getByText("The first run is not finished: Handheld.").waitFor();
    await page.getByRole("link", { name: "Go on" }).click();

    const isAt = (step: string) => page.getByRole("heading", { name: step, exact: true }).waitFor();
    const killed = async (step: string) => {
      await isAt(step);
      await hub!.stop("SIGKILL");
      await start(IS_THERE);
      await page.reload();
      await isAt(step);
    };
    await killed("Handheld");
    await page.getByRole("button", { name: "Leave this out" }).click();
    await killed("Person");
    await page.getByLabel("Name", { exact: true }).fill("Anna Weiss");
    await page.getByRole("button", { name: "Add a person" }).click();
    await killed("Recovery sheet");
    await page.getByRole("button", { name: "Make the recovery code" }).click();
    await page.getByText(/^avr1 /).waitFor();
    await page.getByRole("button", { name: "It is on paper and put away" }).click();
    await killed("Backup");
    await page.getByRole("button", { name: "Back up now" }).click();
    await page.getByText("Everything is set up.").waitFor();

    // Nothing was open meanwhile: another browser is asked for the password.
    const other = await (await chromium.browser.newContext({ locale: "en-GB" })).newPage();
    await other.goto(address);
    await other.getByLabel("Password").fill(PASSWORD);
    await other.getByRole("button", { name: "Open" }).click();
    await other.getByText("No recording yet.").waitFor();
    // That nobody was logged in, that a code was wrong, and that the hub was away.
    for (const complaint of complaints.splice(0)) assert.match(complaint, /401|ERR_CONNECTION|net::ERR/);
  });
});
