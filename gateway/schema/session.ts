/** Logging in and out, and clinicians' links. */
import { z } from "zod";
import { lineSchema, nothingSchema, timeSchema } from "./common";
import type { Endpoint } from "./endpoint";

export const MAX_LINK_HOURS = 90 * 24;
export const MAX_PASSWORD = 4096;
const MAX_LABEL = 100;

export const roleSchema = z.enum(["owner", "viewer"]);

/** `csrf` goes along, in the header x-avnode-csrf, with every request that changes something. */
export const sessionSchema = z.object({
  role: roleSchema,
  csrf: z.string(),
  /** Nobody's heart, a demo's data or an import's: every screen says so. Said here, so that none is shown before. */
  demo: z.boolean(),
});
export type SessionInfo = z.infer<typeof sessionSchema>;

const linkSchema = z.object({
  id: z.string(),
  recording: z.string(),
  label: z.string().optional(),
  createdAt: timeSchema,
  expiresAt: timeSchema,
});
export type LinkInfo = z.infer<typeof linkSchema>;

export const login = {
  method: "POST",
  path: "/api/login",
  summary: "Opens a session; without a password as long as the owner has set none and asks on the hub itself",
  body: z.strictObject({ password: z.string().max(MAX_PASSWORD).optional(), role: roleSchema.optional() }),
  answer: sessionSchema,
} satisfies Endpoint;

export const logout = {
  method: "POST",
  path: "/api/logout",
  summary: "Ends the session",
  answer: nothingSchema,
} satisfies Endpoint;

export const session = {
  method: "GET",
  path: "/api/session",
  summary: "Who is logged in",
  answer: sessionSchema,
} satisfies Endpoint;

export const link = {
  method: "GET",
  path: "/api/link",
  summary: "What the link that asks opens, and until when",
  answer: linkSchema.pick({ recording: true, expiresAt: true }).extend({ demo: z.boolean() }),
} satisfies Endpoint;

export const links = {
  method: "GET",
  path: "/api/links",
  summary: "Clinicians' links that have not expired",
  answer: z.object({ links: z.array(linkSchema) }),
} satisfies Endpoint;

export const makeLink = {
  method: "POST",
  path: "/api/links",
  summary: "Makes a link to one recording; its address is told this once",
  body: z.strictObject({
    recording: z.string().max(64),
    hours: z.number().positive().max(MAX_LINK_HOURS),
    label: lineSchema(MAX_LABEL).optional(),
  }),
  answer: linkSchema.extend({ address: z.string() }),
  status: 201,
} satisfies Endpoint;

export const revokeLink = {
  method: "DELETE",
  path: "/api/links/:id",
  summary: "Ends a link at once",
  params: z.strictObject({ id: z.string().max(64) }),
  answer: nothingSchema,
} satisfies Endpoint;
