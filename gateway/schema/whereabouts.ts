/** Where is my recording: from the handheld to the doctor, with times. */
import { z } from "zod";
import { recordingParams, timeSchema } from "./common";
import type { Endpoint } from "./endpoint";

export const whereabouts = {
  method: "GET",
  path: "/api/recordings/:id/whereabouts",
  summary: "Where a recording is: handheld, hub, backups, whoever was given a link",
  params: recordingParams,
  answer: z.object({
    handheld: z.object({
      /** "part": frames of it are not here; "unknown": it was not heard since; "freed": all of it is here and receipted. */
      holds: z.enum(["all", "part", "unknown", "freed"]),
      /** When it was heard last. */
      at: timeSchema.optional(),
    }),
    hub: z.object({
      /** Frames held, and those that are not. */
      frames: z.int(),
      holes: z.int(),
      /** Everything that its handheld made, or says that it lost, is here. */
      complete: z.boolean(),
      firstAt: timeSchema.optional(),
      lastAt: timeSchema.optional(),
      /** When the log had it. */
      loggedAt: timeSchema.optional(),
      erasedAt: timeSchema.optional(),
    }),
    copies: z.array(
      z.object({
        place: z.string(),
        kind: z.enum(["backup", "mirror"]),
        /** "part": what came later is not in it; "unknown": it cannot be seen from here. */
        holds: z.enum(["all", "part", "none", "unknown"]),
        /** Of what was copied. */
        at: timeSchema.optional(),
      }),
    ),
    /** Whoever was given a link, and whoever read it over. */
    doctors: z.array(
      z.object({
        /** Of the link. */
        label: z.string().optional(),
        /** When the link was made, and until when it opens it; missing for one that has ended. */
        sentAt: timeSchema.optional(),
        expiresAt: timeSchema.optional(),
        /** When it was opened first. */
        openedAt: timeSchema.optional(),
        /** When an over-read by it was signed last, and by whom. */
        readAt: timeSchema.optional(),
        name: z.string().optional(),
      }),
    ),
  }),
} satisfies Endpoint;
export type Whereabouts = z.infer<(typeof whereabouts)["answer"]>;
