import { LEADS } from "./leads";

/** What a generated ECG is made of. Those of {@link EcgSwitches} can change while it runs. */
export interface EcgSettings {
  /** samples per second of each lead, 100 to 2,000 */
  rate: number;
  /** how many of {@link LEADS}, 1 to 12 */
  leads: number;
  /** of a signed sample, 8 to 24 */
  bits: number;
  gainCountsPerMillivolt: number;
  /** mean rate, 20 to 250 */
  heartRateBpm: number;
  /** atrial fibrillation: irregular beats, no P wave, fibrillatory waves */
  af: boolean;
  /** premature ventricular beats; with the supraventricular ones at most half of the heart rate */
  pvcPerMinute: number;
  /** premature supraventricular beats */
  svePerMinute: number;
  /** root mean square of each disturbance, in each lead */
  noiseMillivolts: { baseline: number; mains: number; muscle: number };
  mainsHz: 50 | 60;
  /** an electrode is off: every lead lies flat on its positive rail; the heart beats on unseen */
  leadOff: boolean;
  seed: number | string;
}

/** The settings that {@link EcgGenerator.set} can change. */
export type EcgSwitches = Omit<EcgSettings, "rate" | "leads" | "bits" | "gainCountsPerMillivolt" | "seed">;

/** One clean lead as the MAX30003 would deliver it: 18 bits over ±32.5 mV at its lowest gain. */
export const DEFAULT_SETTINGS: Readonly<EcgSettings> = {
  rate: 256,
  leads: 1,
  bits: 18,
  gainCountsPerMillivolt: 4000,
  heartRateBpm: 60,
  af: false,
  pvcPerMinute: 0,
  svePerMinute: 0,
  noiseMillivolts: { baseline: 0, mains: 0, muscle: 0 },
  mainsHz: 50,
  leadOff: false,
  seed: 0,
};

const SWITCHES: readonly string[] = [
  "heartRateBpm",
  "af",
  "pvcPerMinute",
  "svePerMinute",
  "noiseMillivolts",
  "mainsHz",
  "leadOff",
];

/** The settings with changes applied. Throws `ECG_SETTING` naming the first that is unknown or out of range. */
export function changed(settings: Readonly<EcgSettings>, changes: Partial<EcgSettings>): EcgSettings {
  for (const name of Object.keys(changes)) {
    if (!(name in DEFAULT_SETTINGS)) throw refused(name, "is not a setting");
  }
  const next = { ...settings, ...changes };
  next.noiseMillivolts = { ...next.noiseMillivolts };

  const whole = (name: "rate" | "leads" | "bits", least: number, most: number) => {
    within(name, next[name], least, most);
    if (!Number.isInteger(next[name])) throw refused(name, `is ${next[name]}; give a whole number`);
  };
  whole("rate", 100, 2000);
  whole("leads", 1, LEADS.length);
  whole("bits", 8, 24);
  within("gainCountsPerMillivolt", next.gainCountsPerMillivolt, 1, 1e6);
  within("heartRateBpm", next.heartRateBpm, 20, 250);
  // A premature beat never follows another at once, so at most every second beat is one.
  within("pvcPerMinute", next.pvcPerMinute, 0, next.heartRateBpm / 2);
  within("svePerMinute", next.svePerMinute, 0, next.heartRateBpm / 2 - next.pvcPerMinute);
  for (const [source, rms] of Object.entries(next.noiseMillivolts)) {
    within(`noiseMillivolts.${source}`, rms, 0, 100);
  }
  if (next.mainsHz !== 50 && next.mainsHz !== 60) throw refused("mainsHz", "is neither 50 nor 60");
  return next;
}

/** Refuses a change of what is fixed once a recording runs. */
export function refuseFixed(changes: Partial<EcgSwitches>): void {
  for (const name of Object.keys(changes)) {
    if (!SWITCHES.includes(name)) throw refused(name, "is fixed while an ECG runs; make a new generator");
  }
}

function within(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) throw refused(name, `is ${value}; give ${least} to ${most}`);
}

function refused(name: string, reason: string): Error {
  return Object.assign(new Error(`cannot generate this ECG: ${name} ${reason}`), { code: "ECG_SETTING" });
}
