/** What an owner changes of the hub's configuration from the page. */
import { z } from "zod";
import type { Endpoint } from "./endpoint";

const MAX_NAME = 60;
const MAX_PATH = 1024;

export const settingsSchema = z.strictObject({
  /** What the hub calls itself in its log. */
  name: z.string().trim().max(MAX_NAME).optional(),
  logLevel: z.enum(["debug", "info", "warn", "error"]).optional(),
  /** Where it backs up to by itself, and how often. */
  backup: z
    .strictObject({ dir: z.string().min(1).max(MAX_PATH), everyHours: z.number().min(0.25).max(720) })
    .optional(),
  homeAssistant: z
    .strictObject({
      /** Handhelds as devices: battery, electrodes, backlog, last recording. */
      discovery: z.boolean(),
      /** Heart rate, rhythm and the last finding too: health data, in clear to whoever may read that broker. */
      values: z.boolean().optional(),
    })
    .optional(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** As they stand in the file, where somebody may have written more than this page takes. */
export const heldSettingsSchema = settingsSchema.extend({
  name: z.string().optional(),
  backup: z.strictObject({ dir: z.string(), everyHours: z.number() }).optional(),
});

export const settings = {
  method: "GET",
  path: "/api/settings",
  summary: "What the configuration file says of what may be changed from here",
  answer: z.object({
    settings: heldSettingsSchema,
    /** The file that holds them. */
    file: z.string(),
    /** Whether it can be written. */
    writable: z.boolean(),
    /** Changed since the hub started, and not in force before it is started anew. */
    pending: z.boolean(),
  }),
} satisfies Endpoint;

export const changeSettings = {
  method: "PUT",
  path: "/api/settings",
  summary:
    "Writes these settings into the configuration file, as a whole; in force once the hub is started anew",
  body: settingsSchema,
  answer: settings.answer,
} satisfies Endpoint;
