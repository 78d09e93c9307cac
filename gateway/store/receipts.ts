/** Receipts: collected while a transaction runs, stated from what is on disk once it is. */
import { HASH_BYTES } from "../../protocol/chain";
import { boundHoles, type Receipt } from "../../protocol/receipt";
import type { Device } from "./devices";
import { codeOf } from "./errors";
import type { Keyring } from "./keyring";
import type { Log } from "./log";
import type { Recordings } from "./recordings";

export interface ReceiptPath {
  /** The newest that is on disk. */
  checkpoint(): { size: number; root: Uint8Array } | undefined;
  isLive(device: Device): boolean;
  /** Asks a device without a session for its hello. */
  ask(device: Device): void;
  send(device: Device, receipt: Receipt): void;
}

export class Receipts {
  private numbers = new Map<Device, Set<number>>();

  constructor(
    private readonly keyring: Keyring,
    private readonly recordings: Recordings,
    private readonly log: Log,
    private readonly path: ReceiptPath,
  ) {}

  /** A receipt for this recording of the newest ownership goes out after the next commit, also when it is unknown. */
  due(device: Device, number: number): void {
    const numbers = this.numbers.get(device);
    if (numbers) numbers.add(number);
    else this.numbers.set(device, new Set([number]));
  }

  /** Only after a commit: what memory says must be on disk. */
  send(): void {
    // A handheld wired straight to the store answers within send().
    const owed = this.numbers;
    this.numbers = new Map();
    for (const [device, numbers] of owed) {
      if (!this.path.isLive(device)) this.path.ask(device);
      else for (const number of numbers) this.sendOne(device, number);
    }
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
