import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { WfdbLead } from "../../../gateway/wfdb/record";

const ROOT = resolve(__dirname, "../../..");

/** The demo record of this repository, without its extension. */
export const DEMO_RECORD = join(ROOT, "tools/sim/records/mitdb208x");

/** Runs `use` with an empty directory that is gone afterwards. */
export function withDirectory<T>(use: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), "avnode-wfdb-"));
  try {
    return use(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A lead of 200 counts per mV, with what a test wants different. */
export function lead(changes: Partial<WfdbLead> = {}): WfdbLead {
  return { name: "MLII", unit: "mV", gain: 200, baseline: 0, adcZero: 0, bits: 12, ...changes };
}

/** SHA-256 of the samples as little-endian int32, as unpack.py computes it. */
export function sha256(signal: Int32Array): string {
  const bytes = Buffer.alloc(signal.length * 4);
  signal.forEach((value, index) => {
    bytes.writeInt32LE(value, index * 4);
  });
  return createHash("sha256").update(bytes).digest("hex");
}
