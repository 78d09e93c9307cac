/** Beats found in electrode noise, beside a peer on the same files: MIT-BIH's Noise Stress records, lead by lead. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { BeatDetector } from "../../gateway/rhythm/qrs/detector";
import { compareBeats, figures, LEARNING_SECONDS, referenceBeats } from "../../gateway/rhythm/score/beats";
import { readAnnotations } from "../../gateway/wfdb/annotations";
import { readRecord } from "../../gateway/wfdb/read";
import type { Row } from "./area";
import { panTompkins } from "./pantompkins";

/** 118e24: record 118 at 24 dB; e_6 is -6 dB. */
const NAME = /^118e(\d\d|_6)\.hea$/;

/** @param records a folder of records; those with noise lie beside it @returns nothing where there are none */
export function benchNoise(records: string): Row[] {
  const folder = join(dirname(records), "nstdb");
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => NAME.test(name));
  } catch {
    return [];
  }
  const decibels = (name: string) => Number(NAME.exec(name)![1]!.replace("_", "-"));
  return names
    .sort((a, b) => decibels(b) - decibels(a))
    .map((name) => {
      const { rate, signals, leads } = readRecord(join(folder, name));
      const reference = referenceBeats(readAnnotations(join(folder, name.replace(/hea$/, "atr"))));
      const f1 = (found: number[]) =>
        100 *
        figures(compareBeats(reference, found, { rate, from: LEARNING_SECONDS * rate, excluded: [] })).f1!;
      const { gain } = leads[0]!;
      const detector = new BeatDetector({ rate, gains: [gain] });
      return {
        name: `rhythm/beats-in-noise/${decibels(name)} dB`,
        value: f1([...detector.push([signals[0]!]), ...detector.end()]),
        unit: "F1 in % behind five minutes, 118 with electrode motion, channel 0",
        peers: { "Pan-Tompkins 1985": f1(panTompkins(signals[0]!, rate, gain)) },
      };
    });
}
