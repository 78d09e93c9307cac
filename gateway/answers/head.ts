/**
 * What a form is about, signed by the hub, so that nobody else makes one: the answer brings it back whole. It is signed as
 * the very text that is in the file, behind a purpose of its own, so that no checkpoint passes for a form.
 */
import { z } from "zod";
import { toHex } from "../../protocol/bytes";
import { ed25519Verify } from "../crypto";
import { lineSchema, timeSchema } from "../schema/common";
import { MAX_LABEL } from "../schema/formbounds";
import type { LogReader } from "../store/log/reading";
import type { StoreReader } from "../store/reader";

const PURPOSE = "avnode/form/v2";
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

const headSchema = z.strictObject({
  /** Whole id. */
  recording: hex(16),
  /** Hash of the recording's leaf when the form was made. */
  leaf: hex(64),
  /** Whose the recording was, as markOf tells it. */
  person: hex(64),
  /** Whose findings it shows; missing where it shows none. */
  analysis: z.strictObject({ number: z.int().positive(), version: z.string().max(200) }).optional(),
  /** For whom it was made. */
  label: lineSchema(MAX_LABEL).min(1).optional(),
  issuedAt: timeSchema,
  expiresAt: timeSchema,
  /** By which it is taken once. */
  nonce: hex(32),
});
export type FormHead = z.infer<typeof headSchema>;

export const signedHeadSchema = z.strictObject({
  /** JSON of a FormHead. */
  head: z.string().max(2048),
  /** Ed25519 in base64, of the purpose, a zero byte and the head. */
  signature: z.string().max(100),
});
export type SignedHead = z.infer<typeof signedHeadSchema>;

/** Of a person (id) whose recording it is: the hub knows it again, and nobody else learns from it. */
export function markOf(reader: Pick<StoreReader, "secret">, recording: string, person: number): string {
  return toHex(reader.secret("form", JSON.stringify([recording, person])));
}

export function signHead(log: Pick<LogReader, "sign">, form: FormHead): SignedHead {
  const head = JSON.stringify(headSchema.parse(form));
  return { head, signature: Buffer.from(log.sign(PURPOSE, head)).toString("base64") };
}

/** @returns undefined for what this hub never signed */
export function openHead(log: Pick<LogReader, "key">, { head, signature }: SignedHead): FormHead | undefined {
  const text = Buffer.from(`${PURPOSE}\0${head}`);
  if (!ed25519Verify(log.key().publicKey, text, Buffer.from(signature, "base64"))) return undefined;
  return headSchema.parse(JSON.parse(head));
}
