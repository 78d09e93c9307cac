/** What a clinician says of a recording, beside what the analysis said: neither changes the other. */
import { z } from "zod";
import { lineSchema, proseSchema, recordingParams, sampleSchema, timeSchema } from "./common";
import type { Endpoint } from "./endpoint";
import { findingSchema, rhythmSchema } from "./findings";

export const MAX_OVERREAD_FINDINGS = 200;
const MAX_COMMENT = 4000;
const MAX_NOTE = 300;
const MAX_SIGNATURE = 100;
const MAX_BYTES = 131_072;

/** A letter or a digit at least; some letters show nothing, as Hangul's fillers. */
const SIGNED = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}]/u;

const noteSchema = lineSchema(MAX_NOTE).optional();
const stretch = { rhythm: rhythmSchema, from: sampleSchema, to: sampleSchema };

/** `episode`: its place among the episodes of the analysis that is read over, from 0. */
const saidSchema = z.discriminatedUnion("verdict", [
  z.strictObject({ verdict: z.literal("accepted"), episode: z.int().nonnegative(), note: noteSchema }),
  z.strictObject({
    verdict: z.literal("changed"),
    episode: z.int().nonnegative(),
    ...stretch,
    note: noteSchema,
  }),
  z.strictObject({ verdict: z.literal("rejected"), episode: z.int().nonnegative(), note: noteSchema }),
  z.strictObject({ verdict: z.literal("added"), ...stretch, note: noteSchema }),
]);
export type OverReadSaid = z.infer<typeof saidSchema>;

/** As `said`, with the automatic finding as it stood when it was read. */
const keptSchema = z.object({
  verdict: z.enum(["accepted", "changed", "rejected", "added"]),
  /** What the analysis had found; missing for what was added. */
  automatic: findingSchema.optional(),
  /** What the clinician says instead, or in addition; missing for what was accepted or rejected. */
  finding: z.object(stretch).optional(),
  note: z.string().optional(),
});

const cameBy = z.object({ id: z.string(), label: z.string().optional() });

export const overReadSchema = z.object({
  /** Among those of its recording, from 1; a later one stands beside the ones before. */
  number: z.int().positive(),
  at: timeSchema,
  /** As the reader wrote it; who had the link or the form is all that the hub knows of it. */
  name: z.string(),
  /** Of the link that it came by. */
  link: cameBy.optional(),
  /** Of the form that it came back on. */
  form: cameBy.optional(),
  /** The analysis that was read over; missing where there was none. */
  analysis: z.object({ number: z.int(), version: z.string() }).optional(),
  findings: z.array(keptSchema),
  comment: z.string(),
  /** Where the log says it. */
  logged: z.object({ log: z.int(), index: z.int() }),
});
export type OverRead = z.infer<typeof overReadSchema>;

export const overReads = {
  method: "GET",
  path: "/api/recordings/:id/overreads",
  summary: "Over-reads of a recording, oldest first",
  params: recordingParams,
  answer: z.object({ overReads: z.array(overReadSchema) }),
} satisfies Endpoint;

export const overRead = {
  method: "POST",
  path: "/api/recordings/:id/overreads",
  summary: "Keeps a signed over-read beside the recording, for whoever has a link to it; the log says so",
  params: recordingParams,
  body: z.strictObject({
    /** Number of the analysis that was on the screen; needed where findings name its episodes. */
    analysis: z.int().positive().optional(),
    findings: z.array(saidSchema).max(MAX_OVERREAD_FINDINGS),
    comment: proseSchema(MAX_COMMENT),
    /** The signature. */
    name: lineSchema(MAX_SIGNATURE).regex(SIGNED, "expected a name that can be read"),
  }),
  bodyBytes: MAX_BYTES,
  answer: overReadSchema,
  status: 201,
} satisfies Endpoint;
