/** What one handheld records, as messages of the live stream; what was told lately is remembered, without samples. */
import { randomBytes } from "node:crypto";
import { endianness } from "node:os";
import { decodeData, decodeMark } from "../../../protocol/bodies";
import { type BlockShape, blockSamples, decodeBlock } from "../../../protocol/codec/block";
import { FrameType, type Header } from "../../../protocol/header";
import { blockShape } from "../../../protocol/open";
import type { LIVE_EVENTS, LiveBlock, LiveMissed } from "../../schema/live";
import { type Recording, recordingSchema } from "../../schema/recordings";
import type { RecordingInfo } from "../../store/infos";
import type { StoredFrame } from "../../store/ingest";
import { markOf } from "../names";
import { recordingOf } from "../recordings";

/** A quarter of an hour of blocks that come each second; whoever was away longer reads all anew. */
const REMEMBERED = 1024;

export interface Message {
  text: string;
  /** Of a block: what whoever does not get it misses. Of anything else nothing, and it must be told again. */
  block?: LiveMissed;
}

interface Shown {
  info: RecordingInfo;
  shape: BlockShape;
}

/** Of the store's reader. */
export interface Infos {
  recording(id: string): RecordingInfo;
  newestRecording(device: string): RecordingInfo | undefined;
}

export class LiveChannel {
  /** Of this run of the hub: an id of another one tells nothing. */
  private readonly run = randomBytes(6).toString("hex");
  private told = 0;
  private readonly remembered: (LiveMissed | undefined)[] = [];
  private shown?: Shown;

  constructor(
    device: string,
    private readonly infos: Infos,
  ) {
    const newest = infos.newestRecording(device);
    if (newest) this.show(newest);
  }

  /** @param decode whether anybody sees it: without that it is remembered alone */
  take(frame: StoredFrame, now: number, decode: boolean): Message | undefined {
    const { header, recordingId, body } = frame;
    const before = this.shown?.info.id;
    if (this.isNewer(header) || (before === recordingId && header.type === FrameType.close)) {
      this.show(this.infos.recording(recordingId));
      if (!this.shown) return undefined;
      this.remember(undefined);
      // The frame itself is a part of what whoever is told of a new recording reads as a window.
      return this.message("recording", this.recording()!);
    }
    if (!this.shown || before !== recordingId) return undefined;
    if (header.type === FrameType.data) return this.block(body, now, decode);
    if (header.type !== FrameType.mark) return undefined;
    const { kind, sample } = decodeMark(body);
    this.remember({ recording: recordingId, from: sample, to: sample + 1 });
    return this.message("mark", { recording: recordingId, kind: markOf(kind), sample });
  }

  /** What is shown to whoever begins to look. */
  first(): Message[] {
    const recording = this.recording();
    return recording ? [this.message("recording", recording)] : [];
  }

  /** What whoever comes back is told. @param lastId of the last message that it got */
  since(lastId: string): Message[] {
    const messages = this.first();
    const [, run, told] = /^([0-9a-f]{12})-(\d{1,15})$/.exec(lastId) ?? [];
    const behind = this.told - Number(told);
    if (run !== this.run || behind < 0 || behind > this.remembered.length) return [...messages, this.anew()];
    let missed: LiveMissed | undefined;
    for (const one of behind === 0 ? [] : this.remembered.slice(-behind)) {
      if (!one) return [...messages, this.anew()];
      missed = missed ? union(missed, one) : one;
      if (!missed) return [...messages, this.anew()];
    }
    return missed ? [...messages, this.missed(missed)] : messages;
  }

  missed(range: LiveMissed): Message {
    return this.message("missed", range);
  }

  anew(): Message {
    return this.message("anew", {});
  }

  private recording(): Recording | undefined {
    const { shown } = this;
    return shown && recordingSchema.parse(recordingOf(this.infos.recording(shown.info.id)));
  }

  private show(info: RecordingInfo): void {
    this.shown = info.open && { info, shape: blockShape(info.open) };
  }

  private isNewer({ epoch, recording }: Header): boolean {
    if (!this.shown) return true;
    const { info } = this.shown;
    return epoch > info.epoch || (epoch === info.epoch && recording > info.recording);
  }

  private block(body: Uint8Array, now: number, decode: boolean): Message {
    const { info, shape } = this.shown!;
    const { firstSample: from, block } = decodeData(body);
    const range = { recording: info.id, from, to: from + blockSamples(block, shape) };
    this.remember(range);
    if (!decode) return { text: "", block: range };
    const samples = decodeBlock(block, shape).map(base64);
    return { ...this.message("block", { recording: info.id, from, samples, at: now }), block: range };
  }

  private remember(range: LiveMissed | undefined): void {
    this.told++;
    this.remembered.push(range);
    if (this.remembered.length > REMEMBERED) this.remembered.shift();
  }

  private message(
    event: keyof typeof LIVE_EVENTS,
    data: Recording | LiveBlock | LiveMissed | object,
  ): Message {
    return { text: `id: ${this.run}-${this.told}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n` };
  }
}

/** What covers both; undefined for two recordings. */
export function union(a: LiveMissed, b: LiveMissed): LiveMissed | undefined {
  if (a.recording !== b.recording) return undefined;
  return { recording: a.recording, from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
}

function base64(values: Int32Array): string {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return (endianness() === "LE" ? bytes : Buffer.from(bytes).swap32()).toString("base64");
}
