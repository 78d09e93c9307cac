/**
 * Leaves of the store's log: their kinds, and the small ones: that a recording was erased, that something was said
 * beside it, and what log came before.
 * Canonical CBOR: a leaf has one encoding, and its hash one meaning.
 */
import { ascii, concat } from "./bytes";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "./cbor";
import { HASH_BYTES } from "./chain";
import type { Crypto } from "./crypto";
import { Fields } from "./fields";
import { DEVICE_ID_BYTES } from "./keys";
import { MAX_NOTE_BYTES } from "./note";
import { refusal } from "./refusal";

export const MAX_LEAF_BYTES = 1048576;
const VERSION = 1;
const MAX_U16 = 65535;
const MAX_U32 = 4294967295;
const MAX_EXACT = 9007199254740991;
const MAX_KIND = 16;

export const LeafType = {
  recording: "avnode/recording",
  erasure: "avnode/erasure",
  layer: "avnode/layer",
  origin: "avnode/origin",
};

export interface Erasure {
  /** Index of the manifest's leaf in this log, or null when it stands in an earlier one. */
  manifest: number | null;
  device: Uint8Array;
  epoch: number;
  recording: number;
  /** Unix ms by the hub's clock. */
  at: number;
}

/** Something that a person said beside a recording, which changes nothing of it; the log does not tell what. */
export interface Layer {
  device: Uint8Array;
  epoch: number;
  recording: number;
  /** A LayerKind. */
  kind: string;
  /** Among those of its recording, from 1. */
  number: number;
  /** Unix ms by the hub's clock. */
  at: number;
  /** `layerCommitment` */
  said: Uint8Array;
}

export const LayerKind = { person: "person", overRead: "over-read" };

/** First leaf of the log of a restored or promoted store. */
export interface Origin {
  /** The last signed note of the log before. */
  checkpoint: Uint8Array;
  generation: Uint8Array;
  at: number;
}

function field(what: string): Error {
  return refusal("MANIFEST_FIELD", "manifest: " + what);
}

/** @throws CBOR_*, MANIFEST_FIELD for what is too long for a leaf */
export function decodeLeaf(leaf: Uint8Array): CborValue {
  if (leaf.length > MAX_LEAF_BYTES) throw field("a leaf of " + leaf.length + " bytes");
  return decodeCbor(leaf);
}

/** What kind of leaf it is: a LeafType. @throws CBOR_*, MANIFEST_FIELD */
export function leafType(leaf: Uint8Array): string {
  const value = decodeLeaf(leaf) as CborMap | null;
  const type = value ? value.type : undefined;
  const known = [LeafType.recording, LeafType.erasure, LeafType.layer, LeafType.origin];
  if (typeof type !== "string" || known.indexOf(type) < 0) throw field("a leaf of no known type");
  return type;
}

export function encodeErasure(erasure: Erasure): Uint8Array {
  return encodeCbor({
    type: LeafType.erasure,
    v: VERSION,
    manifest: erasure.manifest,
    device: erasure.device,
    epoch: erasure.epoch,
    recording: erasure.recording,
    at: erasure.at,
    by: "owner",
  });
}

/** @throws CBOR_*, ERASURE_FIELD */
export function decodeErasure(leaf: Uint8Array): Erasure {
  const keys = ["type", "v", "manifest", "device", "epoch", "recording", "at", "by"];
  const fields = new Fields(decodeLeaf(leaf), "ERASURE", keys);
  fields.is("type", LeafType.erasure);
  fields.is("v", VERSION);
  fields.is("by", "owner");
  return {
    manifest: fields.isNull("manifest") ? null : fields.uint("manifest", MAX_EXACT),
    device: fields.bytes("device", DEVICE_ID_BYTES),
    epoch: fields.uint("epoch", MAX_U16),
    recording: fields.uint("recording", MAX_U32),
    at: fields.uint("at", MAX_EXACT),
  };
}

/** Commits to what was said without telling it. @param salt 16 bytes, random */
export function layerCommitment(
  crypto: Pick<Crypto, "sha256">,
  salt: Uint8Array,
  said: Uint8Array,
): Uint8Array {
  return crypto.sha256(concat([ascii("avnode/layer/v1"), salt, said]));
}

export function encodeLayer(layer: Layer): Uint8Array {
  return encodeCbor({
    type: LeafType.layer,
    v: VERSION,
    device: layer.device,
    epoch: layer.epoch,
    recording: layer.recording,
    kind: layer.kind,
    number: layer.number,
    at: layer.at,
    said: layer.said,
  });
}

/** @throws CBOR_*, LAYER_FIELD */
export function decodeLayer(leaf: Uint8Array): Layer {
  const keys = ["type", "v", "device", "epoch", "recording", "kind", "number", "at", "said"];
  const fields = new Fields(decodeLeaf(leaf), "LAYER", keys);
  fields.is("type", LeafType.layer);
  fields.is("v", VERSION);
  return {
    device: fields.bytes("device", DEVICE_ID_BYTES),
    epoch: fields.uint("epoch", MAX_U16),
    recording: fields.uint("recording", MAX_U32),
    kind: fields.text("kind", MAX_KIND),
    number: fields.uint("number", MAX_U32),
    at: fields.uint("at", MAX_EXACT),
    said: fields.bytes("said", HASH_BYTES),
  };
}

export function encodeOrigin(origin: Origin): Uint8Array {
  return encodeCbor({
    type: LeafType.origin,
    v: VERSION,
    checkpoint: origin.checkpoint,
    generation: origin.generation,
    at: origin.at,
  });
}

/** @throws CBOR_*, ORIGIN_FIELD */
export function decodeOrigin(leaf: Uint8Array): Origin {
  const fields = new Fields(decodeLeaf(leaf), "ORIGIN", ["type", "v", "checkpoint", "generation", "at"]);
  fields.is("type", LeafType.origin);
  fields.is("v", VERSION);
  return {
    checkpoint: fields.blob("checkpoint", MAX_NOTE_BYTES),
    generation: fields.bytes("generation", 8),
    at: fields.uint("at", MAX_EXACT),
  };
}
