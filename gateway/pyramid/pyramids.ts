/**
 * The pyramids of all recordings: made behind the store's back, a few milliseconds at a time, as frames come or when
 * somebody wants to see one. Nothing of them is needed to record: what cannot be written is made anew another time.
 */
import type { Clock } from "../clock";
import { codeOf } from "../store/errors";
import type { StoreEvents } from "../store/events";
import type { Log } from "../store/log";
import type { StoreReader } from "../store/reader";
import { PyramidFile } from "./file";
import { Pyramid } from "./pyramid";

/** The longest that frames and requests wait for a turn of ours. */
const SLICE_MS = 8;
/** Between turns that nobody waits for. */
const PAUSE_MS = 40;
/** After the start, until recordings from before are looked at: the hub has other things to do then. */
const SETTLE_MS = 5000;
const SAVE_MS = 30_000;
/** Changed chunks of one recording that are kept in memory alone. */
const MAX_UNSAVED = 64;
const MAX_OPEN = 16;
const PAGE = 100;

export interface PyramidsOptions {
  reader: StoreReader;
  events: StoreEvents;
  dataDir: string;
  clock: Clock;
  log: Log;
}

interface Waiter {
  resolve(pyramid: Pyramid): void;
  reject(error: unknown): void;
}

export class Pyramids {
  private readonly file: PyramidFile;
  private readonly open = new Map<string, Pyramid>();
  /** Ids, in the order in which they are served. */
  private readonly urgent = new Map<string, Waiter[]>();
  private readonly behind = new Set<string>();
  private readonly unlisten: (() => void)[];
  private cancelTurn?: () => void;
  private cancelSave: () => void = () => {};
  private cancelSweep: () => void;
  private cannotSave = false;
  private closed = false;

  /** @throws as PyramidFile does */
  constructor(private readonly options: PyramidsOptions) {
    const { events, clock, dataDir } = options;
    this.file = new PyramidFile(dataDir);
    this.unlisten = [
      events.on("stored", (frames) => {
        for (const { recordingId, header } of frames) this.came(recordingId, header.sequence);
      }),
      events.on("erased", (id) => this.erased(id)),
    ];
    this.cancelSweep = clock.after(SETTLE_MS, () => this.sweep());
    this.saveLater();
  }

  /** Once every frame that is here now is in it. @throws STORE_NOT_FOUND, STORE_NO_OPEN, STORE_ERASED */
  ready(id: string): Promise<Pyramid> {
    return new Promise((resolve, reject) => {
      try {
        const pyramid = this.pyramid(id);
        if (pyramid.waiting.length === 0) return resolve(pyramid);
      } catch (error) {
        return reject(error);
      }
      this.urgent.set(id, [...(this.urgent.get(id) ?? []), { resolve, reject }]);
      this.nextTurn();
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const off of this.unlisten) off();
    this.cancelTurn?.();
    this.cancelSave();
    this.cancelSweep();
    for (const id of [...this.urgent.keys()]) this.fail(id, new Error("the hub stops"));
    this.saveAll();
    this.file.close();
  }

  private came(id: string, sequence: number): void {
    this.open.get(id)?.came(sequence);
    this.behind.add(id);
    this.nextTurn();
  }

  private erased(id: string): void {
    this.open.delete(id);
    this.behind.delete(id);
    this.fail(id, Object.assign(new Error(`recording ${id} was erased`), { code: "STORE_ERASED" }));
    this.trying("remove what was derived from an erased recording", () => this.file.remove(id));
  }

  /** @throws STORE_* */
  private pyramid(id: string): Pyramid {
    const known = this.open.get(id);
    if (known) {
      // To the end: the one that nobody asked for the longest is closed first.
      this.open.delete(id);
      this.open.set(id, known);
      return known;
    }
    const pyramid = new Pyramid(this.file, id, this.options.reader.blocks(id));
    this.open.set(id, pyramid);
    const [oldest, first] = this.open.entries().next().value!;
    if (this.open.size > MAX_OPEN) {
      // Also where it cannot be saved: it is made anew another time.
      this.save(first);
      this.open.delete(oldest);
    }
    return pyramid;
  }

  private nextTurn(): void {
    if (this.closed) return;
    if (this.urgent.size > 0) {
      this.cancelTurn?.();
      const turn = setImmediate(() => this.turn());
      this.cancelTurn = () => clearImmediate(turn);
    } else if (this.behind.size > 0) {
      this.cancelTurn ??= this.options.clock.after(PAUSE_MS, () => this.turn());
    }
  }

  private turn(): void {
    this.cancelTurn = undefined;
    const end = performance.now() + SLICE_MS;
    do {
      const id = this.urgent.keys().next().value ?? this.behind.values().next().value;
      if (id === undefined) return;
      this.work(id, end);
    } while (performance.now() < end);
    this.nextTurn();
  }

  /** On one recording, until all of it is in or the time is over. */
  private work(id: string, end: number): void {
    try {
      const pyramid = this.pyramid(id);
      while (pyramid.take()) {
        if (pyramid.unsaved >= MAX_UNSAVED) this.save(pyramid);
        if (performance.now() >= end) return;
      }
      this.behind.delete(id);
      const waiters = this.urgent.get(id) ?? [];
      this.urgent.delete(id);
      for (const { resolve } of waiters) resolve(pyramid);
    } catch (error) {
      // Its open frame may not be here yet; another frame of it brings it back.
      this.open.delete(id);
      this.fail(id, error);
    }
  }

  private fail(id: string, error: unknown): void {
    this.behind.delete(id);
    const waiters = this.urgent.get(id) ?? [];
    this.urgent.delete(id);
    for (const { reject } of waiters) reject(error);
  }

  /** Recordings from before; and what is kept of some that are not any more. */
  private sweep(after?: string): void {
    this.trying("look for recordings without a pyramid", () => {
      const page = this.options.reader.page(PAGE, after);
      for (const { id, frames, open } of page) if (frames > 0 && open) this.behind.add(id);
      this.nextTurn();
      if (page.length < PAGE) return this.removeErased();
      this.cancelSweep = this.options.clock.after(PAUSE_MS, () => this.sweep(page[PAGE - 1]!.id));
    });
  }

  private removeErased(): void {
    for (const id of this.file.recordings()) {
      try {
        if (this.options.reader.recording(id).erasedAt === undefined) continue;
      } catch (error) {
        if (codeOf(error) !== "STORE_NOT_FOUND") throw error;
      }
      this.file.remove(id);
    }
  }

  private saveLater(): void {
    this.cancelSave = this.options.clock.after(SAVE_MS, () => {
      this.saveAll();
      this.saveLater();
    });
  }

  private saveAll(): void {
    this.cannotSave = false;
    for (const pyramid of this.open.values()) this.save(pyramid);
  }

  /** Once it failed, not again until all are saved the next time: a full disk is told of once in a while. */
  private save(pyramid: Pyramid): void {
    if (!this.cannotSave) this.cannotSave = !this.trying("save a pyramid", () => pyramid.save());
  }

  /** @returns whether it was done */
  private trying(what: string, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.options.log.warn(
        { code: codeOf(error) },
        `cannot ${what}: ${(error as Error).message}; windows into recordings take longer`,
      );
      return false;
    }
  }
}
