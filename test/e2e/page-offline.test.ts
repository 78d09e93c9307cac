/** The installed page, over the hub's own HTTPS: it starts while the hub is away, and says so. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { certify, hasOpenssl, makeCa } from "../gateway/mqtt/certificates";
import { CHROMIUM } from "../gateway/web/page/chromium";
import { letIn, PageHub } from "./pagehub";

/** Of the key in a certificate, as Chromium's flag wants it: base64 of its SHA-256. */
function keyHash(cert: string): string {
  const script = `openssl x509 -in "$0" -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script, cert]);
  assert.equal(status, 0, String(stderr));
  return stdout.toString("base64");
}

describe("the installed page of the real hub", function () {
  this.timeout(240_000);
  let hub: PageHub | undefined;
  let browser: Browser | undefined;

  before(async function () {
    if (!existsSync(CHROMIUM) || !hasOpenssl) {
      console.log("      skipped: the page over HTTPS (Debian packages chromium, openssl)");
      this.skip();
    }
    hub = await PageHub.build("--demo");
    const { cert, key } = certify(hub.folder, "hub", makeCa(hub.folder, "ca"), "IP:127.0.0.1");
    await hub.start(/\b(?:[5-9]|\d\d+) frames\b/, { cert, key });
    // Trusted as by an owner who installed it; nothing else is let through.
    const trusted = `--ignore-certificate-errors-spki-list=${keyHash(cert)}`;
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", trusted],
      timeout: 100_000,
    });
  });
  after(async () => {
    await browser?.close();
    await hub?.remove();
  });

  it("starts while the hub is away, and shows nothing as today's", async () => {
    const { address } = hub!;
    assert.match(address, /^https:/);
    const context = await browser!.newContext({ locale: "en-GB" });
    await letIn(context, address);
    const page = await context.newPage();
    await page.goto(address);
    await page.getByText("Not an alarm.").waitFor();
    // It has the page's files once it is in control.
    await page.evaluate(
      "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller || new Promise((done) => { navigator.serviceWorker.oncontrollerchange = done; })).then(() => true)",
    );
    const manifest = await page.evaluate(
      "fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())",
    );
    assert.equal((manifest as { name: string }).name, "avnode DEMO");
    await hub!.stop();
    await page.reload();
    await page.getByText("The hub does not answer.").waitFor();
    assert.equal(await page.locator(".entry").count(), 0);
    // What the API said is kept nowhere.
    const kept = (await page.evaluate(
      "caches.keys().then(async (names) => (await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat())",
    )) as string[];
    assert.ok(kept.includes("/"));
    for (const path of kept) assert.match(path, /^\/(assets\/[\w.-]+)?$/);
  });
});
