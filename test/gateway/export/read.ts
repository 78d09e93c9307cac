/** What independent readers find in exported files. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { FORMATS } from "../../../gateway/export/formats";
import { saveFiles } from "../../../gateway/export/save";
import type { ExportSource } from "../../../gateway/export/source";
import type { ExportFormat } from "../../../gateway/schema/exportformats";
import { PYTHON } from "../../machine";

export interface Asked {
  reader: "mne" | "biosig" | "wfdb" | "csv";
  file: string;
  leads?: { gain: number; baseline: number }[];
  /** Per signal that count; those behind are padding. */
  samples?: number;
  /** Give the counts, too. */
  whole?: boolean;
}

export interface Found {
  rate: number;
  samples: number;
  digests: string[];
  signals?: number[][];
  /** The furthest that a physical value is from a whole count, in counts. */
  off?: number;
  names?: string[];
  start?: string;
  format?: string;
  header?: string[];
  // biome-ignore lint/suspicious/noExplicitAny: each reader has its own
  annotations?: any[];
}

/** One process for all of them: it takes long to start. */
export function readBack(asked: Asked[]): Found[] {
  const input = asked.map((one) => JSON.stringify(one)).join("\n");
  const said = execFileSync(PYTHON, [join(__dirname, "readers.py")], {
    ...{ input, encoding: "utf8", maxBuffer: 1 << 28, stdio: "pipe" },
    env: { ...process.env, MNE_DONTWRITE_HOME: "true", NUMBA_DISABLE_JIT: "1" },
  });
  return said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

export function digestOf(signal: Int32Array): string {
  return createHash("sha256")
    .update(Buffer.from(signal.buffer, signal.byteOffset, signal.byteLength))
    .digest("hex");
}

/** @returns paths */
export async function exported(format: ExportFormat, source: ExportSource, dir: string): Promise<string[]> {
  const files = await FORMATS[format].make(source);
  return saveFiles(files.map((file) => ({ file, path: join(dir, file.name) })));
}
