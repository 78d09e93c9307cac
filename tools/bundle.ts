/** Bundles the program and its threads; packages stay outside. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { revisionOf } from "./firmware/manifest";

const root = join(__dirname, "..");

export function bundle(outdir: string): void {
  buildSync({
    entryPoints: {
      avnode: join(root, "tools/avnode.ts"),
      recordworker: join(root, "gateway/cli/recordworker.ts"),
      findingsworker: join(root, "gateway/findings/findingsworker.ts"),
      airprocess: join(root, "tools/sim/radio/airprocess.ts"),
      unit: join(root, "tools/sim/radio/unit.ts"),
      treesworker: join(root, "tools/factory/treesworker.ts"),
      adoptworker: join(root, "gateway/adopt/adoptworker.ts"),
      documentworker: join(root, "gateway/delivery/documentworker.ts"),
      verifyworker: join(root, "gateway/web/verifyworker.ts"),
      exportworker: join(root, "gateway/web/exportworker.ts"),
      reportworker: join(root, "gateway/web/reportworker.ts"),
      photoworker: join(root, "gateway/web/photoworker.ts"),
      recoveryworker: join(root, "gateway/web/recoveryworker.ts"),
    },
    outdir,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "cjs",
    packages: "external",
    banner: { js: "#!/usr/bin/env node" },
    sourcemap: "linked",
    logLevel: "warning",
  });
  chmodSync(join(outdir, "avnode.js"), 0o755);
  // Board files and the firmware's build tool are in it: a release of another commit must not be built by them.
  writeFileSync(join(outdir, "built.json"), `${JSON.stringify(revisionOf(root))}\n`);
}
