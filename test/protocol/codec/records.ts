import { readFileSync } from "node:fs";

/** Both signals of a two-signal format 212 file. */
export function readFormat212(path: string): Int32Array[] {
  const b = readFileSync(path);
  const n = Math.floor(b.length / 3);
  const first = new Int32Array(n);
  const second = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    first[i] = ((b[3 * i] | (b[3 * i + 1] << 8)) << 20) >> 20;
    second[i] = ((b[3 * i + 2] | ((b[3 * i + 1] & 0xf0) << 4)) << 20) >> 20;
  }
  return [first, second];
}

/** Cuts signals into blocks of `nominal` samples; the last may be shorter. */
export function cut(leads: Int32Array[], nominal: number): Int32Array[][] {
  const blocks: Int32Array[][] = [];
  for (let at = 0; at < leads[0].length; at += nominal)
    blocks.push(leads.map((lead) => lead.subarray(at, at + nominal)));
  return blocks;
}
