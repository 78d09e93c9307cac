/** The built page, and beside its files the peer's: served by the same hub, under the same policy. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPage } from "../../page";
import { scriptOf } from "./chromium";

export async function buildPages(folder: string): Promise<void> {
  await buildPage(folder);
  const assets = join(folder, "assets");
  copyFileSync(require.resolve("uplot/dist/uPlot.min.css"), join(assets, "peer.css"));
  writeFileSync(join(assets, "peer.js"), scriptOf("peer"));
  const head = `<meta charset="utf-8"><link rel="stylesheet" href="peer.css">`;
  writeFileSync(
    join(assets, "peer.html"),
    `<!doctype html><html><head>${head}</head><body><script src="peer.js"></script></body></html>`,
  );
}

export const ours = (id: string): string => `/#/recordings/${id}`;
export const peers = (id: string): string => `/assets/peer.html#${id}`;
