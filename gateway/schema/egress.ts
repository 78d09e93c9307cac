/** What left the house, to whom and when. */
import { z } from "zod";
import { timeSchema, wholeNumberText } from "./common";
import type { Endpoint } from "./endpoint";

export const MAX_EGRESS_LISTED = 200;

export const egressKindSchema = z.enum([
  /** A clinician opened a link. */
  "link",
  /** Somebody took a recording along as a file. */
  "export",
  /** Somebody took the diagnostics along. */
  "diagnostics",
  /** The hub handed a recording to a doctor's server. */
  "delivery",
  /** Somebody agreed that recordings go to a recipient. */
  "return",
  "consent",
]);

export const egressEntrySchema = z.object({
  id: z.int(),
  kind: egressKindSchema,
  /** First and last of what is told as one. */
  at: timeSchema,
  until: timeSchema,
  /** So often between the two. */
  count: z.int(),
  /** To whom, as far as the hub knows: a link's label, a role, a file on this machine. */
  to: z.string(),
  /** Of whoever asked, or a file's path on the hub's own machine. */
  address: z.string(),
  recording: z.string().optional(),
  /** A file's format. */
  detail: z.string().optional(),
});
export type EgressEntry = z.infer<typeof egressEntrySchema>;

export const egress = {
  method: "GET",
  path: "/api/egress",
  summary: "What left the house, newest first, and what goes out all the time",
  query: z.strictObject({
    limit: wholeNumberText
      .refine((n) => n >= 1 && n <= MAX_EGRESS_LISTED, `expected 1 to ${MAX_EGRESS_LISTED}`)
      .optional(),
    /** Go on behind this entry. */
    before: wholeNumberText.optional(),
  }),
  answer: z.object({
    entries: z.array(egressEntrySchema),
    next: z.int().optional(),
    /** What goes out by itself: sealed copies, and what Home Assistant is told. */
    standing: z.array(
      z.object({
        kind: z.enum(["backup", "mirror", "homeassistant", "broker"]),
        to: z.string(),
        /** Whoever has it can read it; else it is sealed. */
        readable: z.boolean(),
        /** Of the newest copy. */
        at: timeSchema.optional(),
      }),
    ),
  }),
} satisfies Endpoint;
export type Egress = z.infer<(typeof egress)["answer"]>;
