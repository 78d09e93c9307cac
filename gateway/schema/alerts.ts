/** Who in the family is told what is wrong, when nobody is woken, and the watcher outside the house. */
import { z } from "zod";
import { nothingSchema, timeSchema, wholeNumberText } from "./common";
import { mailSchema } from "./delivery";
import type { Endpoint } from "./endpoint";
import { saidSchema } from "./wrong";

const MAX_URL = 500;
const MAX_LISTED = 200;

/** Whoever has such a URL can tell, or be told, in the hub's name: it is told to the hub and never by it. */
const urlSchema = z
  .string()
  .max(MAX_URL)
  .regex(/^https?:\/\/[^\s@#]+$/, "expected a URL like https://ntfy.example/topic")
  .refine((text) => URL.canParse(text), "expected a URL like https://ntfy.example/topic");

export const alertWaySchema = z.discriminatedUnion("kind", [
  mailSchema.omit({ pdfPassword: true }),
  z.strictObject({
    kind: z.literal("ntfy"),
    url: urlSchema,
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,500}$/, "expected a token without spaces")
      .optional(),
  }),
  z.strictObject({ kind: z.literal("webhook"), url: urlSchema }),
]);
export type AlertWay = z.infer<typeof alertWaySchema>;

/**
 * "hub": it does not work, or its disk or outbox runs full, or a backup is too old, or something stored was altered.
 * "handheld": its memory runs full, or nothing was heard of it. "delivery": a report did not arrive. "finding": possible
 * AF, without whose.
 */
export const alertTopicSchema = z.enum(["hub", "handheld", "delivery", "finding"]);
export type AlertTopic = z.infer<typeof alertTopicSchema>;

const tellsSchema = z.array(alertTopicSchema).max(alertTopicSchema.options.length);

const hour = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time like "22:00"');
const timeZone = z
  .string()
  .max(64)
  .refine((name) => {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
    } catch {
      return false;
    }
  }, "expected a time zone like Europe/Berlin");

export const alertTimesSchema = z.strictObject({
  /** By the clock on the wall there; `to` is the first minute that is not quiet. */
  quiet: z.strictObject({ from: hour, to: hour, timeZone }).optional(),
  /** What goes wrong within so long is one message. */
  gatherMinutes: z.int().min(1).max(60),
  /** After which a handheld that was not heard of is told of. */
  silentHours: z.int().min(1).max(720),
});
export type AlertTimes = z.infer<typeof alertTimesSchema>;

export const alertDetailsSchema = z.strictObject({ way: alertWaySchema, tells: tellsSchema });

const kindSchema = z.enum(["mail", "ntfy", "webhook"]);

export const toldWaySchema = z.object({
  id: z.int(),
  kind: kindSchema,
  /** In one line, without secrets. */
  address: z.string(),
  tells: z.array(alertTopicSchema),
});
export type ToldWay = z.infer<typeof toldWaySchema>;

/** "waiting": gathered, kept back in quiet hours, or tried again. "accepted": the next server has it. */
export const alertMessageSchema = z.object({
  way: z.int(),
  state: z.enum(["waiting", "accepted"]),
  /** When it was accepted, or is due. */
  at: timeSchema,
  lines: z.array(z.string()),
  /** Each of `lines` by its code, in the same order. */
  said: z.array(saidSchema).optional(),
  /** Why the newest attempt failed. */
  reason: z.string().optional(),
});
export type AlertMessage = z.infer<typeof alertMessageSchema>;

export const alertsSchema = z.object({
  ways: z.array(toldWaySchema),
  times: alertTimesSchema.extend({ quiet: z.object({ from: hour, to: hour, timeZone }).optional() }),
  /** The hub came out of a backup since: nobody is told anything until its times are said again. */
  paused: z.boolean(),
  watcher: z
    .object({
      host: z.string(),
      /** When it last heard that all is well, as far as this run of the hub knows. */
      pingedAt: timeSchema.optional(),
      /** Since when it was not reached. */
      failingSince: timeSchema.optional(),
    })
    .optional(),
  messages: z.array(alertMessageSchema).max(MAX_LISTED),
});
export type AlertsState = z.infer<typeof alertsSchema>;

const wayParams = z.strictObject({ id: wholeNumberText });
const testedSchema = z.object({ accepted: z.boolean(), reason: z.string().optional() });

export const alerts = {
  method: "GET",
  path: "/api/alerts",
  summary: "Who is told what is wrong, and the newest messages, without any secret",
  answer: alertsSchema,
} satisfies Endpoint;

export const changeAlertTimes = {
  method: "PUT",
  path: "/api/alerts/times",
  summary: "Says when somebody is told, and that telling goes on after a restore",
  body: alertTimesSchema,
  answer: alertsSchema,
} satisfies Endpoint;

export const addAlertWay = {
  method: "POST",
  path: "/api/alerts/ways",
  summary: "Adds somebody who is told",
  body: alertDetailsSchema,
  bodyBytes: 32_768,
  answer: alertsSchema,
  status: 201,
} satisfies Endpoint;

export const changeAlertTopics = {
  method: "PUT",
  path: "/api/alerts/ways/:id/tells",
  summary: "Says what somebody is told of",
  params: wayParams,
  body: z.strictObject({ tells: tellsSchema }),
  answer: alertsSchema,
} satisfies Endpoint;

export const removeAlertWay = {
  method: "DELETE",
  path: "/api/alerts/ways/:id",
  summary: "Removes somebody who is told, and what waits for him",
  params: wayParams,
  answer: nothingSchema,
} satisfies Endpoint;

export const testAlertWay = {
  method: "POST",
  path: "/api/alerts/ways/:id/test",
  summary: "Sends a test at once",
  params: wayParams,
  answer: testedSchema,
} satisfies Endpoint;

export const setWatcher = {
  method: "PUT",
  path: "/api/alerts/watcher",
  summary: "Names the health check elsewhere that hears every minute that all is well; none without a URL",
  body: z.strictObject({ url: urlSchema.optional() }),
  answer: alertsSchema,
} satisfies Endpoint;

export const pingWatcher = {
  method: "POST",
  path: "/api/alerts/watcher/test",
  summary: "Tells the watcher at once that all is well, if it is",
  answer: testedSchema,
} satisfies Endpoint;
