/** What the hub is doing right now, drawn in place for a person, one plain line every five seconds otherwise. */
import { decodeData } from "../../protocol/bodies";
import { decodeBlock } from "../../protocol/codec/block";
import { FrameType, type Header } from "../../protocol/header";
import { blockShape } from "../../protocol/open";
import type { Receipt } from "../../protocol/receipt";
import { type Clock, systemClock } from "../clock";
import { clockTime } from "../document/localtime";
import { eventText } from "../findings/words";
import type { EventInfo } from "../store/findings/types";
import type { RecordingInfo } from "../store/infos";
import type { StoredFrame } from "../store/ingest";
import { counted, localTime } from "./text";
import { drawTrace } from "./trace";

const TRACE_SECONDS = 6;
const TRACE_ROWS = 4;
const DRAW_MS = 250;
const PLAIN_MS = 5000;
/** Frames stored but not receipted that are remembered. */
const MAX_PENDING = 4096;
/** So long a handheld says nothing before another one is drawn. */
const PAUSE_MS = 5000;

export interface LiveOptions {
  out: { write(text: string): unknown; columns?: number };
  isTty: boolean;
  /** What the store knows of a recording. */
  infoOf(id: string): RecordingInfo;
  /** What to call a simulated handheld's recording. */
  mark?: string;
  clock?: Clock;
}

interface Newest {
  id: string;
  number: number;
  epoch: number;
  info: RecordingInfo;
  /** The last seconds of lead 1, newest last; NaN where samples are missing. */
  window: Float64Array;
  /** Sample behind the window's end. */
  end: number;
  pending: { sequence: number; end: number }[];
  /** Unix ms of its newest frame. */
  heardAt: number;
  /** Every sequence below this has its receipt. */
  receipted: number;
  receiptedSamples: number;
}

export class LiveView {
  private newest?: Newest;
  /** By handheld, what was found last. */
  private readonly events = new Map<string, EventInfo>();
  private drawnRows = 0;
  private readonly clock: Clock;
  private cancel: () => void = () => {};

  constructor(private readonly options: LiveOptions) {
    this.clock = options.clock ?? systemClock;
    this.tick();
  }

  /** For the store's event "stored". */
  stored(frames: StoredFrame[]): void {
    for (const frame of frames) {
      const newest = this.follow(frame);
      if (newest && frame.header.type === FrameType.data) this.take(newest, frame);
    }
  }

  /** For the store's event "receipted". */
  receipted(device: string, receipt: Receipt): void {
    const { newest } = this;
    if (!newest || newest.info.device !== device || newest.number !== receipt.recording) return;
    newest.receipted = receipt.holes[0]?.from ?? receipt.next;
  }

  /** For the store's event "found". */
  found(events: EventInfo[]): void {
    for (const event of events) this.events.set(event.device, event);
  }

  /** A line above the drawing, e.g. of the log. */
  say(line: string): void {
    this.erase();
    this.options.out.write(`${line}\n`);
    if (this.options.isTty) this.draw();
  }

  stop(): void {
    this.cancel();
    this.draw();
  }

  /** The lines as they are drawn now. */
  lines(columns = 80): string[] {
    const { newest } = this;
    if (!newest) return ["waiting for a handheld"];
    const { info } = newest;
    const seconds = (samples: number) => clockTime(samples / rateOf(info));
    while (newest.pending[0] && newest.pending[0].sequence < newest.receipted)
      newest.receiptedSamples = Math.max(newest.receiptedSamples, newest.pending.shift()!.end);
    const what = [
      ...(info.simulated ? [this.options.mark ?? "SIMULATED"] : []),
      `handheld ${info.device.slice(0, 8)}`,
      `recording ${info.id.slice(0, 8)}`,
    ].join(" · ");
    const how = [
      `${seconds(info.samples)} kept`,
      counted(info.frames, "frame"),
      counted(info.holes, "hole"),
      `stored and receipted up to ${seconds(newest.receiptedSamples)}`,
    ].join(" · ");
    const event = this.events.get(info.device);
    const found = event && `no diagnosis · ${eventText(event, timeOf, info.simulated)}`;
    return this.options.isTty
      ? [...drawTrace(newest.window, columns, TRACE_ROWS), what, how, ...(found ? [found] : [])].map((line) =>
          line.slice(0, columns),
        )
      : [[what, how, ...(found ? [found] : [])].join(" · ")];
  }

  private follow({ device, recordingId, header }: StoredFrame): Newest | undefined {
    const { newest } = this;
    const now = this.clock.now();
    if (newest?.id === recordingId) newest.heardAt = now;
    if (newest && !this.gives(newest, now, device, header))
      return newest.id === recordingId ? newest : undefined;
    const info = this.options.infoOf(recordingId);
    if (!info.open) return undefined;
    this.newest = {
      id: recordingId,
      number: header.recording,
      epoch: header.epoch,
      info,
      window: new Float64Array(Math.ceil(TRACE_SECONDS * rateOf(info))).fill(Number.NaN),
      heardAt: now,
      end: 0,
      pending: [],
      receipted: 0,
      receiptedSamples: 0,
    };
    return this.newest;
  }

  /** Whether another recording is drawn from now on. */
  private gives(shown: Newest, now: number, device: string, { epoch, recording }: Header): boolean {
    // One handheld at a time.
    if (device !== shown.info.device) return now - shown.heardAt >= PAUSE_MS;
    // A recording that is behind is drained in the newest one's pauses.
    return epoch > shown.epoch || (epoch === shown.epoch && recording > shown.number);
  }

  private take(newest: Newest, { header, body }: StoredFrame): void {
    const { firstSample, block } = decodeData(body);
    const [samples] = decodeBlock(block, blockShape(newest.info.open!));
    const end = firstSample + samples!.length;
    newest.pending.push({ sequence: header.sequence, end });
    newest.pending.sort((a, b) => a.sequence - b.sequence);
    if (newest.pending.length > MAX_PENDING) newest.pending.shift();
    const { window } = newest;
    const shift = end - newest.end;
    if (shift > 0) {
      window.copyWithin(0, Math.min(shift, window.length));
      window.fill(Number.NaN, Math.max(0, window.length - shift));
      newest.end = end;
    }
    const start = firstSample - newest.end + window.length;
    samples!.forEach((value, i) => {
      if (start + i >= 0) window[start + i] = value;
    });
  }

  private tick(): void {
    this.cancel = this.clock.after(this.options.isTty ? DRAW_MS : PLAIN_MS, () => {
      this.draw();
      this.tick();
    });
  }

  private draw(): void {
    const { newest, options } = this;
    if (newest) newest.info = options.infoOf(newest.id);
    // One column less: a full line would wrap on some terminals.
    const lines = this.lines((options.out.columns ?? 80) - 1);
    this.erase();
    options.out.write(lines.map((line) => `${line}\n`).join(""));
    if (options.isTty) this.drawnRows = lines.length;
  }

  private erase(): void {
    if (this.drawnRows > 0) this.options.out.write(`\x1b[${this.drawnRows}A\x1b[J`);
    this.drawnRows = 0;
  }
}

const timeOf = (unixMs: number) => localTime(unixMs).slice(11, 16);

function rateOf({ open }: RecordingInfo): number {
  return open ? open.rateNum / open.rateDen : 1;
}
