/** To whom recordings are sent, by what rule and with whose consent, and what became of each. */
import { z } from "zod";
import {
  languageSchema,
  lineSchema,
  nothingSchema,
  recordingParams,
  timeSchema,
  wholeNumberText,
} from "./common";
import type { Endpoint } from "./endpoint";

const MAX_HOST = 253;
const MAX_URL = 500;
const MAX_SECRET = 1000;
const MAX_PEM = 16_384;
const MAX_DELIVERIES_LISTED = 200;

const hostSchema = lineSchema(MAX_HOST)
  .min(1)
  .regex(/^[A-Za-z0-9._:-]+$/, "expected a host name or an address");
const portSchema = z.int().min(1).max(65_535);
const addressSchema = z.email().max(254);
const urlSchema = z
  .string()
  .max(MAX_URL)
  .regex(/^https?:\/\/[^\s@#]+$/, "expected a URL like https://fhir.example/r4")
  .refine((url) => URL.canParse(url), "expected a URL like https://fhir.example/r4");
const pemSchema = z
  .string()
  .max(MAX_PEM)
  .regex(/^-----BEGIN /, "expected a PEM text");

/** Secrets are told to the hub and never by it: an answer says "set". */
const secretSchema = z.string().min(1).max(MAX_SECRET);
/** DICOM PS3.5, VR AE. */
const aeTitleSchema = z
  .string()
  .trim()
  .min(1)
  .max(16)
  .regex(/^[\x20-\x5b\x5d-\x7e]+$/, "expected an AE title");

/** Whatever the way. */
const documents = {
  /** Of what is sent; English by default. */
  language: languageSchema.optional(),
};
/**
 * How it is answered: by a clinician's link, or on a form file, which goes instead of a link while no other machine
 * reaches the page. A form cannot be encrypted: beside a PDF with a password none goes.
 */
export const answersSchema = z.enum(["form", "link", "none"]);
export type Answers = z.infer<typeof answersSchema>;

export const mailSchema = z.strictObject({
  kind: z.literal("mail"),
  ...documents,
  to: addressSchema,
  from: addressSchema,
  host: hostSchema,
  port: portSchema,
  /**
   * "tls" from the first byte, "starttls" before anything is said; "plain" is taken for loopback and private addresses
   * alone.
   */
  security: z.enum(["tls", "starttls", "plain"]),
  user: lineSchema(254).min(1).optional(),
  password: secretSchema.optional(),
  /** That opens the PDF; the doctor is told it by another way. */
  pdfPassword: z.string().min(8).max(127).optional(),
  /** "form" where nothing is said when the recipient is added. */
  answers: answersSchema.optional(),
  /** Of a server whose certificate no public authority signed. */
  ca: pemSchema.optional(),
});

export const dicomSchema = z.strictObject({
  kind: z.literal("dicom"),
  ...documents,
  host: hostSchema,
  port: portSchema,
  aeTitle: aeTitleSchema,
  callingAeTitle: aeTitleSchema,
  /** Missing: plain, which anybody on the way can read. */
  tls: z
    .strictObject({ ca: pemSchema.optional(), cert: pemSchema.optional(), key: pemSchema.optional() })
    .optional(),
});

export const fhirSchema = z.strictObject({
  kind: z.literal("fhir"),
  ...documents,
  url: urlSchema,
  token: z
    .strictObject({
      url: urlSchema,
      clientId: lineSchema(254).min(1),
      clientSecret: secretSchema,
      scope: lineSchema(500).optional(),
    })
    .optional(),
});

export const folderSchema = z.strictObject({
  kind: z.literal("folder"),
  ...documents,
  /** On the hub's own machine. */
  dir: lineSchema(4096).regex(/^\//, "expected a path from the root"),
  /** As of a mail. */
  answers: answersSchema.optional(),
});

export const waySchema = z.discriminatedUnion("kind", [mailSchema, dicomSchema, fhirSchema, folderSchema]);
export type Way = z.infer<typeof waySchema>;

/** "press": when somebody sends it. "af": every recording with a possible AF. Only what ends after the rule was made. */
export const sendingRuleSchema = z.enum(["press", "af", "every"]);
export type SendingRule = z.infer<typeof sendingRuleSchema>;

/** Shown before it is given, kept as it was given. */
export const consentSchema = z.strictObject({ who: lineSchema(80).min(1), text: lineSchema(1000).min(1) });

const recipientBody = z.strictObject({
  /** No other recipient here has it. */
  name: lineSchema(80).min(1),
  way: waySchema,
  rule: sendingRuleSchema,
  consent: consentSchema,
});
export type RecipientDetails = z.infer<typeof recipientBody>;
export const recipientDetailsSchema = recipientBody;

const toldWay = z.object({
  kind: z.enum(["mail", "dicom", "fhir", "folder"]),
  /** In one line, without secrets. */
  address: z.string(),
  /** Whether what goes there can be read by whoever is on the way. */
  readable: z.boolean(),
});

export const recipientSchema = z.object({
  id: z.int(),
  name: z.string(),
  way: toldWay,
  rule: sendingRuleSchema,
  consent: consentSchema.extend({ who: z.string(), text: z.string(), at: timeSchema }),
  /** The hub came out of a backup since: nothing goes there until somebody says its rule again. */
  paused: z.boolean(),
});
export type Recipient = z.infer<typeof recipientSchema>;

/**
 * "accepted": the next server, archive or folder has it. Whether a person got it nobody here can know, so nothing is ever
 * called sent. "bounced": refused for good, at once or in a mail that came back; "failed": given up, after a week or because it
 * cannot be made; "withdrawn": not sent any more.
 */
export const deliveryStateSchema = z.enum([
  "queued",
  "sending",
  "accepted",
  "bounced",
  "failed",
  "withdrawn",
]);

export const deliverySchema = z.object({
  id: z.int(),
  recording: z.string(),
  recipient: z.object({ id: z.int(), name: z.string(), kind: toldWay.shape.kind }),
  state: deliveryStateSchema,
  attempts: z.int(),
  queuedAt: timeSchema,
  /** Since when it has that state. */
  since: timeSchema,
  /** Of one that waits. */
  nextAt: timeSchema.optional(),
  /** Why the last attempt failed, or it was withdrawn. */
  reason: z.string().optional(),
});
export type Delivery = z.infer<typeof deliverySchema>;

const recipientParams = z.strictObject({ id: wholeNumberText });

export const recipients = {
  method: "GET",
  path: "/api/recipients",
  summary: "To whom recordings may be sent, without any secret",
  answer: z.object({ recipients: z.array(recipientSchema) }),
} satisfies Endpoint;

export const addRecipient = {
  method: "POST",
  path: "/api/recipients",
  summary: "Adds a recipient, with the consent to send there",
  body: recipientBody,
  bodyBytes: 65_536,
  answer: recipientSchema,
  status: 201,
} satisfies Endpoint;

export const changeRule = {
  method: "PUT",
  path: "/api/recipients/:id/rule",
  summary: "Says when a recipient is sent something, from now on",
  params: recipientParams,
  body: z.strictObject({ rule: sendingRuleSchema, consent: consentSchema }),
  answer: recipientSchema,
} satisfies Endpoint;

export const removeRecipient = {
  method: "DELETE",
  path: "/api/recipients/:id",
  summary: "Removes a recipient; what waits for it is withdrawn",
  params: recipientParams,
  answer: nothingSchema,
} satisfies Endpoint;

export const testRecipient = {
  method: "POST",
  path: "/api/recipients/:id/test",
  summary: "Sends a test without any recording, at once",
  params: recipientParams,
  answer: z.object({ accepted: z.boolean(), reason: z.string().optional() }),
} satisfies Endpoint;

export const send = {
  method: "POST",
  path: "/api/recordings/:id/deliveries",
  summary: "Puts a recording into the outbox; the same version is there once",
  params: recordingParams,
  body: z.strictObject({ recipient: z.int().positive() }),
  answer: deliverySchema,
  status: 202,
} satisfies Endpoint;

export const deliveries = {
  method: "GET",
  path: "/api/deliveries",
  summary: "The outbox: newest first",
  query: z.strictObject({ recording: z.string().max(64).optional() }),
  answer: z.object({ deliveries: z.array(deliverySchema).max(MAX_DELIVERIES_LISTED) }),
} satisfies Endpoint;

export const withdraw = {
  method: "DELETE",
  path: "/api/deliveries/:id",
  summary: "Takes back what still waits",
  params: recipientParams,
  answer: deliverySchema,
} satisfies Endpoint;

export const cameBack = {
  method: "POST",
  path: "/api/deliveries/:id/return",
  summary: "Says that what was accepted came back to its sender's mailbox, which the hub does not read",
  params: recipientParams,
  answer: deliverySchema,
} satisfies Endpoint;
