/** Bundles the program into dist/avnode.js; packages stay outside, source maps beside it. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

const root = join(__dirname, "..");
const outfile = join(root, "dist/avnode.js");

buildSync({
  entryPoints: [join(root, "tools/avnode.ts")],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  packages: "external",
  banner: { js: "#!/usr/bin/env node" },
  sourcemap: "linked",
  logLevel: "warning",
});
chmodSync(outfile, 0o755);
