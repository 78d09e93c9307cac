/** Updates of handhelds: what is newer here, and how one gets on that its owner asked for. */
import { z } from "zod";
import { deviceParams, nothingSchema } from "./common";
import { BINARY, type Endpoint } from "./endpoint";

/** As protocol/releasefile.ts says. */
export const MAX_RELEASE_BYTES = 1_081_344;

/** What a handheld refused. */
const REFUSALS = [
  "older",
  "same",
  "board",
  "signature",
  "chunk",
  "size",
  "place",
  "recording",
  "battery",
  "backlog",
  "flash",
  "notReady",
  "failed",
  "form",
  "key",
] as const;

/** Going on, then ended. owner: claimed anew; gone: the release is not here; maker: not believed any more. */
const STATES = [
  "waiting",
  "clearing",
  "taking",
  "checking",
  "ready",
  "restarting",
  "trial",
  "cancelling",
  "installed",
  "back",
  "cancelled",
  "refused",
  "owner",
  "gone",
  "maker",
] as const;

const updateSchema = z.object({
  /** Newer than what it runs. */
  newest: z
    .object({
      version: z.string(),
      /** Its maker's words. */
      notes: z.string(),
    })
    .optional(),
  /** The one that goes on, or the last one. */
  update: z
    .object({
      version: z.string(),
      state: z.enum(STATES),
      /** Of the image that has arrived, 0 to 1. */
      share: z.number(),
      /** Why it does not go on, or did not restart. */
      refused: z.enum(REFUSALS).optional(),
      /** It restarts as soon as it can. */
      whenReady: z.boolean(),
    })
    .optional(),
});
export type DeviceUpdate = z.infer<typeof updateSchema>;

export const update = {
  method: "GET",
  path: "/api/devices/:id/update",
  summary: "Whether a newer version is here for a handheld, and how its update gets on",
  params: deviceParams,
  answer: updateSchema,
} satisfies Endpoint;

const restartSchema = z.strictObject({
  /** As soon as it can; without it once, now. */
  whenReady: z.boolean().default(false),
});

export const startUpdate = {
  method: "POST",
  path: "/api/devices/:id/update/start",
  summary: "Sends the newest version to a handheld, which goes on recording meanwhile",
  params: deviceParams,
  body: restartSchema,
  answer: nothingSchema,
  status: 202,
} satisfies Endpoint;

export const swapUpdate = {
  method: "POST",
  path: "/api/devices/:id/update/swap",
  summary: "Restarts a handheld with the version that it has taken",
  params: deviceParams,
  body: restartSchema,
  answer: nothingSchema,
  status: 202,
} satisfies Endpoint;

export const cancelUpdate = {
  method: "POST",
  path: "/api/devices/:id/update/cancel",
  summary: "Ends an update before the handheld restarts",
  params: deviceParams,
  answer: nothingSchema,
  status: 202,
} satisfies Endpoint;

export const addRelease = {
  method: "POST",
  path: "/api/releases",
  summary: "Keeps a release of a maker whom this hub knows",
  body: BINARY,
  bodyBytes: MAX_RELEASE_BYTES,
  answer: z.object({ version: z.string(), board: z.string() }),
} satisfies Endpoint;
