/** Debian's Chromium in front of a hub, with what watches its canvases in each page. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { VIEWPORT } from "./sizes";

const PATH = "/usr/bin/chromium";
const START_MS = 100_000;

export const hasChromium = () => existsSync(PATH);

export interface Opener {
  /** A browser that was never here before, its owner signed in. */
  context(address: string): Promise<BrowserContext>;
}

export async function withChromium<Result>(use: (opener: Opener) => Promise<Result>): Promise<Result> {
  const content = scriptOf("watch");
  const args = ["--no-sandbox"];
  const browser: Browser = await chromium.launch({ executablePath: PATH, args, timeout: START_MS });
  try {
    return await use({
      async context(address) {
        const context = await browser.newContext({ viewport: VIEWPORT, locale: "en-GB" });
        await context.addInitScript({ content });
        const answer = await context.request.post(`${address}/api/login`, {
          headers: { origin: address },
          data: {},
        });
        if (!answer.ok()) throw new Error(`no session: ${answer.status()} ${await answer.text()}`);
        return context;
      },
    });
  } finally {
    await browser.close();
  }
}

/** One of browser/, as a script. */
export function scriptOf(name: "watch" | "peer"): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(__dirname, "browser", `${name}.ts`)],
    ...{ bundle: true, write: false, minify: true, format: "iife", target: "es2022" },
  });
  return outputFiles[0]!.text;
}
