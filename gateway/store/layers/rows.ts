/** Rows of what was said beside recordings, and what is sealed within them. */
import type { Database } from "better-sqlite3";
import { encodeLayer, layerCommitment } from "../../../protocol/leaves";
import { nodeCrypto as crypto } from "../../crypto";
import type { Finding } from "../../rhythm/findings";
import type { Rhythm } from "../../rhythm/types";
import { openJson } from "../findings/sealedjson";
import type { Keyring } from "../keyring";
import type { RecordingRow } from "../recordings";
import type { Sealed } from "../rows";

export const SALT_BYTES = 16;

export interface LayerRow extends Sealed {
  id: number;
  recording: number;
  /** Among those of its recording, from 1. */
  number: number;
  /** A LayerKind. */
  kind: string;
  /** Unix ms. */
  at: number;
  log: number;
  idx: number;
  body: Buffer;
}

export const LAYER_COLUMNS: (keyof LayerRow & string)[] = [
  "id",
  "recording",
  "number",
  "kind",
  "at",
  "log",
  "idx",
  "body",
];

/** Whose it is from now on: ids of people, null is nobody. */
export interface PersonLayer {
  from: number | null;
  to: number | null;
}

/** What a clinician says of one stretch. */
export interface OverReadFinding {
  verdict: "accepted" | "changed" | "rejected" | "added";
  /** As the analysis had it when it was read. */
  automatic?: Pick<Finding, "rhythm" | "from" | "to" | "confidence" | "rate" | "evidence">;
  finding?: { rhythm: Rhythm; from: number; to: number };
  note?: string;
}

export interface OverReadLayer {
  /** As it was signed. */
  name: string;
  /** How it came: by a link, or on a form that was given out. One of them is there. */
  link?: { id: string; label?: string };
  /** `id`: the form's nonce, by which it is taken once. */
  form?: { id: string; label?: string };
  analysis?: { number: number; version: string };
  findings: OverReadFinding[];
  comment: string;
}

/** As sealed: the leaf commits to the very text. */
export interface LayerBody {
  /** Hex. */
  salt: string;
  /** JSON. */
  said: string;
}

export const layerPlace = (id: number) => `layer ${id}`;

/** @throws STORE_SECRET */
export function layerBody(keyring: Keyring, { id, body }: Pick<LayerRow, "id" | "body">): LayerBody {
  return openJson(keyring, body, layerPlace(id)) as LayerBody;
}

type Place = Pick<RecordingRow, "device" | "epoch" | "number">;

/** The leaf that says that it was said. */
export function layerLeaf(
  { device, epoch, number: recording }: Place,
  { kind, number, at }: Pick<LayerRow, "kind" | "number" | "at">,
  { salt, said }: LayerBody,
): Uint8Array {
  const commitment = layerCommitment(crypto, Buffer.from(salt, "hex"), Buffer.from(said, "utf8"));
  return encodeLayer({ device, epoch, recording, kind, number, at, said: commitment });
}

/** Of a recording, oldest first. @param recording key of its row */
export function layerRows(db: Database, recording: number, kind?: string): LayerRow[] {
  return db
    .prepare(
      "SELECT * FROM layers WHERE recording = @recording AND (@kind IS NULL OR kind = @kind) ORDER BY number",
    )
    .all({ recording, kind: kind ?? null }) as LayerRow[];
}
