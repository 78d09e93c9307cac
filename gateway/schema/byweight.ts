/** Rhythms; apart from their schemas, for a page that needs no more. */

/** Weightiest first: what a clinician would look at before the rest. */
export const BY_WEIGHT = [
  "vrun",
  "af",
  "pause",
  "tachy",
  "brady",
  "ectopy",
  "other",
  "sinus",
  "unreadable",
] as const;
