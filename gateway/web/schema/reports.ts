/** A recording as a PDF for a doctor. */
import { z } from "zod";
import { languageSchema, recordingParams } from "./common";
import { BINARY, type Endpoint } from "./endpoint";

export const paperSchema = z.enum(["a4", "letter"]);
export type ReportPaper = z.infer<typeof paperSchema>;

const count = z.coerce.number().int().min(0);

export const reportRecording = {
  method: "GET",
  path: "/api/recordings/:id/report",
  summary:
    "A recording as a PDF, true to scale, with its proof inside; samples `from` up to, not including, `to`",
  params: recordingParams,
  query: z.strictObject({
    paper: paperSchema.default("a4"),
    from: count.optional(),
    to: count.optional(),
    /** IANA's name; the hub's own by default. */
    timeZone: z.string().max(64).optional(),
    language: languageSchema.default("en"),
    /** "no" leaves the proof out, and with it the recording itself. */
    proof: z.enum(["yes", "no"]).default("yes"),
  }),
  answer: BINARY,
} satisfies Endpoint;
