/** What the parts of the rhythm analysis tell each other. */

/** After AAMI: normal (and bundle branch block), supraventricular, ventricular, fusion, and unclassifiable or paced. */
export type BeatClass = "N" | "S" | "V" | "F" | "Q";

export interface Beat {
  /** Sample number at the record's own rate. */
  sample: number;
  class: BeatClass;
  /** 0 to 1. */
  confidence: number;
}

export type Rhythm =
  | "sinus"
  | "af"
  | "tachy"
  | "brady"
  | "pause"
  | "ectopy"
  | "vrun"
  | "other"
  | "unreadable";

/** Samples `from` up to, not including, `to`. */
export interface Episode {
  from: number;
  to: number;
  rhythm: Rhythm;
  /** 0 to 1. */
  confidence: number;
  /** Beats per minute. */
  rate: number;
}
