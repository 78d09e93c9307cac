/**
 * Pictures of the owner's page as a running hub serves it: `ts-node tools/screenshots.ts FOLDER [ADDRESS]`, each screen on
 * a phone, a tablet and a desk, by day and by night. The hub's own machine is let in without a password, as long as none
 * is set: meant for `avnode start --demo`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { recordings } from "../gateway/web/schema/recordings";
import { login, makeLink } from "../gateway/web/schema/session";
import { setup } from "../gateway/web/schema/setup";

const CHROMIUM = "/usr/bin/chromium";
const ADDRESS = "http://127.0.0.1:8480";
export const SIZES = {
  phone: { width: 390, height: 844 },
  tablet: { width: 820, height: 1180 },
  desktop: { width: 1400, height: 900 },
};

export interface Known {
  /** Id of the newest recording. */
  newest: string;
  /** What a clinician's link to it has behind its `#`. */
  token: string;
}

const SCREENS: Record<string, (known: Known) => string> = {
  home: () => "#/",
  recordings: () => "#/recordings",
  recording: ({ newest }) => `#/recordings/${newest}`,
  compared: ({ newest }) => `#/recordings/${newest}/${newest}`,
  people: () => "#/people",
  settings: () => "#/settings",
  backup: () => "#/backup",
  ledger: () => "#/egress",
  claim: () => "#/claim",
  ruler: () => "#/ruler",
  setup: () => "#/setup",
  clinician: ({ token }) => `link#${token}`,
};
/** For what the live trace shows by then. */
const SETTLE_MS = 4000;

export const openChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

async function take(browser: Browser, address: string, folder: string): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB" });
      const page = await context.newPage();
      const shoot = async (name: string) => {
        const path = join(folder, `${name}-${size}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: name !== "home" });
        console.error(path);
      };
      for (const [name, password] of [
        ["first", false],
        ["login", true],
      ] as const) {
        await page.route(`**${setup.path}`, (route) =>
          route.fulfill({ json: { password, open: true, demo: true } }),
        );
        await page.goto(address);
        await page.reload({ waitUntil: "networkidle" });
        await shoot(name);
        await page.unroute(`**${setup.path}`);
      }
      const known = await enter(page);
      for (const [name, hash] of Object.entries(SCREENS)) {
        await page.goto(`${address}/${hash(known)}`);
        await page.reload();
        await page.waitForTimeout(SETTLE_MS);
        await shoot(name);
      }
      await context.close();
    }
}

/** Opens a session. @param page at any address of the hub */
export async function enter(page: Page): Promise<Known> {
  const script = `(async () => {
    const send = async (path, body, csrf = "") => {
      const headers = { "content-type": "application/json", "x-avnode-csrf": csrf };
      return (await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
    };
    const { csrf } = await send("${login.path}", {});
    const newest = (await (await fetch("${recordings.path}?limit=1")).json()).recordings[0].id;
    const link = await send("${makeLink.path}", { recording: newest, hours: 24, label: "Dr Weiss" }, csrf);
    return { newest, token: link.address.split("#")[1] };
  })()`;
  return (await page.evaluate(script)) as Known;
}

async function main([folder, address = ADDRESS]: string[]): Promise<void> {
  if (folder === undefined) throw new Error("usage: ts-node tools/screenshots.ts FOLDER [ADDRESS]");
  mkdirSync(folder, { recursive: true });
  const browser = await openChromium();
  try {
    await take(browser, address, folder);
  } finally {
    await browser.close();
  }
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
