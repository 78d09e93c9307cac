/** ECG for the front end's model: samples of a WFDB record, and the same excerpt as a record that others can read. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readRecord } from "../../gateway/wfdb/read";

/** In the repository, 300 s at 360 Hz: where no other recordings are, tests run all the same. */
export const BUNDLED = join(__dirname, "../../tools/sim/records/mitdb208x");

export interface Excerpt {
  rateHz: number;
  samples: Int32Array;
}

/** The first lead's beginning. @param seconds whole */
export function excerpt(record: string, seconds: number): Excerpt {
  const { signals, rate } = readRecord(record);
  return { rateHz: rate, samples: signals[0]!.slice(0, rate * seconds) };
}

/** Written as a WFDB record of format 16 by hand, for readers that shall not depend on our writer. @returns its path */
export function asRecord({ rateHz, samples }: Excerpt, folder: string, name: string): string {
  const data = Buffer.alloc(2 * samples.length);
  for (const [i, value] of samples.entries()) data.writeInt16LE(value, 2 * i);
  writeFileSync(join(folder, `${name}.dat`), data);
  const header = `${name} 1 ${rateHz} ${samples.length}\n${name}.dat 16 200/mV 16 0 0 0 0 I\n`;
  writeFileSync(join(folder, `${name}.hea`), header);
  return join(folder, name);
}
