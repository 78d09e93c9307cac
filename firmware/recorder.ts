/** Seals one recording after another into the ring: number burned first, then open, data, drops, marks and close. */

import { DropReason, encodeClose, encodeData, encodeDrop, encodeMark, signedClose } from "../protocol/bodies";
import { chainNext, chainStart, HASH_BYTES } from "../protocol/chain";
import { FrameType, HEADER_BYTES, type Header, TAG_BYTES } from "../protocol/header";
import { nextChainKey, recordingKey } from "../protocol/keys";
import { encodeOpen, type Previous } from "../protocol/open";
import { sealFrame } from "../protocol/seal";
import { SIGNATURE_BYTES } from "../protocol/signature";
import { LeafSigner, leavesOf } from "../protocol/trees";
import type { Board } from "./board/board";
import { Closing, type Ended } from "./closing";
import type { Evicted, Ring } from "./ring";
import { nominalBlock } from "./sampler";
import type { Keys, Vault } from "./vault";

export const FIRMWARE = "avnode 0.1.0";

/** By the release that runs, where the boot code knows of one. */
export function firmwareOf(board: Board): string {
  return board.boot ? "avnode " + board.boot.version : FIRMWARE;
}

/** A dropped run, and where its drop frame stands. */
interface Gap {
  lost: Evicted;
  announcedIn: number;
  announcedAt: number;
}

const NOT_YET = -1;
/** A hole that a restart found: lost or long receipted, nobody here knows; it only joins what is lost behind it. */
const INHERITED = -2;
/** Gaps whose drop frame is kept alive at most; beyond it the oldest is left to its drop frame in the ring. */
const MAX_GAPS = 64;
const MAX_FRONT_END_LOSSES = 64;
/** A drop frame in the ring, roughly; drop frames may fill a quarter of it. */
const DROP_RECORD_BYTES = 150;
const CLOSE_FRAME_BYTES = HEADER_BYTES + 160 + TAG_BYTES;
const SIGNATURE_FRAME_BYTES = HEADER_BYTES + Math.ceil((2 + SIGNATURE_BYTES) / 32) * 32 + TAG_BYTES;
const NO_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

/** The same ownership, to be taken a step further. */
function copyOf(keys: Keys): Keys {
  return {
    epoch: keys.epoch,
    recording: keys.recording,
    chainKey: keys.chainKey,
    receiptKey: keys.receiptKey,
    alias: keys.alias,
    previousClose: keys.previousClose,
    leaf: keys.leaf,
    seen: keys.seen,
    confirmed: keys.confirmed,
  };
}

function signatureHeader(ended: Ended): Header {
  return {
    type: FrameType.signature,
    epoch: ended.epoch,
    recording: ended.recording,
    sequence: ended.sequence,
  };
}

export class Recorder {
  /** The running recording's number, 0 while none runs. */
  recording = 0;
  private epoch = 0;
  private key = NO_HASH;
  private chain = NO_HASH;
  private sequence = 0;
  private samples = 0;
  private dropped = 0;
  /** Runs whose drop frame no receipt covers yet: if that frame is evicted too, it is written again. */
  private gaps: Gap[] = [];
  private frontEndLosses: { firstSample: number; samples: number }[] = [];
  private readonly closing: Closing;

  /** @param appended told of every frame that now stands in flash */
  constructor(
    private readonly board: Board,
    private readonly ring: Ring,
    private readonly vault: Vault,
    private readonly appended: (recording: number, sequence: number) => void,
  ) {
    const self = this;
    this.closing = new Closing(
      board,
      function (ended, body) {
        return sealFrame(board.crypto, ended.key, signatureHeader(ended), body);
      },
      function (ended, frame) {
        self.sign(ended, frame);
      },
      function () {
        return self.recording !== 0;
      },
    );
  }

  /** After a restart: holes in what the ring holds. */
  inherit(holes: Evicted[]): void {
    for (let i = 0; i < holes.length; i++) {
      this.gaps.push({ lost: holes[i], announcedIn: 0, announcedAt: INHERITED });
    }
  }

  /** Burns the next recording's number. @returns the keys as they stand in flash now */
  burn(keys: Keys): Keys {
    const burned = copyOf(keys);
    burned.recording++;
    burned.chainKey = nextChainKey(this.board.crypto, keys.chainKey);
    this.vault.save(burned);
    return burned;
  }

  /** Begins the recording whose number was just burned. @param keys as they were before that */
  start(keys: Keys, mode: number, seconds: number, startMs: number, trust: number): void {
    const crypto = this.board.crypto;
    const device = this.board.identity.device;
    const recording = keys.recording;
    const key = recordingKey(crypto, keys.chainKey, device, keys.epoch, recording);
    this.key = key;
    this.recording = recording;
    this.epoch = keys.epoch;
    this.chain = chainStart(crypto, device, keys.epoch, recording, key);
    this.sequence = 0;
    this.samples = 0;
    this.dropped = 0;
    const frontEnd = this.board.frontEnd;
    const open = encodeOpen({
      rateNum: frontEnd.rateNum,
      rateDen: frontEnd.rateDen,
      frontEnd: frontEnd.name,
      firmware: firmwareOf(this.board),
      bits: frontEnd.bits,
      nominal: nominalBlock(frontEnd),
      startMs,
      trust,
      mode,
      seconds,
      previous: this.previous(),
      leads: frontEnd.leads,
    });
    this.frontEndLosses = [];
    this.put(FrameType.open, open, 0);
  }

  private previous(): Previous | undefined {
    const tail = this.ring.tail();
    if (!tail) return undefined;
    const closed = tail.lastType === FrameType.close || tail.lastType === FrameType.signature;
    return { recording: tail.recording, frames: tail.frames, closed, chain: tail.chain };
  }

  data(firstSample: number, block: Uint8Array, samples: number): void {
    this.put(FrameType.data, encodeData({ firstSample, block }), firstSample + samples);
  }

  /** Samples that the front end lost before they could be sealed. */
  lost(firstSample: number, samples: number): void {
    this.dropped += samples;
    this.frontEndLosses.push({ firstSample, samples });
    if (this.frontEndLosses.length > MAX_FRONT_END_LOSSES) this.frontEndLosses.shift();
    const drop = encodeDrop({
      reason: DropReason.frontEnd,
      recording: this.recording,
      from: 0,
      to: 0,
      firstSample,
      samples,
      before: NO_HASH,
      chain: NO_HASH,
    });
    this.put(FrameType.drop, drop, firstSample + samples);
  }

  /**
   * @param sample index of the sample that was newest at the moment
   * @param keep true when the ring shall hold this moment longest
   */
  mark(kind: number, sample: number, keep: boolean): void {
    const uptimeMs = Math.floor(this.board.uptimeMs());
    this.put(FrameType.mark, encodeMark({ kind, sample, uptimeMs }), this.samples);
    if (keep) this.ring.mark();
  }

  /** How many recordings this unit can still sign. */
  signatures(leaf: number): number {
    const signing = this.board.identity.signing;
    return signing ? Math.max(0, leavesOf(signing) - leaf) : 0;
  }

  /** True while the close of an ended recording waits for its signature. */
  signing(): boolean {
    return this.closing.pending();
  }

  /** The FIFO was just emptied: goes on with a signature that waited for it. @returns true when it took time */
  emptied(): boolean {
    return this.closing.emptied();
  }

  /** Ends the recording and begins to sign its close. @returns the keys as they stand in flash now */
  close(keys: Keys, reason: number): Keys {
    this.closing.finish();
    const signs = this.signatures(keys.leaf) > 0;
    // Whatever must go to make room is declared before the close: nothing follows it but its signature.
    while (!this.hasRoomToEnd(signs)) {
      this.noteLost(this.ring.evict());
      this.announce();
    }
    const body = encodeClose({
      frames: this.sequence,
      samples: this.samples,
      dropped: this.dropped,
      chain: this.chain,
      previousClose: keys.previousClose,
      checkpointSize: keys.seen.size,
      checkpointRoot: keys.seen.root,
      uptimeMs: Math.floor(this.board.uptimeMs()),
      batteryMillivolts: this.board.batteryMillivolts(),
      reason,
    });
    const signed = signedClose(this.board.identity.device, keys.epoch, this.recording, body);
    const next = copyOf(keys);
    next.previousClose = this.board.crypto.sha256(signed);
    if (signs) next.leaf++;
    try {
      this.write(FrameType.close, body, this.samples);
      // The leaf is burned before it signs: a power cut leaves the recording unsigned, never a leaf used twice.
      this.vault.save(next);
      if (signs) this.closing.begin(this.ended(), this.signerOf(keys.leaf, signed));
    } finally {
      this.recording = 0;
      this.key = NO_HASH;
    }
    return next;
  }

  private hasRoomToEnd(signs: boolean): boolean {
    return signs
      ? this.ring.fitsBoth(this.recording, CLOSE_FRAME_BYTES, SIGNATURE_FRAME_BYTES)
      : this.ring.fits(this.recording, CLOSE_FRAME_BYTES);
  }

  private ended(): Ended {
    return {
      epoch: this.epoch,
      recording: this.recording,
      key: this.key,
      sequence: this.sequence,
      samples: this.samples,
      chain: this.chain,
    };
  }

  private signerOf(leaf: number, signed: Uint8Array): LeafSigner {
    return new LeafSigner(this.board.crypto, this.board.identity.signing!, leaf, signed);
  }

  /** Writes a signature behind its close. The next recording may run by then: what made room is declared in that one. */
  private sign(ended: Ended, frame: Uint8Array): void {
    this.append(ended.recording, frame, ended.samples, ended.samples, ended.chain);
    this.appended(ended.recording, ended.sequence);
    if (this.recording !== 0) this.announce();
  }

  private put(type: number, body: Uint8Array, endSample: number): void {
    this.write(type, body, endSample);
    this.announce();
  }

  private write(type: number, body: Uint8Array, endSample: number): void {
    const header = { type, epoch: this.epoch, recording: this.recording, sequence: this.sequence };
    const frame = sealFrame(this.board.crypto, this.key, header, body);
    this.append(this.recording, frame, this.samples, endSample, this.chain);
    this.chain = chainNext(this.board.crypto, this.chain, frame);
    this.samples = endSample;
    this.sequence++;
    this.appended(this.recording, header.sequence);
  }

  /** On return the frame stands in flash. @param chain before it */
  private append(
    recording: number,
    frame: Uint8Array,
    firstSample: number,
    endSample: number,
    chain: Uint8Array,
  ): void {
    do {
      while (!this.ring.fits(recording, frame.length)) this.noteLost(this.ring.evict());
    } while (!this.ring.append(frame, firstSample, endSample, chain));
  }

  /** Files what an eviction took: gaps whose drop frame went are announced again, receipted ones are forgotten. */
  private noteLost(runs: Evicted[]): void {
    const kept: Gap[] = [];
    for (let i = 0; i < this.gaps.length; i++) {
      const gap = this.gaps[i];
      for (let r = 0; r < runs.length; r++) {
        const run = runs[r];
        const hit =
          gap.announcedIn === run.recording && gap.announcedAt >= run.from && gap.announcedAt <= run.to;
        if (hit) gap.announcedAt = NOT_YET;
      }
      if (gap.announcedAt < 0 || this.ring.owes(gap.announcedIn, gap.announcedAt)) kept.push(gap);
    }
    this.gaps = kept;
    for (let i = 0; i < runs.length; i++) {
      this.countDropped(runs[i]);
      this.addGap(runs[i]);
    }
  }

  /** Of the running recording; a restored store may lack what went from the ring receipted. */
  private countDropped(run: Evicted): void {
    if (run.recording === this.recording)
      this.dropped += run.endSample - run.firstSample - this.alreadyDropped(run);
  }

  /** Runs that the store misses and that the ring has no more, however they went: whatever forgot them, a drop says so. */
  lostForGood(runs: Evicted[]): void {
    for (let i = 0; i < runs.length; i++) {
      let known = false;
      for (let g = 0; g < this.gaps.length; g++) {
        const gap = this.gaps[g];
        const lost = gap.lost;
        if (lost.recording !== runs[i].recording || lost.from > runs[i].from || lost.to < runs[i].to)
          continue;
        known = true;
        if (gap.announcedAt === INHERITED) gap.announcedAt = NOT_YET;
      }
      if (known) continue;
      this.countDropped(runs[i]);
      this.addGap(runs[i]);
    }
    if (this.recording !== 0) this.announce();
  }

  /** What front-end losses in this range were counted as dropped already. */
  private alreadyDropped(run: Evicted): number {
    let samples = 0;
    for (let i = 0; i < this.frontEndLosses.length; i++) {
      const loss = this.frontEndLosses[i];
      if (loss.firstSample >= run.firstSample && loss.firstSample < run.endSample) samples += loss.samples;
    }
    return samples;
  }

  /** Lengthens the gap that this run follows, or begins a new one. */
  private addGap(run: Evicted): void {
    for (let i = 0; i < this.gaps.length; i++) {
      const lost = this.gaps[i].lost;
      if (lost.recording === run.recording && lost.to + 1 === run.from) {
        lost.to = run.to;
        lost.endSample = run.endSample;
        lost.chain = run.chain;
        this.gaps[i].announcedAt = NOT_YET;
        return;
      }
    }
    this.gaps.push({ lost: run, announcedIn: 0, announcedAt: NOT_YET });
    const most = Math.min(MAX_GAPS, Math.floor(this.ring.bytes() / (4 * DROP_RECORD_BYTES)));
    if (this.gaps.length > most) this.gaps.shift();
  }

  /** Writes a drop frame for every gap that has none; writing one may evict, so it looks again until none is left. */
  private announce(): void {
    for (let i = 0; i < this.gaps.length; i++) {
      const gap = this.gaps[i];
      if (gap.announcedAt !== NOT_YET) continue;
      const lost = gap.lost;
      const to = lost.to;
      const sequence = this.sequence;
      const body = encodeDrop({
        reason: DropReason.ringFull,
        recording: lost.recording,
        from: lost.from,
        to: lost.to,
        firstSample: lost.firstSample,
        samples: lost.endSample - lost.firstSample,
        before: lost.before,
        chain: lost.chain,
      });
      this.write(FrameType.drop, body, this.samples);
      // Making room for it may have lengthened the very gap; then this frame says too little and another follows.
      if (lost.to === to) {
        gap.announcedIn = this.recording;
        gap.announcedAt = sequence;
      }
      i = -1;
    }
  }
}
