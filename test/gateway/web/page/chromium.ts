/** Debian's Chromium, driven by playwright-core; suites that need it are skipped by name without it. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

export const CHROMIUM = "/usr/bin/chromium";

/** One for the suite around it. Machines that run other suites beside it take their time. */
export function withChromium(): { readonly browser: Browser } {
  let browser: Browser | undefined;
  before(async function () {
    this.timeout(120_000);
    if (!existsSync(CHROMIUM)) {
      console.log("      skipped: the page in a browser (Debian package chromium)");
      this.skip();
    }
    // Tests run as root in containers; what they load is ours alone.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"], timeout: 100_000 });
  });
  after(async () => browser?.close());
  return {
    get browser() {
      return browser!;
    },
  };
}
