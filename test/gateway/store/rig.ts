/** A store in a directory of its own on fake time, with handhelds wired straight to it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import sinon from "sinon";
import type { VerifyReport } from "../../../gateway/store/infos";
import type { StoredFrame } from "../../../gateway/store/ingest";
import type { Log } from "../../../gateway/store/log";
import { UNPACED } from "../../../gateway/store/receipts";
import { Store, type StoreOptions } from "../../../gateway/store/store";
import { sameBytes } from "../../../protocol/bytes";
import { Handheld, type Made } from "./handheld";

export const START = Date.UTC(2026, 10, 23);

export class Rig {
  readonly time = sinon.useFakeTimers({
    now: START,
    toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
  });
  readonly dataDir = mkdtempSync(join(tmpdir(), "avnode-store-"));
  readonly handhelds: Handheld[] = [];
  readonly logged: { level: string; fields: object; text: string }[] = [];
  readonly stored: StoredFrame[] = [];
  store!: Store;

  constructor(options: Partial<StoreOptions> = {}) {
    this.open(options);
  }

  open(options: Partial<StoreOptions> = {}): void {
    const log = (level: string) => (fields: object, text: string) =>
      void this.logged.push({ level, fields, text });
    this.store = Store.open({
      dataDir: this.dataDir,
      kind: "demo",
      receipts: UNPACED,
      log: { info: log("info"), warn: log("warn"), error: log("error") } satisfies Log,
      ...options,
    });
    this.store.events.on("stored", (frames) => void this.stored.push(...frames));
    this.store.onSend = (alias, message) => {
      for (const handheld of this.handhelds) {
        if (!sameBytes(handheld.alias, alias)) continue;
        for (const answer of handheld.take(message)) {
          const from = handheld.alias;
          setTimeout(() => this.store.receive(from, answer), 1);
        }
      }
    };
  }

  reopen(options: Partial<StoreOptions> = {}): void {
    this.store.close();
    this.open(options);
  }

  /** A handheld that this store owns, in a live session. */
  claimed(seed = 1): Handheld {
    return this.own(new Handheld(seed));
  }

  /** Claims it, with its public papers if it has any. */
  own(handheld: Handheld, dossier = handheld.dossier): Handheld {
    this.handhelds.push(handheld);
    this.store.claim(handheld.code, { dossier });
    this.hello(handheld, true);
    return handheld;
  }

  hello(handheld: Handheld, claimable = false): void {
    this.time.tick(250);
    this.store.receive(handheld.alias, handheld.hello(claimable));
    this.time.tick(250);
  }

  send(handheld: Handheld, ...frames: Uint8Array[]): void {
    for (const frame of frames) this.store.receive(handheld.alias, frame);
  }

  /** Sends all of it and waits for the commit. */
  deliver(handheld: Handheld, made: Made, sequences = made.frames.map((_, i) => i)): void {
    for (const sequence of sequences) this.send(handheld, made.frames[sequence]);
    this.time.tick(50);
  }

  /** Edits the database as somebody with sqlite3 would. */
  sql(statement: string, ...values: unknown[]): void {
    const db = new Database(join(this.dataDir, "avnode.db"));
    db.pragma("foreign_keys = OFF");
    db.prepare(statement).run(...values);
    db.close();
  }

  /** The first row that it finds there. */
  row(query: string): unknown {
    const db = new Database(join(this.dataDir, "avnode.db"), { readonly: true });
    try {
      return db.prepare(query).get();
    } finally {
      db.close();
    }
  }

  verify(): VerifyReport {
    return this.store.reader.verify();
  }

  refused(handheld?: Handheld): Record<string, number> {
    this.time.tick(2000);
    return this.store.reader.refusals(handheld?.hex);
  }

  end(): void {
    this.store.close();
    this.time.restore();
    rmSync(this.dataDir, { recursive: true });
  }
}
