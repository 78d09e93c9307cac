/** The program as it is shipped: bundled, and nothing of its sources beside it. Its threads start in no time. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../../tools/bundle";

const ROOT = join(__dirname, "../../..");

export interface Built {
  program: string;
  /** In a folder of nobody's, so that no path is found by chance. */
  run(...words: string[]): Pick<SpawnSyncReturns<string>, "status" | "stdout" | "stderr">;
  remove(): void;
}

export function built(): Built {
  const folder = mkdtempSync(join(tmpdir(), "avnode-"));
  const program = join(folder, "dist/avnode.js");
  bundle(join(folder, "dist"));
  copyFileSync(join(ROOT, "package.json"), join(folder, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return {
    program,
    run: (...words) =>
      spawnSync(process.execPath, [program, ...words], {
        cwd: folder,
        encoding: "utf8",
        maxBuffer: 1 << 28,
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
