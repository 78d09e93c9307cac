/** The form as its reader has it: from a disk, in a browser without any network, by keyboard. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import type { BrowserContext, Page } from "playwright-core";
import { contentOf, formWith } from "../../../gateway/answers/form";
import { takeAnswer } from "../../../gateway/answers/take";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { buildAnswerForm } from "../../../tools/answerform";
import { analyse, beat, begin, heart, RATE } from "../findings/hearts";
import { withChromium } from "../web/page/chromium";
import { WebRig } from "../web/rig";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TOO_SMALL = `[...document.querySelectorAll("button, select, input, textarea")]
  .filter((one) => one.offsetHeight < 48 || one.offsetWidth < 48).map((one) => one.outerHTML)`;

describe("the form in a browser without a network", function () {
  this.timeout(180_000);
  const chromium = withChromium();
  let dir: string;
  let dataDir: string;
  let rig: WebRig;
  let id: string;
  let file: string;
  let context: BrowserContext;
  let page: Page;
  let requests: string[];
  let complaints: string[];

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "avnode-form-"));
    rig = new WebRig();
    const handheld = rig.claimed();
    await rig.serve();
    const made = begin(handheld);
    beat(handheld, made, heart(7), 100);
    beat(handheld, made, heart(7), 80, { af: true, heartRateBpm: 95 });
    handheld.close(made);
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
    analyse(rig.store);
    await rig.give(id, "Zoë </script><b>Ünal");
    dataDir = rig.dataDir;
    file = join(dir, "answer-form.html");
    buildAnswerForm(file);
    const options = { label: "Dr Weiss", now: Date.now() };
    writeFileSync(file, formWith(contentOf(rig.store.reader, id, options), readFileSync(file, "utf8")));
    // Playwright's own waits stand still with a clock that does.
    rig.store.close();
    rig.time.restore();
  });
  after(async () => {
    await rig.app?.close();
    for (const one of [dir, dataDir]) rmSync(one, { recursive: true });
  });
  afterEach(async () => {
    await context.close();
    const asked = requests.filter((url) => !/^(blob|data):/.test(url));
    assert.deepEqual(asked, [pathToFileURL(file).href]);
    assert.deepEqual(complaints, []);
  });

  async function open(locale = "en-GB"): Promise<void> {
    context = await chromium.browser.newContext({ locale, offline: true });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    [requests, complaints] = [[], []];
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(pathToFileURL(file).href);
    await page.locator("form").waitFor();
  }

  /** With Tab alone, until what has the focus is called so. */
  async function tabTo(name: string): Promise<void> {
    for (let tabs = 0; tabs < 60; tabs++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(`(() => {
        const one = document.activeElement;
        return one.closest("label")?.firstChild.textContent.trim() ?? one.textContent.trim();
      })()`);
      if (focused === name) return;
    }
    assert.fail(`no tab comes to ${name}`);
  }

  it("shows whose heart it is, what was found and the strip that shows it, and that it is a demo", async () => {
    await open();
    const text = (await page.locator("main").textContent())!;
    for (const said of [
      "DEMO: simulated",
      "Zoë </script><b>Ünal",
      id,
      "3 min 0 s",
      "128 Hz",
      "no diagnosis",
      "Dr Weiss",
      "Possible AF: show a clinician",
    ])
      assert.ok(text.includes(said), said);
    const drawn = await page.evaluate(`[...document.images].map((one) => one.naturalWidth > 1000)`);
    assert.deepEqual(drawn, [true]);
    assert.deepEqual(await page.evaluate(TOO_SMALL), []);
    await page.evaluate(AXE);
    const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
    assert.deepEqual(
      violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`),
      [],
    );
  });

  it("is answered by keyboard, and the hub takes what it saves", async () => {
    await open();
    await tabTo("Your verdict");
    await page.keyboard.type("Reject");
    await tabTo("Note");
    await page.keyboard.type("ectopy, no fibrillation");
    await tabTo("Rhythm");
    await page.keyboard.type("Frequent");
    await tabTo("From second");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("120.5");
    await tabTo("To second");
    await page.keyboard.type("130");
    await tabTo("Add");
    await page.keyboard.press("Enter");
    await tabTo("Comment");
    await page.keyboard.type("Seen on screen.");
    await tabTo("Signed: name");
    await page.keyboard.type("Dr. med. A. Weiss");
    const [saved] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    assert.equal(saved.suggestedFilename(), `answer-${id.slice(0, 8)}.avnode.json`);
    await page.getByText("Send that file back").waitFor();
    const bytes = readFileSync(await saved.path());

    const store = Store.openAsIs(dataDir);
    // Of the store's own clock, on which the form was made.
    const { name } = takeAnswer(store, bytes, Date.UTC(2026, 10, 24));
    store.close();
    assert.equal(name, "Dr. med. A. Weiss");
    const reader = StoreReader.open(dataDir);
    const [read] = reader.overReads(id);
    reader.close();
    assert.equal(read!.comment, "Seen on screen.");
    const [judged, added] = read!.findings;
    assert.deepEqual(
      [judged!.verdict, judged!.automatic!.rhythm, judged!.note],
      ["rejected", "af", "ectopy, no fibrillation"],
    );
    const stretch = { rhythm: "ectopy", from: 120.5 * RATE, to: 130 * RATE };
    assert.deepEqual([added!.verdict, added!.finding], ["added", stretch]);
  });

  it("saves no answer that says nothing, and none without a name", async () => {
    await open();
    let saves = 0;
    page.on("download", () => saves++);
    await page.getByLabel("Comment").fill("Seen.");
    await page.getByRole("button", { name: "Save the answer" }).click();
    await page.getByLabel("Signed: name").fill("Dr Weiss");
    await page.getByLabel("Comment").fill(" ");
    await page.getByRole("button", { name: "Save the answer" }).click();
    await page.getByText("A name alone says nothing").waitFor();
    assert.equal(saves, 0);
  });

  for (const [locale, title] of [
    ["de-AT", "Ein EKG zum Befunden"],
    ["fr-CH", "Un ECG à lire"],
    ["xx", "An ECG to read"],
  ] as const)
    it(`speaks its reader's language: ${locale}`, async () => {
      await open(locale);
      assert.equal(await page.locator("h1").textContent(), title);
      assert.equal(
        await page.locator("html").getAttribute("lang"),
        locale === "xx" ? "en" : locale.slice(0, 2),
      );
    });
});
