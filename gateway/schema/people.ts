/** Whose recordings they are. A recording is one person's or nobody's yet; what its proof says stays as it was. */
import { z } from "zod";
import {
  deviceParams,
  lineSchema,
  nothingSchema,
  recordingParams,
  timeSchema,
  wholeNumberText,
} from "./common";
import type { Endpoint } from "./endpoint";

export const MAX_PERSON_NAME = 80;
const MAX_CONTACT = 200;

const MAX_PEOPLE_ID = 2 ** 31;
const personIdSchema = z.int().positive().max(MAX_PEOPLE_ID);

const detailsSchema = z.strictObject({
  /** No other person here has it. */
  name: lineSchema(MAX_PERSON_NAME).min(1),
  birthDate: z.iso.date().optional(),
  /** How she, or whoever looks after her, is reached. */
  contact: lineSchema(MAX_CONTACT).optional(),
});
export type PersonDetails = z.infer<typeof detailsSchema>;

export const personSchema = detailsSchema.extend({
  /** As it was given, by whatever way. */
  name: z.string(),
  contact: z.string().optional(),
  id: personIdSchema,
  /** Recordings that are hers now. */
  recordings: z.int(),
  /** Handhelds whose next recordings are hers: 16 hex digits each. */
  handhelds: z.array(z.string()),
});
export type Person = z.infer<typeof personSchema>;

const personParams = z.strictObject({ id: wholeNumberText });

export const people = {
  method: "GET",
  path: "/api/people",
  summary: "Persons that recordings may belong to",
  answer: z.object({ people: z.array(personSchema) }),
} satisfies Endpoint;

export const addPerson = {
  method: "POST",
  path: "/api/people",
  summary: "Adds a person",
  body: detailsSchema,
  answer: personSchema,
  status: 201,
} satisfies Endpoint;

export const changePerson = {
  method: "PUT",
  path: "/api/people/:id",
  summary: "Corrects a person's name, birth date and contact, as a whole",
  params: personParams,
  body: detailsSchema,
  answer: personSchema,
} satisfies Endpoint;

export const assignDevice = {
  method: "PUT",
  path: "/api/devices/:id/person",
  summary: "Whose a handheld's next recordings are; those that it made stay whose they are",
  params: deviceParams,
  body: z.strictObject({ person: personIdSchema.nullable() }),
  answer: nothingSchema,
} satisfies Endpoint;

/** `from` and `to`: names; null is nobody. */
export const assignmentSchema = z.object({
  at: timeSchema,
  from: z.string().nullable(),
  to: z.string().nullable(),
  /** Where the log says it, without names. */
  logged: z.object({ log: z.int(), index: z.int() }),
});
export type Assignment = z.infer<typeof assignmentSchema>;

export const assign = {
  method: "PUT",
  path: "/api/recordings/:id/person",
  summary: "Gives a recording to a person, or to nobody; the log says so, and no proof changes",
  params: recordingParams,
  body: z.strictObject({ person: personIdSchema.nullable() }),
  /** Missing when it was that person's already. */
  answer: z.object({ assignment: assignmentSchema.optional() }),
} satisfies Endpoint;

export const assignments = {
  method: "GET",
  path: "/api/recordings/:id/assignments",
  summary: "When a recording was given to whom, oldest first",
  params: recordingParams,
  answer: z.object({
    /** Now; null is nobody. */
    person: z.string().nullable(),
    /** As its handheld's owner had said when it was made: what its place in the log says. */
    born: z.string().nullable(),
    assignments: z.array(assignmentSchema),
  }),
} satisfies Endpoint;
