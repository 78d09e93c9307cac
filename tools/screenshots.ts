/**
 * Pictures of the owner's page as a running hub serves it: `ts-node tools/screenshots.ts FOLDER [ADDRESS]`, each screen on
 * a phone, a tablet and a desk, by day and by night. The hub's own machine is let in without a password, as long as none
 * is set: meant for `avnode start --demo`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { recordings } from "../gateway/schema/recordings";
import { login, makeLink } from "../gateway/schema/session";
import { setup } from "../gateway/schema/setup";

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
  recipients: () => "#/recipients",
  alerts: () => "#/alerts",
  adopt: () => "#/adopt",
  claim: () => "#/claim",
  ruler: () => "#/ruler",
  setup: () => "#/setup",
  clinician: ({ token }) => `link#${token}`,
};
/** For what the live trace shows by then. */
const SETTLE_MS = 4000;
/** For what a list has by then. */
const SEEN_MS = 1000;

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
        await seeAll(page);
        await page.waitForTimeout(SETTLE_MS);
        await shoot(name);
      }
      await context.close();
    }
}

/** Once past every part of the page: what is below the fold is drawn when it is seen. */
async function seeAll(page: Page): Promise<void> {
  await page.waitForLoadState("domcontentloaded");
  await page.waitForTimeout(SEEN_MS);
  const script = `(async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
      scrollTo(0, y);
      await new Promise((done) => setTimeout(done, 100));
    }
    scrollTo(0, 0);
  })()`;
  await page.evaluate(script);
}

/** Opens a session. @param page at any address of the hub */
export async function enter(page: Page): Promise<Known> {
  const script = `(async () => {
    const send = async (path, body, csrf = "", method = "POST") => {
      const headers = { "content-type": "application/json", "x-avnode-csrf": csrf };
      return (await fetch(path, { method, headers, body: JSON.stringify(body) })).json();
    };
    const { csrf } = await send("${login.path}", {});
    const newest = (await (await fetch("${recordings.path}?limit=1")).json()).recordings[0].id;
    // Of nobody's recording no link is made.
    const { people } = await (await fetch("/api/people")).json();
    const person = people.length > 0 ? people[0].id : (await send("/api/people", { name: "Anna Weiss" }, csrf)).id;
    await send("/api/recordings/" + newest + "/person", { person }, csrf, "PUT");
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
