/** Recordings: the list, one, its events, its place in the log. */
import { z } from "zod";
import { recordingParams, sampleSchema, timeSchema, wholeNumberText } from "./common";
import type { Endpoint } from "./endpoint";
import { findingSchema, headlineSchema, rhythmSchema } from "./findings";

export const MAX_LISTED = 200;

export const stateSchema = z.enum(["recording", "closed", "truncated", "pending"]);
export const trustSchema = z.enum(["unknown", "since-boot", "set-by-hub"]);

/**
 * Of a recording's close. "sealed": a hub could have made it, too; "unchecked": the handheld's public table is not here;
 * "adopted": a hub did make it, of a file.
 */
export const signatureSchema = z.enum(["signed", "wrong", "unchecked", "sealed", "adopted"]);

/** What a handheld's maker says of it. Since: Unix seconds. */
export const revokedSchema = z.object({ since: z.int(), reason: z.string() });

export const leadSchema = z.object({
  name: z.string(),
  /** Physical unit of the calibrated signal, e.g. `mV`. */
  unit: z.string(),
  /** Counts per unit; 0 = uncalibrated. */
  gain: z.number().nonnegative(),
  /** Count that means 0 units. */
  baseline: z.int(),
});
export type LeadInfo = z.infer<typeof leadSchema>;

/** What is needed to draw it. */
export const formSchema = z.object({
  /** Samples per second and lead, an exact ratio. */
  rateNum: z.int().positive(),
  rateDen: z.int().positive(),
  /** Range of a sample: signed, two's complement. */
  bits: z.int(),
  frontEnd: z.string(),
  mode: z.enum(["strip", "fixed", "continuous"]),
  leads: z.array(leadSchema),
});

export const recordingSchema = z.object({
  id: z.string(),
  device: z.string(),
  epoch: z.int(),
  /** Its number under that ownership. */
  number: z.int(),
  /** Missing until its first frame is here, and once it is erased. */
  form: formSchema.optional(),
  /** Of sample 0; missing when unknown. */
  startMs: timeSchema.optional(),
  trust: trustSchema,
  state: stateSchema,
  /** Made by a virtual handheld: not a person's heart. */
  simulated: z.boolean(),
  /** Taken over from a file: no handheld signed it. */
  adopted: z.boolean(),
  /** Its handheld's maker had revoked it when it was logged. Since: Unix seconds. */
  revoked: revokedSchema.optional(),
  person: z.string().optional(),
  /** Frames held, and frames that are neither held nor declared lost. */
  frames: z.int(),
  holes: z.int(),
  /** Sample positions per lead, gaps included; of those, how many stand in declared gaps. */
  samples: sampleSchema,
  dropped: sampleSchema,
  marks: z.int(),
  flags: z.array(z.enum(["altered", "malformed", "conflict", "after-close"])),
  /** Of the first and the newest frame's arrival. */
  firstAt: timeSchema.optional(),
  lastAt: timeSchema.optional(),
  /** Its owner had its key and frames destroyed. */
  erasedAt: timeSchema.optional(),
});
export type Recording = z.infer<typeof recordingSchema>;

/** With what analysis says of it; missing until some of it was analysed. */
export const listedSchema = recordingSchema.extend({
  finding: headlineSchema.optional(),
  /** The newest over-read: who signed it, and when. */
  overRead: z.object({ name: z.string(), at: timeSchema }).optional(),
});
export type ListedRecording = z.infer<typeof listedSchema>;

export const recordings = {
  method: "GET",
  path: "/api/recordings",
  summary: "Recordings, newest first",
  query: z.strictObject({
    device: z.string().max(16).optional(),
    /** Her name; "" for those that are nobody's. */
    person: z.string().max(200).optional(),
    /** What its headline says. */
    finding: rhythmSchema.optional(),
    /** Who signed it; "open": nobody yet. */
    proof: z.enum([...signatureSchema.options, "open"]).optional(),
    state: stateSchema.optional(),
    /** Whose start, or first arrival where that is unknown, is not before and is before: Unix ms. */
    since: wholeNumberText.optional(),
    until: wholeNumberText.optional(),
    marked: z.literal("true").optional(),
    limit: wholeNumberText.refine((n) => n >= 1 && n <= MAX_LISTED, `expected 1 to ${MAX_LISTED}`).optional(),
    /** Go on behind this one: `next` of the answer before. */
    after: z.string().max(64).optional(),
  }),
  answer: z.object({
    recordings: z.array(listedSchema),
    /** Missing when there are no more. With it the list may be empty: so many were looked at in vain. */
    next: z.string().optional(),
  }),
} satisfies Endpoint;
export type RecordingFilter = z.input<(typeof recordings)["query"]>;

export const recording = {
  method: "GET",
  path: "/api/recordings/:id",
  summary: "One recording",
  params: recordingParams,
  answer: listedSchema,
} satisfies Endpoint;

/** One kind of event per member. */
export const eventSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["symptom", "lead-off", "lead-on", "memory-nearly-full"]), sample: sampleSchema }),
  z.object({
    kind: z.literal("gap"),
    sample: sampleSchema,
    samples: sampleSchema,
    /** Undeclared: not received yet, or lost and nobody said so. */
    reason: z.enum(["memory-full", "front-end", "undeclared"]),
  }),
  /** Every episode that tells of something: sinus rhythm, and what cannot be read, stand in the recording's findings. */
  z.object({ kind: z.literal("finding"), sample: sampleSchema, finding: findingSchema }),
]);
export type RecordingEvent = z.infer<typeof eventSchema>;

export const events = {
  method: "GET",
  path: "/api/recordings/:id/events",
  summary: "Marks, gaps and findings of a recording, by sample",
  params: recordingParams,
  answer: z.object({
    events: z.array(eventSchema),
    /** False while the hub still reads it: gaps may be missing from the list. */
    complete: z.boolean(),
  }),
} satisfies Endpoint;

export const proof = {
  method: "GET",
  path: "/api/recordings/:id/proof",
  summary: "Where the log has it, and who signed it",
  params: recordingParams,
  answer: z.object({
    /** Missing until all of it is here, or its first hour is. `at`: of the checkpoint over it, by the hub's clock. */
    logged: z
      .object({ log: z.int(), origin: z.string(), index: z.int(), at: timeSchema, size: z.int() })
      .optional(),
    signature: signatureSchema.optional(),
  }),
} satisfies Endpoint;
export type ProofState = z.infer<(typeof proof)["answer"]>;

export const verify = {
  method: "POST",
  path: "/api/recordings/:id/verify",
  summary: "Verifies one recording, the store's own rows and its log, as 'avnode verify ID' does",
  params: recordingParams,
  answer: z.object({
    ok: z.boolean(),
    verdict: z.enum(["authentic", "adopted", "erased", "revoked", "altered", "missing"]),
    notes: z.array(z.string()),
    problems: z.array(z.string()),
    frames: z.int(),
    samples: z.int(),
    /** Of the store as a whole. */
    store: z.object({
      notes: z.array(z.string()),
      problems: z.array(z.string()),
      missing: z.array(z.string()),
    }),
  }),
} satisfies Endpoint;
export type Verification = z.infer<(typeof verify)["answer"]>;
