/**
 * Which ECG object a stretch is, after PS3.3 §A.34: by leads, rate, length, and what its samples need. What an object
 * demands and dciodvfy does not look at (rate, length) is checked here.
 */
import type { Lead } from "../../protocol/open";
import { nameOf } from "../document/signal";
import { StoreError } from "../store/errors";

export interface EcgObject {
  sopClass: string;
  name: string;
  /** Bytes of a sample. */
  width: 2 | 4;
  /** Stands for a sample that is absent; no real one has it. */
  padding: number;
  /** Leads in the object's order, as places in the recording. */
  order: number[];
}

export interface Held {
  leads: Lead[];
  rate: number;
  /** Positions per lead, gaps included. */
  samples: number;
  low: number;
  high: number;
  hasGaps: boolean;
}

/** As ISO/IEEE 11073-10101 counts leads, which is what context group 3001 holds. */
export const LEAD_CODES: Record<string, string> = {
  ...{ I: "2:1", II: "2:2", III: "2:61", AVR: "2:62", AVL: "2:63", AVF: "2:64" },
  ...{ V1: "2:3", V2: "2:4", V3: "2:5", V4: "2:6", V5: "2:7", V6: "2:8" },
};
const TWELVE = Object.keys(LEAD_CODES);
const MAX_TWELVE_SAMPLES = 16_384;
const MAX_GENERAL_LEADS = 24;
const MAX_AMBULATORY_LEADS = 12;
/** Longer ones were worn. */
const WORN_SECONDS = 60;

const CLASSES = {
  twelve: { sopClass: "1.2.840.10008.5.1.4.1.1.9.1.1", name: "12-Lead ECG", width: 2 },
  general: { sopClass: "1.2.840.10008.5.1.4.1.1.9.1.2", name: "General ECG", width: 2 },
  ambulatory: { sopClass: "1.2.840.10008.5.1.4.1.1.9.1.3", name: "Ambulatory ECG", width: 2 },
  wide: { sopClass: "1.2.840.10008.5.1.4.1.1.9.1.4", name: "General 32-bit ECG", width: 4 },
} as const;

/** @throws EXPORT_DICOM where no object may hold it, with the reason */
export function ecgObject(held: Held): EcgObject {
  const { leads, rate, samples } = held;
  const places = TWELVE.map((name) => leads.findIndex((lead, i) => nameOf(lead, i).toUpperCase() === name));
  const isTwelve = leads.length === 12 && places.every((place) => place >= 0);
  const inOrder = leads.map((_, place) => place);
  const isDiagnostic = rate >= 200 && rate <= 1000;
  const isNarrow = paddingFor(held, 2) !== undefined;
  const chosen =
    isNarrow && isTwelve && isDiagnostic && samples <= MAX_TWELVE_SAMPLES
      ? CLASSES.twelve
      : isNarrow && fitsAmbulatory(held) && (samples > WORN_SECONDS * rate || !isDiagnostic)
        ? CLASSES.ambulatory
        : isDiagnostic && leads.length <= MAX_GENERAL_LEADS
          ? isNarrow
            ? CLASSES.general
            : CLASSES.wide
          : undefined;
  const padding = chosen && paddingFor(held, chosen.width);
  if (!chosen || padding === undefined) throw refused(held, isNarrow);
  return { ...chosen, padding, order: chosen === CLASSES.twelve ? places : inOrder };
}

function fitsAmbulatory({ rate, leads }: Held): boolean {
  return rate >= 50 && rate <= 1000 && leads.length <= MAX_AMBULATORY_LEADS;
}

/** The least number of so many bytes, or the greatest; undefined where samples do not fit beside it. */
function paddingFor({ low, high, hasGaps }: Held, width: 2 | 4): number | undefined {
  const reach = 2 ** (8 * width - 1);
  if (low < -reach || high >= reach) return undefined;
  if (low > -reach || !hasGaps) return -reach;
  return high < reach - 1 ? reach - 1 : undefined;
}

function refused({ rate, leads }: Held, isNarrow: boolean): StoreError {
  const why =
    leads.length > MAX_GENERAL_LEADS
      ? `its ECG objects hold ${MAX_GENERAL_LEADS} leads at most, and it has ${leads.length}`
      : isNarrow
        ? `its ECG objects are for 50 to 1000 samples a second, with more than ${MAX_AMBULATORY_LEADS} leads for 200 to 1000, and it has ${rate}`
        : `its object for samples of more than 16 bits is for 200 to 1000 a second, and it has ${rate}`;
  return new StoreError("EXPORT_DICOM", `cannot export it as dicom: ${why}. Use --format edf`);
}
