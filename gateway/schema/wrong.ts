/** What is wrong, by a code: the page has words for it in each of its languages. The hub's own words beside it are English. */
import { z } from "zod";

const CODES = [
  "store",
  "broker",
  "analysis",
  "aside",
  "no-adapter",
  "adapters-off",
  "limit",
  "silent",
  "revoked",
  "altered",
  "copy",
  "delivery",
  "finding",
  "more",
] as const;

export const saidSchema = z.object({
  /** Missing where there are the hub's words alone. */
  code: z.enum(CODES).optional(),
  values: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  /** It is not so any more. */
  over: z.boolean().optional(),
});
export type Said = z.infer<typeof saidSchema>;
