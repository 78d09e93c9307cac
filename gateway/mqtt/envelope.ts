/** The CBOR envelope that messages and presence travel in on MQTT. */
import { Decoder, Encoder, type Options } from "cbor-x";
import { z } from "zod";
import { MAX_FRAME_BYTES } from "../../protocol/header";
import {
  ENVELOPE_VERSION,
  EnvelopeType,
  MAX_ENVELOPE_BYTES,
  MAX_ENVELOPE_MESSAGES,
} from "../../protocol/names";
import { refusal } from "../../protocol/refusal";
import { checkShape } from "./shape";

const unsigned = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const message = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array)
  .refine((bytes) => bytes.length >= 1 && bytes.length <= MAX_FRAME_BYTES);
const messages = z.array(message).min(1).max(MAX_ENVELOPE_MESSAGES);
/** `at`: Unix ms of the sender's clock, for whoever debugs; nothing is decided by it. */
const head = { v: z.literal(ENVELOPE_VERSION), at: unsigned };

const schema = z.discriminatedUnion("type", [
  z.strictObject({ ...head, type: z.literal(EnvelopeType.frames), messages }),
  z.strictObject({ ...head, type: z.literal(EnvelopeType.downlink), messages }),
  /** `since`: Unix ms at which the handheld came or went. */
  z.strictObject({ ...head, type: z.literal(EnvelopeType.status), online: z.boolean(), since: unsigned }),
]);

export type Envelope =
  | { v: 1; type: "avnode/frames" | "avnode/downlink"; at: number; messages: Uint8Array[] }
  | { v: 1; type: "avnode/status"; at: number; online: boolean; since: number };

/** Bytes of an envelope beyond its messages: keys, version, type and time, and 3 more per message. */
export const ENVELOPE_OVERHEAD_BYTES = 64;
export const MESSAGE_OVERHEAD_BYTES = 3;

// cbor-x has these two; its type file does not.
const OPTIONS: Options & { int64AsNumber: boolean } = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  tagUint8Array: false,
  structuredClone: false,
  pack: false,
  int64AsNumber: true,
};
const encoder = new Encoder(OPTIONS);
const decoder = new Decoder(OPTIONS);

/** @throws ENVELOPE_SIZE when the messages are too large together */
export function encodeEnvelope(envelope: Envelope): Buffer {
  const wide = { ...envelope, at: wholeNumber(envelope.at) };
  const bytes = encoder.encode("since" in wide ? { ...wide, since: wholeNumber(wide.since) } : wide);
  if (bytes.length > MAX_ENVELOPE_BYTES) throw tooLarge(bytes.length);
  return bytes;
}

/** @throws ENVELOPE_SIZE, ENVELOPE_CBOR, ENVELOPE_FORM */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > MAX_ENVELOPE_BYTES) throw tooLarge(bytes.length);
  checkShape(bytes);
  const result = schema.safeParse(decoder.decode(bytes));
  if (result.success) return result.data as Envelope;
  const issue = result.error.issues[0]!;
  throw refusal("ENVELOPE_FORM", `the envelope's ${issue.path.join(".") || "form"}: ${issue.message}`);
}

/** cbor-x writes a number beyond 32 bits as a float unless it is a bigint. */
function wholeNumber(value: number): number | bigint {
  return value > 0xffffffff ? BigInt(value) : value;
}

function tooLarge(bytes: number): Error {
  return refusal("ENVELOPE_SIZE", `an envelope of ${bytes} bytes: ${MAX_ENVELOPE_BYTES} at most`);
}
