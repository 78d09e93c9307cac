/** An opened proof: every frame with the recording's key, every block decoded, every sample counted or declared lost. */
import {
  type Close,
  type Data,
  type Drop,
  DropReason,
  decodeData,
  decodeDrop,
  decodeMark,
  type Mark,
} from "../bodies";
import { sameBytes, toHex } from "../bytes";
import { keyCommitment } from "../chain";
import { type BlockShape, decodeBlock, MAX_BLOCK_SAMPLES } from "../codec/block";
import type { Crypto } from "../crypto";
import { decodeHeader, FrameType } from "../header";
import type { Manifest, ManifestDrop } from "../manifest";
import { blockShape, decodeOpen, type Open } from "../open";
import { openFrame } from "../seal";
import { fault, LineName } from "./lines";
import { coveredBy, type Span, spansOf, totalOf } from "./spans";

const unchanged = LineName.unchanged;
const complete = LineName.complete;

export interface Contents {
  /** Samples per lead that are here. */
  samples: number;
  /** Positions that are not. */
  gaps: Span[];
  declared: Declared;
}

/** The drop frames that stand among the frames, by `dropKey`. */
export interface Declared {
  [key: string]: Drop;
}

/** What a drop frame and the log must say alike. */
export function dropKey(from: number, to: number, first: number, samples: number, chain: Uint8Array): string {
  return from + " " + to + " " + first + " " + samples + " " + toHex(chain);
}

export function listedKey(drop: ManifestDrop): string {
  return dropKey(drop.from, drop.to, drop.first, drop.samples, drop.chain);
}

function checkOpen(manifest: Manifest, open: Open): void {
  let isSame =
    manifest.rate !== null &&
    manifest.rate.num === open.rateNum &&
    manifest.rate.den === open.rateDen &&
    manifest.start === open.startMs &&
    manifest.trust === open.trust &&
    manifest.leads.length === open.leads.length;
  for (let i = 0; isSame && i < open.leads.length; i++)
    isSame = manifest.leads[i].name === open.leads[i].name;
  if (!isSame) {
    throw fault(
      unchanged,
      "PROOF_MANIFEST",
      "the log says otherwise than the open frame: rate, leads or start",
    );
  }
}

/**
 * Shown each content as it is read, for whoever draws it once the verdict is there: so no frame is opened twice. What
 * it saw of a proof that did not hold must be thrown away.
 */
export interface Onlooker {
  /** @param samples per lead, as the log counts them */
  open(open: Open, samples: number): void;
  mark(mark: Mark): void;
  /** @param leads good until the next call: the next block is decoded in the same place */
  data(data: Data, leads: Int32Array[]): void;
}

class Reading {
  samples = 0;
  end = 0;
  readonly gaps: Span[] = [];
  readonly declared: Span[] = [];
  readonly drops: Declared = {};
  private shape: BlockShape | null = null;
  /** A full block's samples: memory of its own for every block takes as long as decoding it. */
  private room: Int32Array | undefined;

  constructor(
    private readonly manifest: Manifest,
    private readonly onlooker: Onlooker | undefined,
  ) {}

  isOpen(): boolean {
    return this.shape !== null;
  }

  take(type: number, sequence: number, body: Uint8Array): void {
    if (type === FrameType.open) {
      const open = decodeOpen(body);
      checkOpen(this.manifest, open);
      this.shape = blockShape(open);
      const full = this.shape.leads * this.shape.nominal;
      if (full <= MAX_BLOCK_SAMPLES) this.room = new Int32Array(full);
      if (this.onlooker) this.onlooker.open(open, this.manifest.samples);
    } else if (type === FrameType.drop) this.takeDrop(sequence, decodeDrop(body));
    else if (type === FrameType.mark) {
      const mark = decodeMark(body);
      if (this.onlooker) this.onlooker.mark(mark);
    } else this.takeData(body);
  }

  private takeDrop(sequence: number, drop: Drop): void {
    if (drop.recording !== this.manifest.recording) return;
    this.declared.push({ from: drop.firstSample, to: drop.firstSample + drop.samples });
    if (drop.reason !== DropReason.ringFull) return;
    // In front of its range nothing would tie it to the close: a hub with the key could have written it.
    if (sequence <= drop.to) {
      throw fault(
        unchanged,
        "PROOF_DROP",
        "drop frame " + sequence + " declares lost what comes behind it: no handheld can know that",
      );
    }
    this.drops[dropKey(drop.from, drop.to, drop.firstSample, drop.samples, drop.chain)] = drop;
  }

  private takeData(body: Uint8Array): void {
    const data = decodeData(body);
    // Without the open frame no block can be read.
    if (!this.shape) return;
    const leads = decodeBlock(data.block, this.shape, this.room);
    const count = leads[0].length;
    if (data.firstSample < this.end) {
      throw fault(unchanged, "PROOF_SAMPLES", "sample " + data.firstSample + " stands there twice");
    }
    this.gaps.push({ from: this.end, to: data.firstSample });
    this.samples += count;
    this.end = data.firstSample + count;
    if (this.onlooker) this.onlooker.data(data, leads);
  }
}

/** Of the stretches that the log lists, those that no drop frame here declares; the other way round none may be missing. */
function undeclaredOf(manifest: Manifest, declared: Declared): ManifestDrop[] {
  const listed: { [key: string]: boolean } = {};
  const out: ManifestDrop[] = [];
  for (let i = 0; i < manifest.drops.length; i++) {
    const key = listedKey(manifest.drops[i]);
    listed[key] = true;
    if (!declared[key]) out.push(manifest.drops[i]);
  }
  const keys = Object.keys(declared);
  for (let i = 0; i < keys.length; i++) {
    if (!listed[keys[i]]) {
      throw fault(complete, "PROOF_DROP", "the handheld declared frames lost that the log does not list");
    }
  }
  return out;
}

/** The close knows what this recording declared itself; drop frames of that may be lost in turn. */
function checkDropped(close: Close, declared: number, undeclared: ManifestDrop[]): void {
  if (close.dropped === declared || (undeclared.length > 0 && declared < close.dropped)) return;
  throw fault(
    complete,
    "PROOF_COUNTS",
    "the close counts " + close.dropped + " samples lost, the drop frames " + declared,
  );
}

/**
 * What the log says of samples must be what is here; only of a stretch that the chain jumps over the hub may hold more.
 * @throws PROOF_MANIFEST
 */
function checkListed(manifest: Manifest, samples: number, gaps: Span[], jumped: ManifestDrop[]): void {
  const listed: Span[] = [];
  for (let i = 0; i < manifest.gaps.length; i++) {
    listed.push({ from: manifest.gaps[i].first, to: manifest.gaps[i].first + manifest.gaps[i].count });
  }
  const missing = spansOf(listed);
  const held = manifest.samples - totalOf(missing);
  for (let i = 0; i < jumped.length; i++) {
    listed.push({ from: jumped[i].first, to: jumped[i].first + jumped[i].samples });
  }
  let isSame = coveredBy(missing, gaps) && coveredBy(gaps, spansOf(listed)) && samples <= held;
  for (let i = 0; i < manifest.leads.length; i++) isSame = isSame && manifest.leads[i].samples === held;
  if (!isSame) {
    throw fault(unchanged, "PROOF_MANIFEST", "the log says otherwise than the frames: samples held, or gaps");
  }
}

/** @throws PROOF_KEY, PROOF_FRAME_KEY, PROOF_FRAME_BODY, PROOF_MANIFEST, PROOF_DROP, PROOF_SAMPLES, PROOF_COUNTS */
export function readContents(
  crypto: Pick<Crypto, "sha256" | "open">,
  key: Uint8Array,
  manifest: Manifest,
  frames: Uint8Array[],
  close: Close | null,
  jumped: ManifestDrop[],
  onlooker?: Onlooker,
): Contents {
  if (!sameBytes(keyCommitment(crypto as Crypto, key), manifest.key)) {
    throw fault(unchanged, "PROOF_KEY", "the key in the file is not this recording's");
  }
  const reading = new Reading(manifest, onlooker);
  for (let i = 0; i < frames.length; i++) {
    const header = decodeHeader(frames[i]);
    let body: Uint8Array;
    try {
      body = openFrame(crypto as Crypto, key, frames[i]);
    } catch (_error) {
      throw fault(
        unchanged,
        "PROOF_FRAME_KEY",
        "frame " +
          header.sequence +
          " was altered, or comes from another device: the recording's key does not open it",
      );
    }
    try {
      reading.take(header.type, header.sequence, body);
    } catch (error) {
      if ((error as { line?: string }).line) throw error;
      throw fault(
        unchanged,
        "PROOF_FRAME_BODY",
        "frame " + header.sequence + " cannot be read: " + (error as Error).message,
      );
    }
  }
  if (!reading.isOpen() && manifest.rate !== null) {
    throw fault(unchanged, "PROOF_MANIFEST", "the log speaks of an open frame that is not here");
  }
  if (manifest.rate === null) {
    undeclaredOf(manifest, reading.drops);
    return { samples: 0, gaps: [], declared: reading.drops };
  }
  reading.gaps.push({ from: reading.end, to: manifest.samples });
  if (reading.end > manifest.samples) {
    throw fault(unchanged, "PROOF_COUNTS", "there are more samples than the log counts");
  }
  const undeclared = undeclaredOf(manifest, reading.drops);
  if (close) checkDropped(close, totalOf(spansOf(reading.declared)), undeclared);
  const known = reading.declared;
  for (let i = 0; i < undeclared.length; i++) {
    known.push({ from: undeclared[i].first, to: undeclared[i].first + undeclared[i].samples });
  }
  const gaps = spansOf(reading.gaps);
  if (!coveredBy(gaps, spansOf(known))) {
    throw fault(complete, "PROOF_GAP", "samples are missing that nobody declared lost");
  }
  checkListed(manifest, reading.samples, gaps, jumped);
  return { samples: reading.samples, gaps, declared: reading.drops };
}
