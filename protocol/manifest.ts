/** The manifest: the leaf of the store's log that says what it holds of one recording. */
import { DropReason } from "./bodies";
import { ascii, concat } from "./bytes";
import { type CborMap, type CborValue, encodeCbor } from "./cbor";
import { DeviceClass } from "./certificate";
import { HASH_BYTES } from "./chain";
import type { Crypto } from "./crypto";
import { Fields } from "./fields";
import { DEVICE_ID_BYTES } from "./keys";
import { decodeLeaf, LeafType } from "./leaves";
import { refusal } from "./refusal";

const VERSION = 1;
const MAX_U16 = 65535;
const MAX_U32 = 4294967295;
const MAX_U48 = 281474976710655;
const MAX_EXACT = 9007199254740991;
const MAX_LEADS = 64;
const MAX_TEXT = 40;
const MAX_GAPS = 4096;
/** A close frame's body, and at most that of a signature frame. */
const MAX_BODY = 2046;
export const SALT_BYTES = 16;

export const ManifestState = { closed: "closed", truncated: "truncated", open: "open" };

/** Samples not held: [first, count] per lead, and the drop frames' reason. */
export interface ManifestGap {
  first: number;
  count: number;
  reason: number;
}

/** Frames declared lost, and the chain behind them. */
export interface ManifestDrop {
  from: number;
  to: number;
  first: number;
  samples: number;
  chain: Uint8Array;
  /** True when a later recording declared it: the close of this one knew nothing of it. */
  later: boolean;
}

/** What the store holds of one recording, or of a stretch of one that still runs. */
export interface Manifest {
  device: Uint8Array;
  epoch: number;
  recording: number;
  deviceClass: number;
  /** SHA-256 of the certificate. */
  certificate: Uint8Array;
  /** True for an hour of a running recording; such a leaf says nothing of the end. */
  part: boolean;
  /** Frames, end excluded; the close and its signature are not counted. */
  from: number;
  to: number;
  /** After frame `to - 1`. */
  chain: Uint8Array;
  /** SHA-256("avnode/kc/v1" ‖ MK): begins the chain without telling the key. */
  key: Uint8Array;
  /** Samples per second; null when the open frame is not held. */
  rate: { num: number; den: number } | null;
  /** Names, and how many samples of each are held. */
  leads: { name: string; samples: number }[];
  /** Positions per lead, gaps included. */
  samples: number;
  gaps: ManifestGap[];
  drops: ManifestDrop[];
  /** Unix ms of sample 0 as the handheld believed, 0 when unknown, and a ClockTrust. */
  start: number;
  trust: number;
  /** Unix ms by the hub's clock of the first and the newest frame's arrival. */
  received: { first: number; last: number };
  state: string;
  /** Bodies of the close frame and of its signature frame. */
  close: Uint8Array | null;
  signature: Uint8Array | null;
  /** `personCommitment`, null while nobody is named. */
  person: Uint8Array | null;
}

const MANIFEST_KEYS = [
  "type",
  "v",
  "device",
  "epoch",
  "recording",
  "class",
  "certificate",
  "part",
  "from",
  "to",
  "chain",
  "key",
  "rate",
  "leads",
  "samples",
  "gaps",
  "drops",
  "start",
  "trust",
  "received",
  "state",
  "close",
  "signature",
  "person",
];

/** Commits to a name without telling it: names stay out of the log. */
export function personCommitment(
  crypto: Pick<Crypto, "sha256">,
  salt: Uint8Array,
  utf8Name: Uint8Array,
): Uint8Array {
  return crypto.sha256(concat([ascii("avnode/person/v1"), salt, utf8Name]));
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  const leads: CborValue[] = [];
  for (let i = 0; i < manifest.leads.length; i++) {
    leads.push({ name: manifest.leads[i].name, samples: manifest.leads[i].samples });
  }
  const gaps: CborValue[] = [];
  for (let i = 0; i < manifest.gaps.length; i++) {
    gaps.push([manifest.gaps[i].first, manifest.gaps[i].count, manifest.gaps[i].reason]);
  }
  const drops: CborValue[] = [];
  for (let i = 0; i < manifest.drops.length; i++) {
    const drop = manifest.drops[i];
    drops.push({
      from: drop.from,
      to: drop.to,
      first: drop.first,
      samples: drop.samples,
      chain: drop.chain,
      later: drop.later,
    });
  }
  const map: CborMap = {
    type: LeafType.recording,
    v: VERSION,
    device: manifest.device,
    epoch: manifest.epoch,
    recording: manifest.recording,
    class: manifest.deviceClass,
    certificate: manifest.certificate,
    part: manifest.part,
    from: manifest.from,
    to: manifest.to,
    chain: manifest.chain,
    key: manifest.key,
    rate: manifest.rate ? [manifest.rate.num, manifest.rate.den] : null,
    leads,
    samples: manifest.samples,
    gaps,
    drops,
    start: manifest.start,
    trust: manifest.trust,
    received: [manifest.received.first, manifest.received.last],
    state: manifest.state,
    close: manifest.close,
    signature: manifest.signature,
    person: manifest.person,
  };
  return encodeCbor(map);
}

function field(what: string): Error {
  return refusal("MANIFEST_FIELD", "manifest: " + what);
}

/** A list of exactly `length` numbers. */
function numbers(value: CborValue, length: number, name: string): number[] {
  if (!Array.isArray(value) || value.length !== length) throw field(name + " is not " + length + " numbers");
  for (let i = 0; i < length; i++) {
    if (typeof value[i] !== "number") throw field(name + " is not " + length + " numbers");
  }
  return value as number[];
}

function leadsOf(list: CborValue[]): { name: string; samples: number }[] {
  const leads = [];
  for (let i = 0; i < list.length; i++) {
    const lead = new Fields(list[i], "MANIFEST", ["name", "samples"]);
    leads.push({ name: lead.text("name", MAX_TEXT), samples: lead.uint("samples", MAX_U48) });
  }
  return leads;
}

function gapsOf(list: CborValue[]): ManifestGap[] {
  const gaps = [];
  for (let i = 0; i < list.length; i++) {
    const gap = numbers(list[i], 3, "a gap");
    gaps.push({ first: gap[0], count: gap[1], reason: gap[2] });
  }
  return gaps;
}

function dropsOf(list: CborValue[]): ManifestDrop[] {
  const drops = [];
  for (let i = 0; i < list.length; i++) {
    const drop = new Fields(list[i], "MANIFEST", ["from", "to", "first", "samples", "chain", "later"]);
    const from = drop.uint("from", MAX_U32);
    const to = drop.uint("to", MAX_U32);
    if (from > to) throw field("a drop from " + from + " to " + to);
    drops.push({
      from,
      to,
      first: drop.uint("first", MAX_U48),
      samples: drop.uint("samples", MAX_U48),
      chain: drop.bytes("chain", HASH_BYTES),
      later: drop.flag("later"),
    });
  }
  return drops;
}

/** In order, none empty, each for a reason that is known. */
function checkGaps(manifest: Manifest): void {
  let end = 0;
  for (let i = 0; i < manifest.gaps.length; i++) {
    const gap = manifest.gaps[i];
    const isKnown =
      gap.reason === 0 || gap.reason === DropReason.ringFull || gap.reason === DropReason.frontEnd;
    if (gap.first < end || gap.count === 0 || !isKnown)
      throw field("gap " + i + " is empty, out of order or unknown");
    end = gap.first + gap.count;
  }
  // Without the open frame only drop frames tell of positions.
  if (manifest.rate !== null && end > manifest.samples) throw field("a gap behind the last sample");
}

function check(manifest: Manifest): Manifest {
  checkGaps(manifest);
  const rate = manifest.rate;
  if (rate !== null && !(rate.num > 0 && rate.den > 0)) throw field("a rate of 0");
  const known = [ManifestState.closed, ManifestState.truncated, ManifestState.open];
  if (known.indexOf(manifest.state) < 0) throw field("state " + manifest.state + " is not known");
  if (manifest.from > manifest.to) throw field("frames from " + manifest.from + " to " + manifest.to);
  if (manifest.part !== (manifest.state === ManifestState.open))
    throw field("a part is open, a whole is not");
  if ((manifest.close !== null) !== (manifest.state === ManifestState.closed)) throw field("close and state");
  if (manifest.signature !== null && manifest.close === null) throw field("a signature without a close");
  if (manifest.deviceClass < DeviceClass.locked) throw field("device class 0");
  return manifest;
}

/** @throws CBOR_*, MANIFEST_FIELD */
export function decodeManifest(leaf: Uint8Array): Manifest {
  const fields = new Fields(decodeLeaf(leaf), "MANIFEST", MANIFEST_KEYS);
  fields.is("type", LeafType.recording);
  fields.is("v", VERSION);
  const received = numbers(fields.value("received"), 2, "received");
  const rate = fields.isNull("rate") ? null : numbers(fields.value("rate"), 2, "rate");
  return check({
    device: fields.bytes("device", DEVICE_ID_BYTES),
    epoch: fields.uint("epoch", MAX_U16),
    recording: fields.uint("recording", MAX_U32),
    deviceClass: fields.uint("class", DeviceClass.adopted),
    certificate: fields.bytes("certificate", HASH_BYTES),
    part: fields.flag("part"),
    from: fields.uint("from", MAX_U32),
    to: fields.uint("to", MAX_U32),
    chain: fields.bytes("chain", HASH_BYTES),
    key: fields.bytes("key", HASH_BYTES),
    rate: rate && { num: rate[0], den: rate[1] },
    leads: leadsOf(fields.list("leads", MAX_LEADS)),
    samples: fields.uint("samples", MAX_U48),
    gaps: gapsOf(fields.list("gaps", MAX_GAPS)),
    drops: dropsOf(fields.list("drops", MAX_GAPS)),
    start: fields.uint("start", MAX_EXACT),
    trust: fields.uint("trust", 255),
    received: { first: received[0], last: received[1] },
    state: fields.text("state", 16),
    close: fields.isNull("close") ? null : fields.blob("close", MAX_BODY),
    signature: fields.isNull("signature") ? null : fields.blob("signature", MAX_BODY),
    person: fields.isNull("person") ? null : fields.bytes("person", HASH_BYTES),
  });
}
