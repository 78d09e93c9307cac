/** A folder for decoders that read files. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
let folder: string | undefined;

/** Gone when the thread or process ends. */
export function scratch(): string {
  if (folder === undefined) {
    // In memory where the machine offers it: a disk would take most of the time.
    const made = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "avnode-fuzz-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}
