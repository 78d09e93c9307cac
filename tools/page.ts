/** Builds the owner's page: one HTML file, and scripts and styles whose names change with their content. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = join(__dirname, "../gateway/web/page");

/** @param outDir emptied first */
export async function buildPage(outDir: string): Promise<void> {
  const mode = process.env.NODE_ENV;
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
  // Vite makes it "production", in which npm and others, asked later in this process, leave things out.
  if (mode === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = mode;
  compress(join(outDir, "assets"));
}

/** Once, here, so that a hub in a Raspberry Pi need not; beside them as they are, for whoever takes no other. */
function compress(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
  }
}
