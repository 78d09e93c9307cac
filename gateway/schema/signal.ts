/** Windows into a recording's signal, as binary. */
import { z } from "zod";
import { recordingParams, wholeNumberText } from "./common";
import { BINARY, type Endpoint } from "./endpoint";

export { NO_SAMPLE } from "./nosample";

/** Values of one answer, over all its leads. */
export const MAX_VALUES = 262_144;
/** Samples, over all the recording's leads, that an answer below COARSE may look at. */
export const MAX_LOOKED_AT = 2 ** 20;
/** From this step on, windows of any length are answered at once. */
export const COARSE = 64;
/** The widest step: 2^21 samples are more than an hour at 512 Hz. */
export const MAX_STEP = 2 ** 21;

/** Headers of an answer; whole numbers but for the rate and the lists. */
export const SIGNAL_HEADERS = {
  /** Samples per second as a ratio, `360/1`. */
  rate: "x-avnode-rate",
  /** Of each lead in the answer, comma-separated: its number, its counts per unit, the count that means 0 units. */
  leads: "x-avnode-leads",
  gain: "x-avnode-gain",
  baseline: "x-avnode-baseline",
  /** First sample of the answer: that asked for, rounded down to a step. */
  from: "x-avnode-from",
  step: "x-avnode-step",
  /** Entries per lead. */
  count: "x-avnode-count",
  /** Samples of the recording as a whole. */
  samples: "x-avnode-samples",
} as const;

/**
 * Lead after lead, each with one value a sample (step 1), or with the smallest and the largest of every `step` samples
 * (2 values an entry). An entry of which nothing is held is NO_SAMPLE; one of which a part is held is of that part, so
 * that short gaps are told by the recording's events alone.
 */
export const signal = {
  method: "GET",
  path: "/api/recordings/:id/signal",
  summary:
    "A window into the signal: little-endian int32, lead after lead; step 1 is every sample, a power of two is minimum and maximum of that many; -2147483648 where nothing is held",
  params: recordingParams,
  query: z.strictObject({
    /** Numbers of leads from 0 on, comma-separated; all by default. */
    lead: z
      .string()
      .regex(/^\d{1,2}(,\d{1,2}){0,63}$/, "expected numbers of leads like 0,2")
      .transform((text) => text.split(",").map(Number))
      .optional(),
    /** Samples: the first one, and the one behind the last; as far as the recording goes. */
    from: wholeNumberText,
    to: wholeNumberText,
    step: wholeNumberText
      .refine((n) => n >= 1 && n <= MAX_STEP && Number.isInteger(Math.log2(n)), "expected a power of two")
      .optional(),
  }),
  answer: BINARY,
} satisfies Endpoint;
export type SignalQuery = z.input<(typeof signal)["query"]>;
