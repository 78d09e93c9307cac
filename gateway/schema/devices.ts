/** Handhelds: what they say of themselves, and what they are told. */
import { z } from "zod";
import { deviceParams, nothingSchema, timeSchema } from "./common";
import type { Endpoint } from "./endpoint";
import { revokedSchema, trustSchema } from "./recordings";

/** As long as the firmware's own counter holds, in seconds. */
const MAX_SECONDS = 2 ** 32 - 1;

const deviceSchema = z.object({
  id: z.string(),
  /** What its owner calls it. */
  name: z.string().optional(),
  class: z.enum(["locked", "dev", "simulated", "adopted"]),
  /** Its maker's fingerprint; of a real handheld alone. */
  maker: z.string().optional(),
  /** By its maker. */
  revoked: revokedSchema.optional(),
  person: z.string().optional(),
  claimedAt: timeSchema,
  lastContact: timeSchema.optional(),
  recordings: z.int(),
  /** Messages refused, by kind. */
  refusals: z.record(z.string(), z.int()),
  /** Where it is connected right now; missing while it is away, or where relays elsewhere hear it. */
  connection: z.object({ since: timeSchema, rssi: z.int().optional() }).optional(),
  /** Of the recording that it makes, as far as it is here; missing while it makes none. */
  running: z
    .object({
      recording: z.string(),
      /** Whether its electrodes touch somebody. */
      contact: z.boolean(),
      /** Missing until analysis has an answer; `at`: of its newest sample, by the handheld's clock, which the hub set. */
      heart: z
        .object({
          at: timeSchema,
          /** Beats a minute over ten seconds; missing where they cannot be read. */
          rate: z.number().optional(),
        })
        .optional(),
    })
    .optional(),
  /** The newest that it sent, if any. */
  status: z
    .object({
      state: z.enum(["idle", "recording", "sending"]),
      batteryMillivolts: z.int(),
      /** How full its memory is with what no receipt covers, in thousandths. */
      ringPermille: z.int(),
      /** Frames that no receipt covers. */
      backlog: z.int(),
      /** The number of its newest recording. */
      newestRecording: z.int(),
      clock: trustSchema,
      /** The `command` of the newest one that it carried out in this session; 0 = none. */
      lastCommand: z.int(),
      /** Recordings that it can still sign. */
      signatures: z.int().optional(),
      firmware: z.string(),
    })
    .optional(),
});
export type Device = z.infer<typeof deviceSchema>;

export const devices = {
  method: "GET",
  path: "/api/devices",
  summary: "Handhelds that were claimed here",
  answer: z.object({ devices: z.array(deviceSchema) }),
} satisfies Endpoint;

export const nameDevice = {
  method: "PUT",
  path: "/api/devices/:id/name",
  summary: 'Calls a handheld by a name; "" takes it away',
  params: deviceParams,
  body: z.strictObject({ name: z.string().max(200) }),
  answer: nothingSchema,
} satisfies Endpoint;

/** Sent, not done: it is done once the handheld's status says `lastCommand` ≥ `command`. */
const sentSchema = z.object({ command: z.int() });

export const start = {
  method: "POST",
  path: "/api/devices/:id/start",
  summary: "Tells a handheld that is connected to record",
  params: deviceParams,
  body: z.strictObject({
    mode: z.enum(["strip", "fixed", "continuous"]),
    /** Its length; 0 is the mode's own. */
    seconds: z.int().min(0).max(MAX_SECONDS).default(0),
  }),
  answer: sentSchema,
  status: 202,
} satisfies Endpoint;

export const mark = {
  method: "POST",
  path: "/api/devices/:id/mark",
  summary: "Tells a handheld that is connected and records to mark this moment as a symptom",
  params: deviceParams,
  answer: sentSchema,
  status: 202,
} satisfies Endpoint;

export const stop = {
  method: "POST",
  path: "/api/devices/:id/stop",
  summary: "Tells a handheld that is connected to end its recording",
  params: deviceParams,
  answer: sentSchema,
  status: 202,
} satisfies Endpoint;
