/** Of the recording before: SHA-256 of its close as signed, and the one that it followed itself. */
export interface CloseBefore {
  hash: Uint8Array;
  previousClose: Uint8Array;
}

/** Verifies one recording from its sealed frames; its state row is compared, never trusted. */
import {
  type Close,
  type Drop,
  DropReason,
  decodeClose,
  decodeData,
  decodeDrop,
  decodeMark,
} from "../../protocol/bodies";
import { sameBytes } from "../../protocol/bytes";
import { chainNext, chainStart, HASH_BYTES } from "../../protocol/chain";
import { type BlockShape, decodeBlock } from "../../protocol/codec/block";
import { decodeHeader, FrameType, type Header, MAX_FRAME_BYTES } from "../../protocol/header";
import { blockShape, decodeOpen, type Open, type Previous } from "../../protocol/open";
import { openFrame } from "../../protocol/seal";
import { decodeSignature } from "../../protocol/signature";
import { nodeCrypto as crypto } from "../crypto";
import { type Declared, isBehindItsRange, isRange, rangeOver, statesBefore } from "./declared";
import type { FrameRow } from "./frames";
import { RecordingFlag, type RecordingRow } from "./recordings";
import { addRun, cutRun, type Runs } from "./runs";

const REASONS: Record<number, string> = {
  [DropReason.ringFull]: "ring full",
  [DropReason.frontEnd]: "front end",
};

const span = (from: number, to: number) => (from === to ? `frame ${from} is` : `frames ${from} to ${to} are`);

/** Of every frame: memory of their own would take as long as the hash and the block. */
const chainRoom = new Uint8Array(HASH_BYTES + MAX_FRAME_BYTES);
const samplesRoom = new Int32Array(8192);

function groupBy(ranges: Declared[], frameOf: (range: Declared) => number): Map<number, Declared[]> {
  const groups = new Map<number, Declared[]>();
  for (const range of ranges) {
    const frame = frameOf(range);
    groups.set(frame, [...(groups.get(frame) ?? []), range]);
  }
  return groups;
}

export class RecordingCheck {
  readonly notes: string[] = [];
  /** What is not as the handheld made it, and what is not here. */
  readonly altered: string[] = [];
  readonly missing: string[] = [];
  frames = 0;
  /** End of the last block or gap. */
  samples = 0;
  open?: Open;
  /** Bodies of the close and of the signature behind it; whose that is, is for whoever knows the device's tables. */
  closeBody?: Uint8Array;
  signatureBody?: Uint8Array;
  /** Positions below `samples` that are not held. */
  readonly lost: Runs = [];
  /** The chain before frame `watched`, unless frames below it are missing. */
  watchedChain?: Uint8Array;
  private close?: Close;
  private closedAt?: number;
  /** The newest frame that was read. */
  private readAt = -1;
  /** Next sequence in the chain, and the chain before it; undefined once frames are missing. */
  private next = 0;
  private chain?: Uint8Array;
  /** The chain before frame next - 1; undefined where nothing tells it. */
  private chainBefore?: Uint8Array;
  private shape?: BlockShape;
  private readonly gaps: Runs = [];
  /** Samples declared lost within the recording, as its close counts them. */
  private readonly ownGaps: Runs = [];
  private ownDrops = 0;
  private lostTrack = false;
  private undecoded = 0;
  /** Declared ranges of frames, and the chain that each states behind its last one. */
  private readonly ranges: Declared[];
  private readonly rangesFrom: Map<number, Declared[]>;
  private readonly rangesTo: Map<number, Declared[]>;
  /** Those that tie what came before them. */
  private readonly tying = new Set<Declared>();
  /** The newest frame in the chain that is held. */
  private passedAt = -1;

  /**
   * @param drops what this recording and later ones declared lost of it
   * @param watched a frame whose chain before it is asked for
   */
  constructor(
    private readonly row: RecordingRow,
    private readonly key: Uint8Array,
    private readonly drops: Declared[],
    private readonly watched?: number,
  ) {
    this.chain = chainStart(crypto, row.device, row.epoch, row.number, key);
    for (const drop of drops) {
      addRun(this.gaps, drop.firstSample, drop.samples);
      if (drop.reason !== DropReason.ringFull || isBehindItsRange(drop)) continue;
      this.altered.push(
        `the drop frame at frame ${drop.at} says that ${span(drop.from, drop.to)} lost already`,
      );
    }
    this.ranges = drops.filter(isRange);
    this.rangesFrom = groupBy(this.ranges, ({ from }) => from);
    this.rangesTo = groupBy(this.ranges, ({ to }) => to);
    this.arrive();
  }

  /** Frames come in order of their rows. */
  add({ sequence, type, frame }: FrameRow): void {
    this.frames++;
    this.jumpTo(sequence);
    let header: Header;
    let body: Uint8Array;
    try {
      header = decodeHeader(frame);
      body = openFrame(crypto, this.key, frame);
    } catch {
      this.altered.push(`frame ${sequence} was altered: it does not open`);
      this.pass(sequence, frame);
      return;
    }
    if (header.sequence !== sequence || header.type !== type) {
      this.altered.push(`frame ${sequence} is not in its place: it was sealed as frame ${header.sequence}`);
    }
    try {
      this.read(header, body);
    } catch (error) {
      this.altered.push(`frame ${sequence} cannot be read: ${(error as Error).message}`);
    }
    this.pass(sequence, frame);
  }

  private compareCloses({ previousClose }: Close, before: CloseBefore): void {
    if (sameBytes(previousClose, before.hash)) return;
    // Power failed between that close and the vault's note of it, so the handheld still had what it had at that close.
    if (sameBytes(previousClose, before.previousClose)) {
      this.notes.push("the recording before lost power right after its close");
    } else this.altered.push("the close does not follow the close of the recording before");
  }

  /**
   * After the last frame.
   * @param successor whether a later recording exists, and what its open frame says of this one
   * @param closeBefore of the recording before, if that has one
   */
  finish(successor: { exists: boolean; previous?: Previous }, closeBefore?: CloseBefore): void {
    const end = Math.max(this.row.next, ...this.ranges.map((drop) => drop.to + 1));
    this.jumpTo(end);
    this.takeGap(Math.max(this.close?.samples ?? 0, ...this.drops.map((d) => d.firstSample + d.samples)));
    if (this.frames > 0 && !this.open) this.noteOpen();
    if (this.frames === 0 && this.next === 0) this.judgeAbsent(successor.exists);
    this.compareClose();
    if (this.close && closeBefore) this.compareCloses(this.close, closeBefore);
    this.comparePrevious(successor.previous);
    if (this.frames > 0 && successor.previous && successor.previous.recording < this.row.number) {
      this.altered.push(
        "the next recording says that this number was never used: was the handheld cloned or rolled back?",
      );
    }
    this.compareRow();
    if (!this.close) this.notes.push(successor.exists ? "truncated" : "open");
  }

  private noteOpen(): void {
    const dropped = this.ranges.some((drop) => drop.from === 0);
    this.notes.push(
      dropped
        ? `its open frame was dropped: ${this.undecoded} data frames cannot be decoded`
        : "its open frame is not here: samples cannot be decoded",
    );
  }

  /** Of a recording without a frame, of which nothing is declared lost either. */
  private judgeAbsent(hasSuccessor: boolean): void {
    if (hasSuccessor) this.missing.push("no frame of it is here");
    else this.notes.push("not arrived yet");
  }

  /** Over frames that are not here: along declared ranges by their chain, else they are missing. */
  private jumpTo(sequence: number): void {
    while (this.next < sequence) {
      const drop = rangeOver(this.ranges, this.next);
      if (drop) {
        this.noteUntied(drop);
        this.chainBefore = drop.to === this.next ? this.chain : undefined;
        this.chain = drop.chain;
        this.next = drop.to + 1;
        this.arrive();
        continue;
      }
      const nextDrop = this.ranges.filter((d) => d.from > this.next && d.from < sequence);
      const end = Math.min(sequence, ...nextDrop.map((d) => d.from));
      this.missing.push(`${span(this.next, end - 1)} missing`);
      this.next = end;
      this.chain = undefined;
      this.chainBefore = undefined;
      this.lostTrack = true;
    }
  }

  private pass(sequence: number, frame: Uint8Array): void {
    // A frame behind this.next lies in a range declared lost, whose chain was taken already.
    if (sequence !== this.next) return;
    this.next++;
    this.passedAt = sequence;
    this.chainBefore = this.chain;
    if (this.chain) this.chain = chainNext(crypto, this.chain, frame, chainRoom);
    this.arrive();
    for (const { chain } of this.rangesTo.get(sequence) ?? []) {
      if (!this.chain || sameBytes(chain, this.chain)) continue;
      this.altered.push(`the chain at frame ${sequence} is not the one that its drop frame states`);
    }
  }

  /** At frame this.next: its chain is compared with what the ranges that begin there say, whether frames of them are held or not. */
  private arrive(): void {
    const { next, chain } = this;
    if (next === this.watched) this.watchedChain = chain;
    for (const range of this.rangesFrom.get(next) ?? []) {
      if (statesBefore(range) && chain && !sameBytes(range.before, chain)) {
        this.altered.push(`what came before the gap at frame ${next} is not what its drop frame says`);
      }
      if (next === 0 || statesBefore(range)) this.tying.add(range);
    }
  }

  /** Of frames before a range that its drop frame does not tie, and of those within it that are here all the same. */
  private noteUntied(range: Declared): void {
    if (this.next === 0 || !this.chain) return;
    if (this.tying.has(range) && this.passedAt < range.from) return;
    this.notes.push(`frames before ${this.next} are sealed, not tied to the close by its drop frame`);
  }

  private read(header: Header, body: Uint8Array): void {
    const { type, sequence } = header;
    if ((type === FrameType.open) !== (sequence === 0)) {
      this.altered.push(`frame ${sequence} is of type ${type}, and the open frame is frame 0`);
    }
    const signs = type === FrameType.signature;
    const behind = this.closedAt !== undefined && !(signs && sequence === this.closedAt + 1);
    if (behind) this.altered.push(`frame ${sequence} stands behind the close`);
    else if (this.signatureBody) this.altered.push(`frame ${sequence} stands behind the close's signature`);
    else if (signs && this.readAt === sequence - 1 && this.closedAt === undefined)
      this.altered.push(`frame ${sequence} is a signature, and the frame before it no close`);
    this.readAt = sequence;
    if (type === FrameType.open) {
      this.open = decodeOpen(body);
      this.shape = blockShape(this.open);
    } else if (type === FrameType.data) this.readData(sequence, body);
    else if (type === FrameType.drop) this.readDrop(decodeDrop(body));
    else if (type === FrameType.mark) decodeMark(body);
    else if (type === FrameType.close) this.readClose(sequence, body);
    else if (signs) {
      decodeSignature(body);
      this.signatureBody = body;
    }
  }

  private readData(sequence: number, body: Uint8Array): void {
    if (!this.shape) {
      this.undecoded++;
      return;
    }
    const { firstSample, block } = decodeData(body);
    const samples = decodeBlock(block, this.shape, samplesRoom)[0].length;
    if (firstSample < this.samples) {
      this.altered.push(`frame ${sequence} begins at sample ${firstSample}, which was there already`);
    } else this.takeGap(firstSample);
    this.samples = Math.max(this.samples, firstSample + samples);
    this.lostTrack = false;
  }

  private readDrop(drop: Drop): void {
    if (drop.recording !== this.row.number) return;
    this.ownDrops++;
    addRun(this.ownGaps, drop.firstSample, drop.samples);
  }

  private readClose(sequence: number, body: Uint8Array): void {
    this.close = decodeClose(body);
    this.closeBody = body;
    this.closedAt = sequence;
    if (this.close.frames !== sequence) {
      this.altered.push(`the close counts ${this.close.frames} frames before it, there are ${sequence}`);
    }
    if (this.chain && this.next === sequence && !sameBytes(this.close.chain, this.chain)) {
      this.altered.push("the chain does not end in the hash that the close states");
    }
  }

  /** From this.samples to `sample` nothing is held: declared, or wrong. */
  private takeGap(sample: number): void {
    const from = this.samples;
    if (sample <= from) return;
    addRun(this.lost, from, sample - from);
    const undeclared: Runs = [{ from, length: sample - from }];
    for (const gap of this.gaps) cutRun(undeclared, gap.from, gap.length);
    const reason = this.drops.find((d) => from >= d.firstSample && from < d.firstSample + d.samples)?.reason;
    if (undeclared.length === 0) {
      this.notes.push(`gap of ${sample - from} samples at ${from} (${REASONS[reason ?? 0]})`);
    } else if (this.shape && !this.lostTrack) {
      const { from: first, length } = undeclared[0];
      this.altered.push(`samples ${first} to ${first + length - 1} lie in no declared gap`);
    }
    this.samples = sample;
  }

  private compareClose(): void {
    if (!this.close || this.missing.length > 0) return;
    if (this.shape && this.close.samples !== this.samples) {
      this.altered.push(`the close counts ${this.close.samples} samples, the frames hold ${this.samples}`);
    }
    const dropped = this.ownGaps.reduce((sum, gap) => sum + gap.length, 0);
    // Drop frames of this recording may themselves be among what a later one declared lost.
    const uncounted = this.ownDrops < this.drops.length && dropped < this.close.dropped;
    if (this.close.dropped !== dropped && !uncounted) {
      this.altered.push(`the close counts ${this.close.dropped} samples dropped, drop frames ${dropped}`);
    }
  }

  private comparePrevious(previous: Previous | undefined): void {
    if (!previous || previous.recording !== this.row.number || previous.frames === 0) return;
    const late = this.signedBehind(previous);
    const chain = late ? this.chainBefore : this.chain;
    if (previous.frames > this.next) {
      this.missing.push(
        `${span(this.next, previous.frames - 1)} missing: the next recording says there were ${previous.frames}`,
      );
    } else if (previous.frames < this.next && !late) {
      this.altered.push(
        `the next recording says that this one had ${previous.frames} frames, not ${this.next}`,
      );
    } else if (chain && !sameBytes(previous.chain, chain)) {
      this.altered.push("the chain does not end in the hash that the next recording states");
    } else if (
      previous.closed !== (this.close !== undefined || this.signatureBody !== undefined) &&
      this.missing.length === 0
    ) {
      const declared = this.ranges.some((drop) => drop.to === previous.frames - 1);
      if (!declared) this.altered.push("the next recording disagrees about its close");
    }
  }

  /** Whether the handheld still signed the close when the next recording began: then that one counts up to the close. */
  private signedBehind({ closed, frames }: Previous): boolean {
    if (!closed || frames !== this.next - 1) return false;
    return this.signatureBody !== undefined || rangeOver(this.ranges, frames) !== undefined;
  }

  private compareRow(): void {
    const { row } = this;
    if (row.held > this.frames) {
      this.missing.push(`${row.held} frames were stored, ${this.frames} are here`);
    } else if (row.held < this.frames) {
      this.altered.push(`${row.held} frames were stored, ${this.frames} are here`);
    }
    if (row.next < this.next) this.altered.push(`${row.next} frames were counted, there are ${this.next}`);
    if (row.closed_at !== (this.closedAt ?? null) && this.missing.length === 0) {
      this.altered.push("its state disagrees with its frames about the close");
    }
    if (this.shape && row.samples !== this.samples && this.missing.length === 0) {
      this.altered.push(`its state counts ${row.samples} samples, its frames hold ${this.samples}`);
    }
    if (row.gaps !== JSON.stringify(this.gaps)) this.altered.push("its state disagrees with its drop frames");
    if (row.flags & RecordingFlag.conflict) {
      this.altered.push(
        "the handheld sealed two different frames for one place: was it cloned or rolled back?",
      );
    }
  }
}
