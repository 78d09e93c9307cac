/** A hub on a real clock and a real socket, a handheld, and a directory for its mirror. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { TABLES } from "../../../gateway/backup/tables";
import { nodeCrypto } from "../../../gateway/crypto";
import { follow } from "../../../gateway/mirror/follow";
import { type Address, invite } from "../../../gateway/mirror/invites";
import { MirrorServer } from "../../../gateway/mirror/server";
import { Keyring } from "../../../gateway/store/keyring";
import { silentLog } from "../../../gateway/store/log";
import { UNPACED } from "../../../gateway/store/receipts";
import { Store } from "../../../gateway/store/store";
import { sameBytes } from "../../../protocol/bytes";
import { freePort } from "../../ports";
import { Handheld, type Made } from "../store/handheld";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(25);
  }
}

export function rowsOf(dir: string): string[] {
  const db = new Database(join(dir, "avnode.db"), { readonly: true });
  try {
    return TABLES.flatMap(({ name, key }) =>
      db
        .prepare(`SELECT * FROM ${name} ORDER BY ${key.join()}`)
        .raw()
        .all()
        .map((row) => `${name} ${JSON.stringify(row)}`),
    );
  } finally {
    db.close();
  }
}

export class Mirrored {
  readonly folder = mkdtempSync(join(tmpdir(), "avnode-mirror-"));
  readonly dataDir = join(this.folder, "hub");
  readonly dir = join(this.folder, "mirror");
  readonly handheld = new Handheld(1);
  store!: Store;
  server!: MirrorServer;
  address!: Address;
  private following?: { stop: AbortController; ended: Promise<unknown> };

  static async make(): Promise<Mirrored> {
    const made = new Mirrored();
    made.openStore();
    await made.claimed();
    // A key without its code: scrypt takes its time, on purpose.
    const backupKey = nodeCrypto.random(32) as Buffer;
    Keyring.load(made.dataDir).amend(made.dataDir, { backupKey, backupSalt: backupKey.subarray(0, 16) });
    const { secret, port } = invite(made.dataDir, { port: await freePort() });
    made.address = { host: "127.0.0.1", port, secret: Buffer.from(secret, "hex") };
    made.serve();
    return made;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.server.close();
    this.store.close();
    rmSync(this.folder, { recursive: true });
  }

  openStore(): void {
    this.store = Store.open({
      dataDir: this.dataDir,
      kind: "demo",
      commit: { frames: 64, delayMs: 5 },
      receipts: UNPACED,
    });
    this.store.onSend = (alias, message) => {
      if (!sameBytes(this.handheld.alias, alias)) return;
      for (const answer of this.handheld.take(message)) {
        const from = this.handheld.alias;
        setImmediate(() => this.store.receive(from, answer));
      }
    };
  }

  serve(): void {
    this.server = new MirrorServer({ dataDir: this.dataDir, log: silentLog, host: "127.0.0.1" });
  }

  deliver(made: Made, from = 0): void {
    for (const frame of made.frames.slice(from)) this.store.receive(this.handheld.alias, frame);
    this.store.flush();
  }

  start(onKeyring?: () => void): void {
    const stop = new AbortController();
    const { dir, address } = this;
    const ended = follow({ dir, address, signal: stop.signal, onKeyring }).catch((error: unknown) => error);
    this.following = { stop, ended };
  }

  /** @returns what the mirror ended with by itself, if it did */
  async stop(): Promise<unknown> {
    this.following?.stop.abort();
    return this.ended();
  }

  async ended(): Promise<unknown> {
    const ended = await this.following?.ended;
    this.following = undefined;
    return ended;
  }

  /** What the mirror holds is what the store holds. */
  readonly isLevel = () => {
    try {
      return rowsOf(this.dir).join() === rowsOf(this.dataDir).join();
    } catch {
      return false;
    }
  };

  private async claimed(): Promise<void> {
    this.store.claim(this.handheld.code);
    this.store.receive(this.handheld.alias, this.handheld.hello(true));
    await until("the claim", () => this.handheld.claimAnswered);
  }
}
