/** What the analysis of a recording says of it: found by a program that can err, no diagnosis. */
import { z } from "zod";
import { BY_WEIGHT } from "./byweight";
import { recordingParams, sampleSchema, wholeNumberText } from "./common";
import { BINARY, type Endpoint } from "./endpoint";

export const rhythmSchema = z.enum(BY_WEIGHT);

const confidenceSchema = z.number().min(0).max(1);
/** Beats a minute. */
const beatRateSchema = z.number().nonnegative();

/** An episode of one rhythm: samples `from` up to, not including, `to`. Pauses and runs lie within those of a rhythm. */
export const findingSchema = z.object({
  rhythm: rhythmSchema,
  from: sampleSchema,
  to: sampleSchema,
  confidence: confidenceSchema,
  rate: beatRateSchema,
  /** The samples that show it best. */
  evidence: z.object({ from: sampleSchema, to: sampleSchema }),
});
export type EpisodeFinding = z.infer<typeof findingSchema>;

/** What a list says of a recording: the kind of episode that a clinician would look at first. */
export const headlineSchema = z.object({
  rhythm: rhythmSchema,
  /** Of that kind, and the confidence of the most certain one. */
  episodes: z.int().positive(),
  confidence: confidenceSchema,
  meanRate: beatRateSchema.optional(),
  /** False while more of the recording may come, or waits to be analysed. */
  ended: z.boolean(),
});
export type Headline = z.infer<typeof headlineSchema>;

/** Milliseconds, or why it could not be measured for most of the time. */
const intervalSchema = z.union([
  z.object({
    median: z.number(),
    least: z.number(),
    most: z.number(),
    /** Stretches on which it was measured. */
    measured: z.int(),
    confidence: confidenceSchema,
  }),
  z.object({ notMeasurable: z.string() }),
]);

const summarySchema = z.object({
  /** Of signal, without gaps. */
  seconds: z.number(),
  /** Share of its seconds that could be read. */
  analysable: confidenceSchema,
  meanRate: beatRateSchema.optional(),
  slowest: beatRateSchema.optional(),
  fastest: beatRateSchema.optional(),
  /** Beats by class, after AAMI. */
  beats: z.object({ N: z.int(), S: z.int(), V: z.int(), F: z.int(), Q: z.int() }),
  /** In ms, of intervals between normal beats; `share` of the time lies in those. */
  variability: z.object({ sdnn: z.number().optional(), rmssd: z.number().optional(), share: z.number() }),
  /** On averaged normal beats; missing where none could be averaged. */
  measurements: z
    .object({
      pr: intervalSchema,
      qrs: intervalSchema,
      qt: intervalSchema,
      qtcBazett: intervalSchema,
      qtcFridericia: intervalSchema,
    })
    .optional(),
});

const analysisSchema = z.object({
  /** Among those of its recording; a report cites it. */
  number: z.int(),
  /** Of everything that its answers depend on. */
  version: z.string(),
  /** Which signal: the lead's place in the recording, and its name. */
  lead: z.int(),
  name: z.string(),
  /** Samples that it has taken, gaps included. */
  samples: sampleSchema,
  ended: z.boolean(),
});

export const findings = {
  method: "GET",
  path: "/api/recordings/:id/findings",
  summary: "What analysis says of a recording: its episodes and their sum, by version. No diagnosis",
  params: recordingParams,
  query: z.strictObject({
    /** Number of an analysis; the one that tells most by default: the newest that has ended, or the newest. */
    analysis: wholeNumberText.optional(),
  }),
  answer: z.object({
    /** All that are kept, oldest first: they stay beside each other. */
    analyses: z.array(analysisSchema),
    /** Missing while nothing was analysed. */
    analysis: analysisSchema
      .extend({
        /** By their first samples; the last one may still grow unless the analysis has ended. */
        episodes: z.array(findingSchema),
        summary: summarySchema.optional(),
      })
      .optional(),
  }),
} satisfies Endpoint;
export type Findings = z.infer<(typeof findings)["answer"]>;

/** A beat's class is a place in it: normal, supraventricular, ventricular, fusion, unclassifiable or paced. */
export const BEAT_CLASSES = "NSVFQ";
/** Bytes of a beat: uint32 sample, uint8 class, uint8 confidence in 255ths, two zeros; little-endian. */
export const BEAT_BYTES = 8;

export const BEATS_HEADERS = {
  /** Of the analysis that found them, which is the one that its findings are of; missing while nothing was analysed. */
  version: "x-avnode-version",
  /** Its number; missing until some of it is kept. */
  analysis: "x-avnode-analysis",
  /** The lead that was analysed. */
  lead: "x-avnode-leads",
  /** Beats in the answer. */
  count: "x-avnode-count",
  /** Samples that were analysed, 0 while none were; beats of the last ten seconds before may be missing until more is there. */
  samples: "x-avnode-samples",
} as const;

export const beats = {
  method: "GET",
  path: "/api/recordings/:id/beats",
  summary:
    "Beats of a recording, in order, 8 bytes each, little-endian: uint32 sample, uint8 class as a place in NSVFQ, uint8 confidence in 255ths, two zeros",
  params: recordingParams,
  query: z.strictObject({
    /** Samples: the first one, and the one behind the last; the whole recording by default. */
    from: wholeNumberText.optional(),
    to: wholeNumberText.optional(),
  }),
  answer: BINARY,
} satisfies Endpoint;
export type BeatsQuery = z.input<(typeof beats)["query"]>;
