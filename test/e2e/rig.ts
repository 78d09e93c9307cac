import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A fresh folder, in memory where the machine has a place for that; removed after the test's file. */
export function scratch(inMemory = false): string {
  const parent = inMemory && fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
  const folder = fs.mkdtempSync(path.join(parent, "avnode-"));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}
