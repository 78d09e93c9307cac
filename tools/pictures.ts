/**
 * The README's pictures of the page: `ts-node tools/pictures.ts [ADDRESS]` writes them into gateway/web/pictures, from a
 * running `avnode start --demo` that has a recording which is over and one that runs.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { enter, openChromium, SIZES } from "./screenshots";

const FOLDER = join(__dirname, "../gateway/web/pictures");
const ADDRESS = "http://127.0.0.1:8480";
/** For the live trace to cross most of the paper, and for the beats to be found. */
const SETTLE_MS = 9000;

interface Picture {
  size: keyof typeof SIZES;
  /** Where the rest of the screen tells nothing new, or the file would be large. */
  part?: { width?: number; height?: number };
  colorScheme: "light" | "dark";
  /** @param over a recording that is over */
  hash(over: string): string;
  prepare?(page: Page): Promise<void>;
}

const beatsFound = (page: Page) =>
  page.getByText("beats are on the paper").first().waitFor({ state: "attached" });

/** Calipers, open on the paper. */
async function measure(page: Page): Promise<void> {
  await beatsFound(page);
  await page.getByRole("application").focus();
  await page.keyboard.press("c");
}

const PICTURES: Record<string, Picture> = {
  home: { size: "desktop", colorScheme: "light", hash: () => "#/" },
  "home-phone": { size: "phone", colorScheme: "dark", hash: () => "#/" },
  recording: {
    size: "desktop",
    part: { width: 1100, height: 800 },
    colorScheme: "light",
    hash: (over) => `#/recordings/${over}`,
    prepare: measure,
  },
  "recording-dark": {
    size: "tablet",
    part: { height: 900 },
    colorScheme: "dark",
    hash: (over) => `#/recordings/${over}`,
    prepare: beatsFound,
  },
};

async function main([address = ADDRESS]: string[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const browser = await openChromium();
  try {
    for (const [name, { size, part, colorScheme, hash, prepare }] of Object.entries(PICTURES)) {
      const viewport = { ...SIZES[size], ...part };
      const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB" });
      const page = await context.newPage();
      await page.goto(`${address}/healthz`);
      await enter(page);
      const over = (await page.evaluate(
        `fetch("/api/recordings?state=closed&limit=1").then((answer) => answer.json()).then(({ recordings }) => recordings[0]?.id)`,
      )) as string | undefined;
      if (over === undefined) throw new Error("no recording is over yet: stop the demo, start it again");
      await page.goto(`${address}/${hash(over)}`);
      await page.waitForTimeout(SETTLE_MS);
      await prepare?.(page);
      await page.evaluate("scrollTo(0, 0)");
      await page.screenshot({ path: join(FOLDER, `${name}.png`) });
      await context.close();
    }
  } finally {
    await browser.close();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
