/** One sealed frame into the open transaction: found its recording, opened, checked for its place, inserted. */

import {
  type Drop,
  DropReason,
  decodeClose,
  decodeData,
  decodeDrop,
  decodeMark,
} from "../../protocol/bodies";
import { sameBytes } from "../../protocol/bytes";
import { blockSamples } from "../../protocol/codec/block";
import type { Status } from "../../protocol/command";
import type { Crypto } from "../../protocol/crypto";
import { decodeHeader, FrameType, type Header } from "../../protocol/header";
import { blockShape, decodeOpen } from "../../protocol/open";
import { openFrame } from "../../protocol/seal";
import { decodeSignature } from "../../protocol/signature";
import type { Clock } from "../clock";
import type { Device, Epoch } from "./devices";
import { codeOf, StoreError } from "./errors";
import type { Frames } from "./frames";
import type { Leaves } from "./leaves";
import { MAX_STEPS } from "./ratchet";
import { isErased, type Recording, RecordingFlag, type Recordings } from "./recordings";
import type { RefusalKind } from "./refusals";
import { addRun, cutRun, hasNumber } from "./runs";

/** A frame that is on disk, opened for whoever watches. */
export interface StoredFrame {
  /** Device id in hex. */
  device: string;
  recordingId: string;
  header: Header;
  body: Uint8Array;
}

export interface Taken {
  /** The recording that a receipt is due for. */
  recording?: Recording;
  stored?: StoredFrame;
  refused?: RefusalKind;
  /** Counted like a refusal, although the frame is stored. */
  alarm?: RefusalKind;
}

/** Runs of missing frames, and of lost samples, that one recording may have. */
const MAX_MISSING_RUNS = 256;
const MAX_GAPS = 4096;
/** Beyond so many wrong tags within a second a device's frames wait for the next second: slowed, never locked out. */
const MAX_WRONG_TAGS = 200;

/** Recordings that may be skipped when the handheld's own status says that it is that far. */
const MAX_STATED_STEPS = 65536;

export class Ingest {
  private readonly wrongTags = new Map<string, { since: number; count: number }>();

  constructor(
    private readonly crypto: Crypto,
    private readonly clock: Clock,
    private readonly recordings: Recordings,
    private readonly frames: Frames,
    private readonly leaves: Leaves,
  ) {}

  /** @throws errors of SQLite only: the caller rolls back */
  take(device: Device, frame: Uint8Array): Taken {
    let header: Header;
    try {
      header = decodeHeader(frame);
    } catch (error) {
      return { refused: codeOf(error) === "FRAME_VERSION" ? "version" : "malformed" };
    }
    const epoch = device.epochs.get(header.epoch);
    if (!epoch) return { refused: "epoch" };
    const ahead = header.recording - epoch.ratchet.number;
    if (ahead > MAX_STEPS && ahead > this.statedSteps(device, epoch)) return { refused: "recording-too-far" };
    let recording: Recording | undefined;
    try {
      recording = this.recordings.find(device, header.epoch, header.recording);
    } catch (error) {
      if (error instanceof StoreError) return { refused: "altered-store" };
      throw error;
    }
    if (!recording && ahead < 0) return { refused: "recording-regressed" };
    if (recording && isErased(recording.row)) return this.decline(recording, header);
    if (this.slowed(device)) return { refused: "slowed" };
    const key = recording ? recording.key : epoch.ratchet.recordingKey(header.recording);
    let body: Uint8Array | undefined;
    try {
      body = openFrame(this.crypto, key, frame);
    } catch (error) {
      if (codeOf(error) === "FRAME_PADDING") return { refused: "malformed" };
      this.countWrongTag(device);
      return { refused: "wrong-tag" };
    }
    try {
      recording ??= this.recordings.begin(device, epoch, header.recording);
    } catch (error) {
      // Rows that the chain key's number denies: that number was set back.
      if (codeOf(error).startsWith("SQLITE_CONSTRAINT")) return { refused: "altered-store" };
      throw error;
    }
    return this.put(recording, header, frame, body);
  }

  /** Nobody can say whether the frame is the handheld's; it may go in any case, and the receipt says so. */
  private decline(recording: Recording, { sequence }: Header): Taken {
    if (sequence >= recording.row.next) {
      recording.row.next = Math.min(sequence + 1, 0xffffffff);
      this.recordings.touch(recording);
    }
    return { recording, refused: "erased" };
  }

  private put(recording: Recording, header: Header, frame: Uint8Array, body: Uint8Array): Taken {
    const { row, missing } = recording;
    const { sequence } = header;
    // Nothing follows a close but its signature.
    const signs = header.type === FrameType.signature && sequence - 1 === row.closed_at;
    if (row.closed_at !== null && sequence > row.closed_at && !signs) return { refused: "after-close" };
    if (sequence < row.next && !hasNumber(missing, sequence)) {
      const held = this.frames.get(row.key, sequence);
      if (held && sameBytes(held, frame)) return { recording, refused: "duplicate" };
      if (held) {
        this.frames.quarantine(row.key, sequence, frame, this.clock.now());
        this.flag(recording, RecordingFlag.conflict);
        return { recording, refused: "conflict" };
      }
    } else if (missing.length >= MAX_MISSING_RUNS) {
      // Only what makes no further run: the edge of one, or the next frame.
      const edge = sequence === row.next || missing.some((run) => run.from === sequence);
      if (!edge) return { recording, refused: "scattered" };
    }
    if (!this.frames.add(row.key, sequence, header.type, frame)) return { refused: "altered-store" };
    const alarm = this.alarmOf(recording, header, body);
    row.held++;
    if (sequence >= row.next) {
      addRun(missing, row.next, sequence - row.next);
      row.next = sequence + 1;
    } else cutRun(missing, sequence, 1);
    row.last_at = this.clock.now();
    row.first_at ??= row.last_at;
    this.recordings.touch(recording);
    this.read(recording, header, body);
    return {
      recording,
      stored: { device: recording.device.hex, recordingId: row.id, header, body },
      alarm,
    };
  }

  /** What tells of a handheld that was cloned or rolled back. */
  private alarmOf(recording: Recording, header: Header, body: Uint8Array): RefusalKind | undefined {
    try {
      if (header.type === FrameType.signature && this.leaves.regressed(recording, body))
        return "leaf-regressed";
      return this.isRegressed(recording, header, body) ? "recording-regressed" : undefined;
    } catch (error) {
      if (codeOf(error).startsWith("SQLITE")) throw error;
      return undefined;
    }
  }

  /** Whether a recording has frames although the open frame of a later one says that its number was never used. */
  private isRegressed(recording: Recording, header: Header, body: Uint8Array): boolean {
    if (header.type === FrameType.open) {
      const { previous } = decodeOpen(body);
      if (previous && this.recordings.anyBetween(previous.recording, recording)) return true;
    }
    const next = recording.row.held === 0 ? this.recordings.openAfter(recording) : undefined;
    if (!next) return false;
    const { previous } = decodeOpen(openFrame(this.crypto, next.recording.key, next.frame));
    return previous !== undefined && previous.recording < recording.row.number;
  }

  /** What the body says. A malformed one stays stored, since it is what the handheld sealed; its recording is flagged. */
  private read(recording: Recording, header: Header, body: Uint8Array): void {
    try {
      if ((header.sequence === 0) !== (header.type === FrameType.open)) {
        this.flag(recording, RecordingFlag.malformed);
      }
      if (header.type === FrameType.open) this.readOpen(recording, body);
      else if (header.type === FrameType.data) this.readData(recording, body);
      else if (header.type === FrameType.drop) this.readDrop(recording, header.sequence, decodeDrop(body));
      else if (header.type === FrameType.mark) decodeMark(body);
      else if (header.type === FrameType.close) this.readClose(recording, header.sequence, body);
      else if (header.type === FrameType.signature) decodeSignature(body);
    } catch (error) {
      if (codeOf(error).startsWith("SQLITE")) throw error;
      this.flag(recording, RecordingFlag.malformed);
    }
  }

  private readOpen(recording: Recording, body: Uint8Array): void {
    recording.shape = blockShape(decodeOpen(body));
    // Data that overtook the open frame could not be measured yet; positions rise, so the newest one suffices.
    const newest = this.frames.newest(recording.row.key, FrameType.data);
    if (newest) this.readData(recording, openFrame(this.crypto, recording.key, newest));
  }

  private readData(recording: Recording, body: Uint8Array): void {
    if (recording.shape === undefined) {
      const open = this.frames.get(recording.row.key, 0);
      recording.shape = open ? blockShape(decodeOpen(openFrame(this.crypto, recording.key, open))) : null;
    }
    const { firstSample, block } = decodeData(body);
    const samples = recording.shape ? blockSamples(block, recording.shape) : 0;
    recording.row.samples = Math.max(recording.row.samples, firstSample + samples);
  }

  private readDrop(recording: Recording, sequence: number, drop: Drop): void {
    const { device, row } = recording;
    const subject =
      drop.recording === row.number ? recording : this.recordings.find(device, row.epoch, drop.recording);
    const isAhead = subject === recording && drop.reason === DropReason.ringFull && drop.to >= sequence;
    if (!subject || drop.recording > row.number || isAhead) {
      this.flag(recording, RecordingFlag.malformed);
      return;
    }
    if (drop.reason === DropReason.ringFull) {
      if (drop.to >= subject.row.next) {
        addRun(subject.missing, subject.row.next, drop.to + 1 - subject.row.next);
        subject.row.next = drop.to + 1;
      }
      cutRun(subject.missing, drop.from, drop.to + 1 - drop.from);
    }
    if (subject.gaps.length < MAX_GAPS) addRun(subject.gaps, drop.firstSample, drop.samples);
    else this.flag(subject, RecordingFlag.malformed);
    subject.row.samples = Math.max(subject.row.samples, drop.firstSample + drop.samples);
    this.recordings.touch(subject);
  }

  private readClose(recording: Recording, sequence: number, body: Uint8Array): void {
    if (recording.row.closed_at !== null || decodeClose(body).frames !== sequence) {
      this.flag(recording, RecordingFlag.malformed);
      return;
    }
    recording.row.closed_at = sequence;
    const ahead = recording.row.next - (sequence + 1);
    const signature = ahead === 1 ? this.frames.get(recording.row.key, sequence + 1) : undefined;
    if (ahead > 0 && (!signature || decodeHeader(signature).type !== FrameType.signature))
      this.flag(recording, RecordingFlag.afterClose);
  }

  private flag(recording: Recording, flag: number): void {
    recording.row.flags |= flag;
    this.recordings.touch(recording);
  }

  private statedSteps(device: Device, epoch: Epoch): number {
    if (!device.row.status || epoch.row.epoch !== device.row.epoch) return 0;
    const { newestRecording } = JSON.parse(device.row.status) as Status;
    return Math.min(MAX_STATED_STEPS, newestRecording - epoch.ratchet.number);
  }

  private slowed(device: Device): boolean {
    const window = this.wrongTags.get(device.hex);
    return (
      window !== undefined &&
      window.count >= MAX_WRONG_TAGS &&
      Math.abs(this.clock.now() - window.since) < 1000
    );
  }

  private countWrongTag(device: Device): void {
    const now = this.clock.now();
    const window = this.wrongTags.get(device.hex);
    if (window && Math.abs(now - window.since) < 1000) window.count++;
    else this.wrongTags.set(device.hex, { since: now, count: 1 });
  }
}
