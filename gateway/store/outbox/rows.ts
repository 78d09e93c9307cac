/** Rows of the outbox, and what is sealed within them. */
import type { Sealed } from "../rows";

export interface RecipientRow extends Sealed {
  id: number;
  body: Buffer;
}

export const RECIPIENT_COLUMNS: (keyof RecipientRow & string)[] = ["id", "body"];

export type DeliveryState = "queued" | "sending" | "accepted" | "bounced" | "failed" | "withdrawn";

export interface DeliveryRow extends Sealed {
  id: number;
  recipient: number;
  /** Key of the recording's row. */
  recording: number;
  version: string;
  state: DeliveryState;
  /** Unix ms of the next attempt, while it waits. */
  next_at: number;
  body: Buffer;
}

export const DELIVERY_COLUMNS: (keyof DeliveryRow & string)[] = [
  "id",
  "recipient",
  "recording",
  "version",
  "state",
  "next_at",
  "body",
];

export interface Consent {
  who: string;
  text: string;
  /** Unix ms. */
  at: number;
}

/** As sealed. What the way is, those who deliver know. */
export interface RecipientBody<Way> {
  name: string;
  way: Way;
  rule: "press" | "af" | "every";
  consent: Consent;
  /** Unix ms: what ended before its rule was said, its rule does not send. */
  since: number;
  /** Of the store that its rule was said to, in hex: a restored one sends nothing until it is said again. */
  generation: string;
}

export interface DeliveryBody {
  /** Whose it was when it was queued: id of a person. */
  person: number;
  /** Who wanted it: somebody, or the rule. */
  by: "owner" | "rule";
  generation: string;
  attempts: number;
  queuedAt: number;
  /** Unix ms: since when it has its state. */
  since: number;
  reason?: string;
}
