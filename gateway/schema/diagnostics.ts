/** What helps whoever looks for a fault, and tells nothing of anybody's heart. */
import { z } from "zod";
import { timeSchema } from "./common";
import type { Endpoint } from "./endpoint";

export const diagnostics = {
  method: "GET",
  path: "/api/diagnostics",
  summary:
    "The hub's state as one file to pass on: no ECG, findings, keys, codes or names in it; handhelds and recordings under pseudonyms",
  answer: z.looseObject({
    type: z.literal("avnode/diagnostics"),
    v: z.literal(1),
    at: timeSchema,
  }),
} satisfies Endpoint;
