/** Backups: where they are, how the newest run went, and one now. */
import { z } from "zod";
import { timeSchema } from "./common";
import type { Endpoint } from "./endpoint";

const MAX_PATH = 1024;

export const copySchema = z.object({
  /** A directory, or a mirror's name. */
  place: z.string(),
  kind: z.enum(["backup", "mirror"]),
  /** Of the newest attempt, and of the newest copy that was verified. */
  at: timeSchema,
  verifiedAt: timeSchema.optional(),
  ok: z.boolean(),
  /** Older than it should be. */
  late: z.boolean(),
  detail: z.string(),
});
export type CopyState = z.infer<typeof copySchema>;

export const backups = {
  method: "GET",
  path: "/api/backups",
  summary: "Where this hub's copies are and how old they are",
  answer: z.object({
    copies: z.array(copySchema),
    /** Directories that a backup may be made into from here: those of before, the configured one, media that are in. */
    places: z.array(
      z.object({
        dir: z.string(),
        freeBytes: z.number().optional(),
        known: z.boolean().describe("a backup was made there before"),
      }),
    ),
    /** How often one is made by itself. */
    schedule: z.object({ dir: z.string(), everyHours: z.number() }).optional(),
    /** Whether there is a recovery code, without which none is made. */
    recoveryCode: z.boolean(),
    /** Of the run that goes on, or of the last one that was begun from here. */
    run: z
      .object({
        dir: z.string(),
        state: z.enum(["running", "done", "failed"]),
        startedAt: timeSchema,
        endedAt: timeSchema.optional(),
        /** Why it failed. */
        detail: z.string().optional(),
      })
      .optional(),
  }),
} satisfies Endpoint;
export type Backups = z.infer<(typeof backups)["answer"]>;

export const backUp = {
  method: "POST",
  path: "/api/backups",
  summary: "Backs up now, in a process of its own, into one of the places that are listed",
  body: z.strictObject({ dir: z.string().max(MAX_PATH) }),
  answer: z.object({}),
  status: 202,
} satisfies Endpoint;
