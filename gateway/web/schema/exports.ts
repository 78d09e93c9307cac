/** A recording as a file that other programs read. */
import { z } from "zod";
import { recordingParams } from "./common";
import { BINARY, type Endpoint } from "./endpoint";

export const exportFormatSchema = z.enum(["wfdb", "csv"]);
export type ExportFormat = z.infer<typeof exportFormatSchema>;

export const exportRecording = {
  method: "GET",
  path: "/api/recordings/:id/export",
  summary: "A recording as a file: csv, or wfdb as a tar archive of its header and its samples",
  params: recordingParams,
  query: z.strictObject({ format: exportFormatSchema }),
  answer: BINARY,
} satisfies Endpoint;
