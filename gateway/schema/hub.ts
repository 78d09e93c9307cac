/** The hub's own state. */
import { z } from "zod";
import { timeSchema } from "./common";
import type { Endpoint } from "./endpoint";
import { saidSchema } from "./wrong";

export const healthz = {
  method: "GET",
  path: "/healthz",
  summary: "Whether the store takes frames, and nothing else; 503 when it does not",
  answer: z.object({ ok: z.boolean() }),
} satisfies Endpoint;

/**
 * How full something is. "near": from 80 % on; "full": at 100 %, where something is lost or stands still; "unknown": it was
 * neither when it was heard of last, and that is too long ago.
 */
export const limitSchema = z.object({
  what: z.enum(["ring", "disk", "outbox"]),
  level: z.enum(["ok", "near", "full", "unknown"]),
  /** How full, in thousandths. */
  permille: z.int(),
  /** Of a ring: its handheld. */
  device: z.string().optional(),
  name: z.string().optional(),
  /** When it was measured, and since when it has that level. */
  at: timeSchema,
  since: timeSchema,
  /** What to do about it, in English. */
  advice: z.string().optional(),
});
export type Limit = z.infer<typeof limitSchema>;

export const status = {
  method: "GET",
  path: "/api/status",
  summary: "The hub's state: its store, and sums over its handhelds",
  answer: z.object({
    /** "demo" and "import" hold no person's heart: every screen says so. */
    kind: z.enum(["home", "demo", "import"]),
    version: z.string().optional(),
    /** By the hub's clock: what is older than this page thinks is told from it. */
    now: timeSchema,
    health: z.object({
      ok: z.boolean(),
      /** SQLite's code of the failure that lasts, and since when. */
      reason: z.string().optional(),
      since: timeSchema.optional(),
      /** Messages forgotten for want of disk; handhelds send them again. */
      forgotten: z.int(),
    }),
    /** What is wrong and what to do, in words. */
    problems: z.array(z.string()),
    /** Each of `problems` by its code, in the same order. */
    said: z.array(saidSchema).optional(),
    /** The fullest first. */
    limits: z.array(limitSchema),
    handhelds: z.int(),
    recordings: z.int(),
    /** Frames that handhelds still hold, as they said last. */
    backlog: z.int(),
  }),
} satisfies Endpoint;
export type HubState = z.infer<(typeof status)["answer"]>;

export const openapi = {
  method: "GET",
  path: "/api/openapi.json",
  summary: "This API, as an OpenAPI 3.1 document",
  answer: z.looseObject({ openapi: z.string() }),
} satisfies Endpoint;
