/** The live stream: server-sent events. */
import { z } from "zod";
import { sampleSchema, timeSchema } from "./common";
import { type Endpoint, EVENT_STREAM } from "./endpoint";
import { recordingSchema } from "./recordings";

/** A block of samples that is on disk, as soon as it is. `samples`: per lead, base64 of little-endian int32. */
export const blockSchema = z.object({
  recording: z.string(),
  from: sampleSchema,
  samples: z.array(z.base64()),
  /** When the hub had it on disk, by its clock. */
  at: timeSchema,
});
export type LiveBlock = z.infer<typeof blockSchema>;

/** Samples that this reader was not sent, because it was too slow or away: it reads them as a window. */
export const missedSchema = z.object({ recording: z.string(), from: sampleSchema, to: sampleSchema });
export type LiveMissed = z.infer<typeof missedSchema>;

export const liveMarkSchema = z.object({
  recording: z.string(),
  kind: z.enum(["symptom", "lead-off", "lead-on", "memory-nearly-full"]),
  sample: sampleSchema,
});

/** By the event's name. Each bears an id, with which a reader that comes back is told what it missed. */
export const LIVE_EVENTS = {
  /** What is drawn from now on, at first and whenever the handheld begins another one or ends this one. */
  recording: recordingSchema,
  block: blockSchema,
  missed: missedSchema,
  mark: liveMarkSchema,
  /** What came before is not known any more: read what is shown anew. */
  anew: z.object({}),
} as const;

export const live = {
  method: "GET",
  path: "/api/live",
  summary: "What a handheld records, as it comes: server-sent events recording, block, missed, mark, anew",
  query: z.strictObject({
    /** 16 hex digits of its id. */
    handheld: z.string().regex(/^[0-9a-f]{16}$/, "expected 16 hex digits"),
  }),
  answer: EVENT_STREAM,
} satisfies Endpoint;
