/**
 * Pictures of the owner's page as a running hub serves it: `ts-node tools/screenshots.ts FOLDER [ADDRESS]`, each screen on
 * a phone, a tablet and a desk, by day and by night. The hub's own machine is let in without a password, as long as none
 * is set: meant for `avnode start --demo`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { recordings } from "../gateway/web/schema/recordings";
import { login } from "../gateway/web/schema/session";

const CHROMIUM = "/usr/bin/chromium";
const ADDRESS = "http://127.0.0.1:8480";
const SIZES = {
  phone: { width: 390, height: 844 },
  tablet: { width: 820, height: 1180 },
  desktop: { width: 1400, height: 900 },
};
const SCREENS: Record<string, (newest: string) => string> = {
  home: () => "#/",
  recordings: () => "#/recordings",
  recording: (newest) => `#/recordings/${newest}`,
  people: () => "#/people",
  settings: () => "#/settings",
  backup: () => "#/backup",
  ledger: () => "#/egress",
  claim: () => "#/claim",
};
/** For what the live trace shows by then. */
const SETTLE_MS = 4000;

async function take(browser: Browser, address: string, folder: string): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB" });
      const page = await context.newPage();
      await page.goto(address);
      const newest = await enter(page);
      for (const [name, hash] of Object.entries(SCREENS)) {
        await page.goto(`${address}/${hash(newest)}`);
        await page.reload();
        await page.waitForTimeout(SETTLE_MS);
        const path = join(folder, `${name}-${size}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: name !== "home" });
        console.error(path);
      }
      await context.close();
    }
}

/** @returns the id of the newest recording */
async function enter(page: Page): Promise<string> {
  const script = `(async () => {
    const headers = { "content-type": "application/json" };
    await fetch("${login.path}", { method: "POST", headers, body: "{}" });
    return (await (await fetch("${recordings.path}?limit=1")).json()).recordings[0].id;
  })()`;
  return (await page.evaluate(script)) as string;
}

async function main([folder, address = ADDRESS]: string[]): Promise<void> {
  if (folder === undefined) throw new Error("usage: ts-node tools/screenshots.ts FOLDER [ADDRESS]");
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    await take(browser, address, folder);
  } finally {
    await browser.close();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
