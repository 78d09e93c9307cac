/** What stands in a form file beside the page that shows it, as JSON. */
import type { EpisodeFinding } from "../schema/findings";
import type { SignedHead } from "./head";

export interface FormContent {
  /** Goes back with the answer, untouched. */
  form: SignedHead;
  recording: string;
  label?: string;
  /** Unix ms. */
  expiresAt: number;
  simulated: boolean;
  /** No handheld signed it. */
  adopted: boolean;
  person: { name: string; birthDate?: string };
  /** Local, with offset and zone; missing where the clock was never set. */
  start?: string;
  samples: number;
  /** Samples a second. */
  rate: number;
  leads: string[];
  /** Missing where none has come to its end. */
  analysis?: { number: number; version: string; analysable?: number; meanRate?: number };
  /** What there is something to tell of, in order; `episode`: its place in the analysis. */
  findings: (Pick<EpisodeFinding, "rhythm" | "from" | "to" | "confidence" | "rate"> & {
    episode: number;
    /** Place among the strips. */
    strip?: number;
  })[];
  /** Findings that are not in the form, for there are too many. */
  left: number;
  strips: Strip[];
}

/** Ten seconds of a lead as a picture. */
export interface Strip {
  /** Its first sample. */
  from: number;
  lead: string;
  /** Base64. */
  png: string;
}
