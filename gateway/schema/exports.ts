/** A recording as a file that other programs read. */
import { z } from "zod";
import { recordingParams } from "./common";
import { BINARY, type Endpoint } from "./endpoint";
import { EXPORT_FORMATS } from "./exportformats";

export const exportFormatSchema = z.enum(EXPORT_FORMATS);

const secondsText = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, "expected seconds since the recording's start")
  .transform(Number);

export const exportRecording = {
  method: "GET",
  path: "/api/recordings/:id/export",
  summary:
    "A recording, or the seconds of it from one to another, as a file that others read; of a format with several files, as a tar archive",
  params: recordingParams,
  query: z.strictObject({
    format: exportFormatSchema,
    from: secondsText.optional(),
    to: secondsText.optional(),
    nameless: z.literal("true").optional().describe("leaves out whose it is"),
  }),
  answer: BINARY,
} satisfies Endpoint;
