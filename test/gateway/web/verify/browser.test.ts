/** verify.html as its reader has it: from a disk, in a browser without any network. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import PDFDocument from "pdfkit";
import type { BrowserContext, Page } from "playwright-core";
import { DeviceClass } from "../../../../protocol/certificate";
import { encodeProof } from "../../../../protocol/proof/file";
import { buildVerifyPage } from "../../../../tools/verifypage";
import { beats, Handheld, Hub, SIMULATION } from "../../../protocol/proof/notary";
import { VECTORS } from "../../../protocol/vectors";
import { withChromium } from "../page/chromium";
import { GAIN, RATE, type Simulated, simulatedProof } from "./simulated";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PROOFS = join(VECTORS, "proofs");
const { cases } = JSON.parse(readFileSync(join(PROOFS, "index.json"), "utf8")) as {
  cases: {
    name: string;
    file: string;
    trust: string[];
    revocations: string[];
    verdict: string;
    code: string;
  }[];
};

/** Of each column of the canvas the middle of what is dark: the curve. Below the lead's name. */
const MIDDLES = `(() => {
  const canvas = document.querySelector("#paper canvas");
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const middles = [];
  for (let x = 0; x < width; x++) {
    let [least, most] = [height, -1];
    for (let y = 30; y < height; y++) {
      const at = 4 * (y * width + x);
      if (data[at + 3] <= 128 || data[at] + data[at + 1] + data[at + 2] >= 400) continue;
      least = Math.min(least, y);
      most = Math.max(most, y);
    }
    middles.push(most < 0 ? null : (least + most) / 2);
  }
  return { middles, width };
})()`;
const TOO_SMALL = `[...document.querySelectorAll("button, select, input, summary")]
  .filter((one) => one.offsetHeight > 0 && (one.offsetHeight < 48 || one.offsetWidth < 48))
  .map((one) => one.outerHTML)`;
const TINY = `[...document.querySelectorAll("body *")]
  .filter((one) => Number.parseFloat(getComputedStyle(one).fontSize) < 18)
  .map((one) => one.tagName)`;

describe("verify.html in a browser without a network", function () {
  this.timeout(180_000);
  const chromium = withChromium();
  let dir: string;
  let made: Simulated;
  let context: BrowserContext;
  let page: Page;
  let requests: string[];
  let complaints: string[];

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "avnode-verify-"));
    buildVerifyPage(join(dir, "verify.html"));
    made = await simulatedProof(dir);
  });
  after(() => rmSync(dir, { recursive: true }));
  beforeEach(() => open());
  afterEach(async () => {
    await context.close();
    const asked = requests.filter((url) => !url.startsWith("blob:"));
    assert.deepEqual(asked, [pathToFileURL(join(dir, "verify.html")).href]);
    assert.deepEqual(complaints, []);
  });

  async function open(more: { locale?: string; colorScheme?: "dark" } = {}): Promise<void> {
    context = await chromium.browser.newContext({ locale: "en-GB", offline: true, ...more });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    [requests, complaints] = [[], []];
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(pathToFileURL(join(dir, "verify.html")).href);
  }

  const verdict = () => page.locator(".verdict");
  async function bring(name: string, bytes: Uint8Array): Promise<void> {
    await page.setInputFiles("#file", {
      name,
      mimeType: "application/octet-stream",
      buffer: Buffer.from(bytes),
    });
    await verdict().waitFor();
  }

  /** As a hand drops it. */
  async function drop(name: string, bytes: Uint8Array): Promise<void> {
    await page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob("${Buffer.from(bytes).toString("base64")}"), (letter) => letter.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}));
      dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true, bubbles: true }));
    })()`);
    await verdict().waitFor();
  }

  function pdf(): Promise<Buffer> {
    const doc = new PDFDocument();
    const pieces: Buffer[] = [];
    doc.on("data", (piece) => pieces.push(piece));
    const ended = new Promise<Buffer>((done) => doc.on("end", () => done(Buffer.concat(pieces))));
    doc.text("A report");
    doc.file(Buffer.from(made.proof), { name: "proof.avnode" });
    doc.end();
    return ended;
  }

  it("takes a PDF that is dropped, and says that its pages were not judged", async () => {
    await drop("report.pdf", await pdf());
    assert.equal(await verdict().textContent(), "Simulated");
    await page.getByText("What its pages print was not judged").waitFor();
    await page.locator("#result").getByText("DEMO – SIMULATED").waitFor();
    await page.locator("#viewer").getByText("DEMO – SIMULATED").waitFor();
    await page.getByText("Not to scale until").waitFor();
  });

  it("comes to the verdict of each vector, line by line named", async () => {
    const firsts = new Map(cases.map((one) => [one.verdict, one]));
    assert.equal(firsts.size, 9);
    for (const { name, file, verdict: word, code, trust, revocations } of firsts.values()) {
      await page.evaluate(`document.getElementById("trust").value = ${JSON.stringify(trust.join("\n"))}`);
      await page.setInputFiles(
        "#revocations",
        revocations.map((list, n) => ({
          name: `list${n}`,
          mimeType: "application/octet-stream",
          buffer: Buffer.from(list, "hex"),
        })),
      );
      await bring(file, readFileSync(join(PROOFS, file)));
      await page.getByText(`${word.toUpperCase()} (${code})`, { exact: true }).waitFor({ timeout: 15_000 });
      assert.equal(await page.locator("tr[data-line]").count(), 7, name);
    }
  });

  it("tells an altered byte, and a foreign file, in words; and shows no curve of either", async () => {
    const altered = Uint8Array.from(made.proof);
    altered[altered.length >> 1]! ^= 1;
    await bring("altered.proof", altered);
    assert.equal(await verdict().textContent(), "Altered");
    assert.equal(await page.locator("#viewer").isVisible(), false);
    await bring("letter.txt", Buffer.from("Dear doctor"));
    await page.getByText("Not a proof").waitFor();
    const bare = new PDFDocument();
    const pieces: Buffer[] = [];
    bare.on("data", (piece) => pieces.push(piece));
    const ended = new Promise((done) => bare.on("end", done));
    bare.end();
    await ended;
    await bring("bare.pdf", Buffer.concat(pieces));
    await page.getByText("the PDF carries no proof").waitFor();
  });

  it("shows names out of a file as text, whatever they look like, and no curve of a recording longer than its memory", async () => {
    const name = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
    const handheld = new Handheld("hostile", SIMULATION, DeviceClass.simulated);
    const hub = new Hub("hostile hub");
    const person = { name, salt: new Uint8Array(16) };
    const long = handheld.record([...beats(1), { frontEnd: 2 ** 40 }, ...beats(1)], { person });
    hub.log(long);
    await bring(`${name}.proof`, encodeProof(hub.prove(handheld, long, { open: true, person })));
    assert.equal(await verdict().textContent(), "Simulated");
    await page.getByText("longer than this page can draw").waitFor();
    assert.equal(await page.locator("#viewer").isVisible(), false);
    assert.match((await page.locator("tr[data-line=identity]").textContent())!, /<img src=x/);
    assert.equal(await page.locator("#result img, #result script").count(), 0);
    assert.equal(await page.title(), "avnode: Verify an ECG recording");
  });

  it("judges what was brought last, whichever was read first, and never an earlier file again", async () => {
    await bring("r1.proof", made.proof);
    await page.evaluate(`(() => {
      const bring = (name, read) => {
        const file = Object.assign(new File(["Dear doctor"], name), { arrayBuffer: read });
        const event = new DragEvent("drop", { cancelable: true });
        Object.defineProperty(event, "dataTransfer", { value: { files: [file] } });
        dispatchEvent(event);
      };
      let late;
      bring("slow.proof", () => new Promise((done) => { late = done; }));
      bring("gone.proof", () => Promise.reject(new Error("it is gone")));
      setTimeout(() => late(new ArrayBuffer(5)), 0);
    })()`);
    await page.getByText("gone.proof cannot be read: it is gone; bring it again, as a file").waitFor();
    await page.click("summary");
    await page.getByRole("button", { name: "Judge again" }).click();
    assert.equal(await verdict().textContent(), "Not judged");
    assert.equal(await page.locator("#viewer").isVisible(), false);
  });

  it("refuses trust and lists that are too long, instead of leaving them out in silence", async () => {
    await bring("r1.proof", made.proof);
    const brought = (length: number) => ({
      name: "long",
      mimeType: "text/plain",
      buffer: Buffer.alloc(length, 0x20),
    });
    await page.setInputFiles("#revocations", brought(8_388_609));
    await page.getByText("(REVOCATIONS_SIZE)").waitFor();
    await page.setInputFiles("#revocations", []);
    await verdict().getByText("Simulated").waitFor();
    await page.setInputFiles("#trust-file", brought(1_048_577));
    await page.getByText("(TRUST_SIZE)").waitFor();
  });

  it("would let nothing in it ask any address, were something in it taken over", async () => {
    const policy = await page.getAttribute("meta[http-equiv=content-security-policy]", "content");
    assert.doesNotMatch(policy!, /https?:|\*|unsafe|data:|'self'/);
    const failures: string[] = [];
    page.on("requestfailed", (request) => failures.push(request.failure()!.errorText));
    const told = await page.evaluate(`Promise.all([
      fetch("http://127.0.0.1:9/").catch((error) => error.name),
      new Promise((done) => {
        addEventListener("securitypolicyviolation", (event) => {
          if (event.violatedDirective === "img-src") done("refused by " + event.originalPolicy.split(";")[0]);
        });
        new Image().src = "http://127.0.0.1:9/image.png";
      }),
    ])`);
    assert.deepEqual(told, ["TypeError", "refused by default-src 'none'"]);
    assert.ok(
      failures.every((text) => text === "csp"),
      failures.join(),
    );
    requests.length = 1;
    complaints.length = 0;
  });

  it("measures with calipers what was recorded", async () => {
    await bring("r1.proof", made.proof);
    const paper = page.locator("#paper");
    await paper.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("c");
    const first = 8;
    const second = 134;
    for (const [foot, sample] of [
      ["a", first],
      ["b", second],
    ] as const) {
      await page.keyboard.press(foot);
      // To the beginning, then sample by sample.
      await page.evaluate(`(() => {
        const box = document.getElementById("paper");
        const press = (key, shiftKey) => box.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey }));
        for (let n = 0; n <= ${made.signal.length / 10}; n++) press("ArrowLeft", true);
        for (let n = 0; n < ${sample}; n++) press("ArrowRight", false);
      })()`);
    }
    const mv = (made.signal[second]! - made.signal[first]!) / GAIN;
    const ms = ((second - first) * 1000) / RATE;
    const number = (value: number, digits: number) =>
      new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value);
    assert.equal(
      await page.locator("#reading").textContent(),
      `MLII: ${number(ms, 1)} ms · ${number(60_000 / ms, 1)} per minute · ${number(mv, 3)} mV`,
    );
  });

  it("draws each sample where paper of 25 mm/s and 10 mm/mV has it", async () => {
    await bring("r1.proof", made.proof);
    const seen = (await page.evaluate(MIDDLES)) as { middles: (number | null)[]; width: number };
    const mm = 96 / 25.4;
    // The pulse: a foot of 1 mm to each side of 200 ms.
    const left = Math.ceil(0.2 * 25 * mm + 2 * mm);
    let worst = 0;
    let compared = 0;
    const base = seen.middles[1]!;
    for (let x = left + 2; x < seen.width - 2; x += 1) {
      const sample = ((x + 0.5 - left) / (25 * mm)) * RATE;
      const [a, b] = [Math.floor(sample), Math.ceil(sample)];
      // Where the curve is steep, a pixel's column has many heights.
      if (Math.abs(made.signal[b + 1]! - made.signal[a - 1]!) > 12 || seen.middles[x] === null) continue;
      const value = made.signal[a]! + (made.signal[b]! - made.signal[a]!) * (sample - a);
      const expected = base - (value / GAIN) * 10 * mm;
      worst = Math.max(worst, Math.abs(expected - seen.middles[x]!));
      compared++;
    }
    assert.ok(compared > seen.width / 3, `${compared} columns`);
    assert.ok(worst <= 2, `${worst} pixels off`);
  });

  it("moves and zooms by wheel and keys, and becomes true to scale by a ruler", async () => {
    await bring("r1.proof", made.proof);
    const where = () => page.locator("#where").textContent();
    const begin = await where();
    await page.locator("#paper").focus();
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await where(), begin);
    await page.getByRole("button", { name: "All of it" }).click();
    assert.equal(await where(), "from 0:00.0 to 0:30.0 of 0:30.0");
    await page.locator("#paper").hover();
    await page.mouse.wheel(0, -300);
    await page.waitForFunction(`!document.getElementById("where").textContent.includes("0:00.0 to 0:30.0")`);
    await page.fill("#ruler", "80");
    await page.keyboard.press("Tab");
    await page.getByText("· To scale").waitFor();
  });

  it("speaks English, German and French, and what it was told meanwhile stays", async () => {
    await bring("r1.proof", made.proof);
    for (const [tag, words] of [
      ["de", "Simuliert"],
      ["fr", "Simulé"],
    ] as const) {
      await page.selectOption("#language", tag);
      assert.equal(await verdict().textContent(), words);
      assert.equal(await page.getAttribute("html", "lang"), tag);
    }
  });

  for (const colorScheme of ["light", "dark"] as const)
    it(`can be read and worked by everybody, ${colorScheme}`, async () => {
      await context.close();
      await open(colorScheme === "dark" ? { colorScheme } : {});
      await bring("r1.proof", made.proof);
      await page.click("summary");
      await page.evaluate(AXE);
      const { violations } = (await page.evaluate("axe.run(document)")) as AxeResults;
      const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      assert.deepEqual(told, []);
      assert.deepEqual(await page.evaluate(TOO_SMALL), []);
      assert.deepEqual(await page.evaluate(TINY), []);
    });
});
