/** A strip of half a minute, brought in as a person's would be, for whoever measures what comes after. */
import { join } from "node:path";
import { writeRecord } from "../../gateway/wfdb/write";
import { EcgGenerator } from "../sim/ecg/generator";
import { importRecords } from "../sim/import";

const RATE = 256;
const STRIP_SECONDS = 30;

/** @returns the store's directory within `folder`, and the recording's id */
export async function importStrip(folder: string): Promise<{ dataDir: string; id: string }> {
  const ecg = new EcgGenerator({ rate: RATE, bits: 18, seed: "bench" });
  const signal = ecg.read(STRIP_SECONDS * RATE)[0]!;
  const lead = { name: "I", unit: "mV", gain: 4000, baseline: 0, adcZero: 0, bits: 18 };
  writeRecord(folder, {
    name: "strip",
    rateNum: RATE,
    rateDen: 1,
    leads: [lead],
    signals: [signal],
    start: undefined,
  });
  const dataDir = join(folder, "strip-data");
  const { recordings } = await importRecords([join(folder, "strip")], { dataDir });
  return { dataDir, id: recordings[0]!.id };
}
