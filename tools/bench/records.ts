/** The ECG records at hand, first channel only. */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { readRecord } from "../../gateway/wfdb/read";
import { RecordSource } from "../sim/source";

const ROOT = join(__dirname, "../..");
const SHIPPED = "tools/sim/records";

export interface EcgRecord {
  name: string;
  samplesPerSecond: number;
  /** Narrowest signed width that holds every sample of the record, as a handheld's open frame would state it. */
  bits: number;
  samples: Int32Array;
}

/** Headers of MIT-BIH records under AVNODE_ECG_DATA, else of the record that comes with avnode; and which they are. */
export function recordsAtHand(): { headers: string[]; origin: string } {
  const mitdb = resolve(ROOT, process.env.AVNODE_ECG_DATA ?? "../shared/data", "mitdb");
  const found = existsSync(mitdb) ? headersIn(mitdb) : [];
  if (found.length > 0) return { headers: found, origin: `${found.length} records of MIT-BIH in ${mitdb}` };
  const shipped = headersIn(join(ROOT, SHIPPED));
  return {
    headers: shipped,
    origin: `the record in ${SHIPPED}: AVNODE_ECG_DATA names no folder with mitdb/ in it`,
  };
}

function headersIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".hea"))
    .sort()
    .map((file) => join(folder, file));
}

export function readEcg(header: string): EcgRecord {
  const record = readRecord(header);
  const { bits } = new RecordSource(record);
  return { name: record.name, samplesPerSecond: Math.floor(record.rate), bits, samples: record.signals[0]! };
}

/** Blocks of one second; the last may be shorter. */
export function secondsOfRecord({ samples, samplesPerSecond }: EcgRecord): Int32Array[] {
  const blocks: Int32Array[] = [];
  for (let at = 0; at < samples.length; at += samplesPerSecond) {
    blocks.push(samples.subarray(at, at + samplesPerSecond));
  }
  return blocks;
}
