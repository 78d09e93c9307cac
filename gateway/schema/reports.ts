/** A recording as a PDF for a doctor, and as a form that one answers on. */
import { z } from "zod";
import { languageSchema, lineSchema, recordingParams } from "./common";
import { BINARY, type Endpoint } from "./endpoint";
import { DEFAULT_DAYS, MAX_DAYS, MAX_LABEL } from "./formbounds";

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

export const formOf = {
  method: "GET",
  path: "/api/recordings/:id/form",
  summary: "One HTML file that a doctor answers on without any network; its answer is adopted, once",
  params: recordingParams,
  query: z.strictObject({
    /** For whom it is. */
    label: lineSchema(MAX_LABEL).min(1).optional(),
    days: z.coerce.number().int().min(1).max(MAX_DAYS).default(DEFAULT_DAYS),
    /** IANA's name; the hub's own by default. */
    timeZone: z.string().max(64).optional(),
  }),
  answer: BINARY,
} satisfies Endpoint;
