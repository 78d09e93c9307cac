/** What the store tells of its work, to whoever listens. */
import type { Receipt } from "../../protocol/receipt";
import type { UpdateState } from "../../protocol/update";
import type { CommitTimes } from "./commit";
import { codeOf } from "./errors";
import type { EventInfo } from "./findings/types";
import type { StoredFrame } from "./ingest";
import type { Log } from "./log";
import type { RefusalKind } from "./refusals";

export interface StoreEventMap {
  /** After each commit, the frames that are on disk now. */
  stored: [frames: StoredFrame[]];
  /** After a receipt was handed to onSend. The device's id is in hex. */
  receipted: [device: string, receipt: Receipt];
  /** Something was refused, by the store or by whoever stands before it. */
  refused: [kind: RefusalKind];
  /** After a recording's key and frames were destroyed; its id. */
  erased: [recording: string];
  /** After a commit's receipts were handed on. */
  committed: [times: CommitTimes];
  /** A handheld, by its id in hex, has begun a session: it can be commanded. */
  connected: [device: string];
  /** How the update of a handheld, by its id in hex, gets on. */
  updated: [device: string, state: UpdateState];
  /** Events of rhythm that are new or grew, on disk. */
  found: [events: EventInfo[]];
}

type Listener<Name extends keyof StoreEventMap> = (...told: StoreEventMap[Name]) => void;

export class StoreEvents {
  private readonly listeners: { [Name in keyof StoreEventMap]: Set<Listener<Name>> } = {
    stored: new Set(),
    receipted: new Set(),
    refused: new Set(),
    erased: new Set(),
    committed: new Set(),
    connected: new Set(),
    updated: new Set(),
    found: new Set(),
  };

  constructor(private readonly log: Log) {}

  /** @returns what takes the listener off again */
  on<Name extends keyof StoreEventMap>(name: Name, listener: Listener<Name>): () => void {
    const listeners: Set<Listener<Name>> = this.listeners[name];
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Listeners of an event. */
  count(name: keyof StoreEventMap): number {
    return this.listeners[name].size;
  }

  /** A listener's defect stops neither the others nor the store, which may be within a transaction. */
  tell<Name extends keyof StoreEventMap>(name: Name, ...told: StoreEventMap[Name]): void {
    const listeners: Set<Listener<Name>> = this.listeners[name];
    for (const listener of listeners) {
      try {
        listener(...told);
      } catch (error) {
        this.log.error(
          { code: codeOf(error), error: (error as Error).stack },
          "a listener of the store failed",
        );
      }
    }
  }
}
