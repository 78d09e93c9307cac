/** The first run: password, claim, person, recovery sheet, backup; and passwords later on. */
import { z } from "zod";
import { nothingSchema, timeSchema } from "./common";
import type { Endpoint } from "./endpoint";
import { MAX_PASSWORD, roleSchema, sessionSchema } from "./session";

const MAX_CODE = 64;

export const setup = {
  method: "GET",
  path: "/api/setup",
  summary: "Whether the owner has set a password; nothing else is told before somebody is logged in",
  answer: z.object({
    password: z.boolean(),
    /** Whether this address is let in without one, until it is set: on the hub itself. */
    open: z.boolean(),
    /** Nobody's heart: a demo's data, or an import's. */
    demo: z.boolean().default(false),
  }),
} satisfies Endpoint;

export const setFirstPassword = {
  method: "POST",
  path: "/api/setup/password",
  summary: "Sets the owner's first password, for the code that 'avnode start' printed, and logs her in",
  body: z.strictObject({
    /** As it was printed; case, spaces and dashes do not matter. */
    code: z.string().max(MAX_CODE),
    password: z.string().max(MAX_PASSWORD),
  }),
  answer: sessionSchema,
} satisfies Endpoint;

export const changePassword = {
  method: "PUT",
  path: "/api/password",
  summary:
    "Changes a password, the owner's own or a viewer's, for the owner's present one; sessions of the old one end",
  body: z.strictObject({
    role: roleSchema,
    /** The owner's. */
    current: z.string().max(MAX_PASSWORD),
    password: z.string().max(MAX_PASSWORD),
  }),
  answer: nothingSchema,
} satisfies Endpoint;

export const stepSchema = z.enum(["password", "claim", "person", "recovery", "backup"]);
export type SetupStep = z.infer<typeof stepSchema>;

export const setupSteps = {
  method: "GET",
  path: "/api/setup/steps",
  summary:
    "How far the first run is: what is done follows from what is there, whatever was killed in between",
  answer: z.object({
    /** In their order. */
    steps: z.array(
      z.object({
        step: stepSchema,
        state: z.enum(["open", "done", "skipped"]),
        /** When it was settled, where somebody did. */
        at: timeSchema.optional(),
      }),
    ),
    /** The first one that is open; missing once none is. A demo's or an import's data has none to lead through. */
    next: stepSchema.optional(),
  }),
} satisfies Endpoint;
export type SetupState = z.infer<(typeof setupSteps)["answer"]>;

export const settleStep = {
  method: "PUT",
  path: "/api/setup/steps/:step",
  summary:
    "Leaves out a step of the first run, takes that back, or says that the recovery sheet is on paper and put away",
  params: z.strictObject({ step: stepSchema.exclude(["password"]) }),
  body: z.strictObject({
    /** "done" is for the recovery sheet alone: of the others the hub sees it. */
    state: z.enum(["open", "done", "skipped"]),
  }),
  answer: nothingSchema,
} satisfies Endpoint;

export const makeRecoveryCode = {
  method: "POST",
  path: "/api/recovery-code",
  summary:
    "Makes a recovery code and tells it this once; backups to come are sealed by it, earlier ones by the one before",
  body: z.strictObject({
    /** Where there is one already: that backups to come need the new one. */
    renew: z.boolean(),
    /** The owner's password, where there is one: asked again before a code is replaced. */
    current: z.string().max(MAX_PASSWORD).optional(),
  }),
  answer: z.object({
    /** `avr1` and 32 characters in groups of four. */
    code: z.string(),
    at: timeSchema,
  }),
  status: 201,
} satisfies Endpoint;
