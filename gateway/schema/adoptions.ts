/** Old recordings from the page: a file comes in pieces, then waits to be adopted. */
import { z } from "zod";
import { wholeNumberText } from "./common";
import { BINARY, type Endpoint } from "./endpoint";

/** Small enough for a slow network within one request's time. */
export const PIECE_BYTES = 2_000_000;
/** A week of three leads has 0.9 GB. */
export const MAX_FILE_BYTES = 2 ** 31;

const uploadSchema = z.string().regex(/^[0-9a-f]{32}$/);

export const adoptPiece = {
  method: "POST",
  path: "/api/adoptions/pieces",
  summary:
    "The next piece of a file (EDF+, BDF+, DICOM ECG); the first one names no upload and is told which it is",
  query: z.strictObject({
    upload: uploadSchema.optional(),
    /** Bytes that are here already. */
    at: wholeNumberText,
  }),
  body: BINARY,
  bodyBytes: PIECE_BYTES,
  answer: z.object({ upload: uploadSchema }),
} satisfies Endpoint;

export const adopt = {
  method: "POST",
  path: "/api/adoptions",
  summary: "Has a file adopted whose pieces are all here: kept as a recording that no handheld signed",
  body: z.strictObject({
    upload: uploadSchema,
    /** Whose it becomes; nobody's without. */
    person: z.int().positive().optional(),
  }),
  /** Its number: asked for until it has ended. */
  answer: z.object({ adoption: z.int() }),
  status: 202,
} satisfies Endpoint;

export const adoption = {
  method: "GET",
  path: "/api/adoptions/:id",
  summary: "What becomes of a file that is to be adopted",
  params: z.strictObject({ id: wholeNumberText }),
  answer: z.object({
    state: z.enum(["waiting", "adopted", "refused"]),
    /** Its id. */
    recording: z.string().optional(),
    /** It was here already, and nothing was written. */
    known: z.boolean().optional(),
    /** What of the file was not taken over, in the hub's words. */
    left: z.array(z.string()).optional(),
    /** The file names no time zone: its start was taken for a time of the hub's. */
    zoneAssumed: z.boolean().optional(),
    /** Id of the recording of which avnode made the file, as the file says. */
    exportOf: z.string().optional(),
    /** Of an answer on a form: who gave it, as they wrote it. The recording is the one that it is about. */
    answeredBy: z.string().optional(),
    /** Why it was refused: a stable code, and in the hub's words. */
    code: z.string().optional(),
    message: z.string().optional(),
  }),
} satisfies Endpoint;
export type AdoptionState = z.infer<(typeof adoption)["answer"]>;
