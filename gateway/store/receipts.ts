/**
 * Receipts: collected while a transaction runs, stated from what is on disk once it is. One costs a handheld more than
 * a tenth of a second of its processor, so that a recording gets about one a second for all of its frames, and a
 * handheld two, because short recordings need one each.
 */
import { HASH_BYTES } from "../../protocol/chain";
import { boundHoles, type Receipt } from "../../protocol/receipt";
import type { Clock } from "../clock";
import type { Device } from "./devices";
import { codeOf } from "./errors";
import type { Keyring } from "./keyring";
import type { Log } from "./log";
import type { Recordings } from "./recordings";

export interface ReceiptPath {
  /** The newest that is on disk. */
  checkpoint(): { size: number; root: Uint8Array } | undefined;
  isLive(device: Device): boolean;
  /** Commits, and then calls {@link Receipts.send}: what memory says may be of a transaction that failed. */
  settle(): void;
  /** Asks a device without a session for its hello. */
  ask(device: Device): void;
  send(device: Device, receipt: Receipt): void;
}

export interface ReceiptLimits {
  /** For one handheld, one more receipt may go at each of these. */
  everyMs: number;
  /** At once after a pause. */
  burst: number;
  /** For one recording, the next receipt goes so many of these later. */
  restTicks: number;
}

export const RECEIPT_LIMITS: Readonly<ReceiptLimits> = { everyMs: 500, burst: 3, restTicks: 2 };

/** For a handheld that exists in memory only and is in a hurry. */
export const UNPACED: Readonly<ReceiptLimits> = {
  everyMs: 1000,
  burst: Number.POSITIVE_INFINITY,
  restTicks: 0,
};

/** Every so many receipts are of a recording that only a new session asked for. */
const ASKED_EVERY = 4;

/** What one handheld is owed: numbers of recordings, those that waited longest first. */
interface Owed {
  device: Device;
  /** Frames of them came. */
  fresh: Set<number>;
  /** A new session asked. */
  asked: Set<number>;
  /** Receipts that may go now. */
  tokens: number;
  sent: number;
  /** Numbers that had one lately, with the ticks that they rest yet. */
  resting: Map<number, number>;
  cancel?: () => void;
}

export class Receipts {
  /** By device id in hex. */
  private readonly owed = new Map<string, Owed>();
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Readonly<ReceiptLimits>,
    private readonly keyring: Keyring,
    private readonly recordings: Recordings,
    private readonly log: Log,
    private readonly path: ReceiptPath,
  ) {}

  /** A receipt for this recording of the newest ownership goes out after a commit, also when it is unknown. */
  due(device: Device, number: number, why: "fresh" | "asked"): void {
    let owed = this.owed.get(device.hex);
    if (!owed) {
      owed = {
        device,
        fresh: new Set(),
        asked: new Set(),
        tokens: this.limits.burst,
        sent: 0,
        resting: new Map(),
      };
      this.owed.set(device.hex, owed);
    }
    // After a rollback or a claim it is another object.
    owed.device = device;
    owed[why].add(number);
  }

  /** Only after a commit: what memory says must be on disk. */
  send(): void {
    // A handheld wired straight to the store answers within sendTo().
    for (const owed of [...this.owed.values()]) this.sendTo(owed);
  }

  close(): void {
    this.closed = true;
    for (const owed of this.owed.values()) owed.cancel?.();
  }

  private sendTo(owed: Owed): void {
    const { device, fresh, asked } = owed;
    if (fresh.size + asked.size === 0) return;
    if (!this.path.isLive(device)) {
      fresh.clear();
      asked.clear();
      this.path.ask(device);
      return;
    }
    // What falls due meanwhile has its own commit to wait for.
    for (let left = fresh.size + asked.size; left > 0 && owed.tokens >= 1; left--) {
      const [one, other] = ++owed.sent % ASKED_EVERY === 0 ? [asked, fresh] : [fresh, asked];
      const number = firstOf(one, owed.resting) ?? firstOf(other, owed.resting);
      if (number === undefined) return;
      fresh.delete(number);
      asked.delete(number);
      owed.tokens--;
      if (this.limits.restTicks > 0) owed.resting.set(number, this.limits.restTicks);
      this.tick(owed);
      this.sendOne(device, number);
    }
  }

  /** By waits alone: the clock's time of day may jump. */
  private tick(owed: Owed): void {
    const { burst, everyMs } = this.limits;
    if (this.closed || owed.cancel || (owed.tokens >= burst && owed.resting.size === 0)) return;
    owed.cancel = this.clock.after(everyMs, () => {
      owed.cancel = undefined;
      owed.tokens = Math.min(burst, owed.tokens + 1);
      for (const [number, ticks] of owed.resting) {
        if (ticks > 1) owed.resting.set(number, ticks - 1);
        else owed.resting.delete(number);
      }
      this.tick(owed);
      if (owed.fresh.size + owed.asked.size > 0) this.path.settle();
    });
  }

  private sendOne(device: Device, number: number): void {
    try {
      const recording = this.recordings.find(device, device.row.epoch, number);
      const { next, holes } = boundHoles(recording?.missing ?? [], recording?.row.next ?? 0);
      const { storeId, generation } = this.keyring;
      const checkpoint = this.path.checkpoint();
      const receipt = {
        storeId,
        generation,
        checkpointSize: checkpoint?.size ?? 0,
        checkpointRoot: checkpoint?.root ?? new Uint8Array(HASH_BYTES),
        recording: number,
        next,
        holes,
      };
      this.path.send(device, receipt);
    } catch (error) {
      this.log.error(
        { device: device.hex, recording: number, code: codeOf(error) },
        (error as Error).message,
      );
    }
  }
}

function firstOf(numbers: Set<number>, resting: Map<number, number>): number | undefined {
  for (const number of numbers) if (!resting.has(number)) return number;
  return undefined;
}
