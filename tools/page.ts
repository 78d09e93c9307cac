/** Builds the owner's page: one HTML file, and scripts and styles whose names change with their content. */
import { join } from "node:path";
import { build } from "vite";

const root = join(__dirname, "../gateway/web/page");

/** @param outDir emptied first */
export async function buildPage(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      // The hub's policy allows no script, style or picture that stands in an address.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      sourcemap: false,
    },
  });
}
