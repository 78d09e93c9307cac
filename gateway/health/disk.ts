/** The room that is left where the data lies. */
import { statfsSync } from "node:fs";

export interface Disk {
  freeBytes: number;
  freePercent: number;
}

const FEW_PERCENT = 10;
const FEW_BYTES = 500_000_000;
/** A day of one handheld, a few times over: soon nothing can be written any more. */
const LAST_BYTES = 100_000_000;

export function diskOf(dataDir: string): Disk {
  const { bavail, bsize, blocks } = statfsSync(dataDir);
  return { freeBytes: bavail * bsize, freePercent: Math.floor((100 * bavail) / Math.max(1, blocks)) };
}

/** Time to make room. */
export function isFew({ freeBytes, freePercent }: Disk): boolean {
  return freeBytes < FEW_BYTES || freePercent < FEW_PERCENT;
}

/** High time. */
export function isLast({ freeBytes }: Disk): boolean {
  return freeBytes < LAST_BYTES;
}
