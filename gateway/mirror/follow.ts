/** The mirror's side: a copy in a backup's form, a moment behind its hub, for as long as it runs. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { replaceFile } from "../backup/files";
import { type BackupInfo, readInfo, writeInfo } from "../backup/info";
import { Replica } from "../backup/replica";
import { tableOf } from "../backup/tables";
import { codeOf, StoreError } from "../store/errors";
import { lockDirectory } from "../store/lock";
import { SCHEMA_VERSION } from "../store/schema";
import { Watch } from "./check";
import { type Address, identityOf } from "./invites";
import { checkKeyring, keepKeyring } from "./keyrings";
import {
  badMessage,
  Channel,
  fromJson,
  PROTOCOL,
  type Statement,
  TLS,
  type ToHub,
  type ToMirror,
} from "./wire";

export interface MirrorOptions {
  dir: string;
  address: Address;
  signal: AbortSignal;
  /** After each commit: how far behind the hub's own commit this one is, and what came. */
  onTaken?: (taken: { lagMs: number; frames: number }) => void;
  /** The hub sealed its keyring anew: its owner made another recovery code, restored it, or neither. */
  onKeyring?: () => void;
  onConnected?: (connected: boolean, why?: string) => void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;
const SILENCE_MS = 60_000;
/** What connecting again will not mend. */
const FINAL =
  /^(MIRROR_(FRAMES|KEYRING|LOG|OTHER|ROW|SIGNATURE)|BACKUP_(AHEAD|DAMAGED|FILE|JOURNAL|PLACE|SCHEMA|TABLE)|STORE_NEWER)$/;

/** What the mirror pinned at first contact. */
interface Pin {
  storeId: string;
  /** The hub's Ed25519 key in hex. */
  key: string;
}

/** Runs until the signal. @throws MIRROR_*, BACKUP_*, STORE_* */
export async function follow(options: MirrorOptions): Promise<void> {
  const { dir, signal, onConnected } = options;
  if (
    existsSync(join(dir, "keyring.json")) ||
    (existsSync(dir) && readInfo(dir)?.mirrorOf === undefined && existsSync(join(dir, "avnode.db")))
  )
    throw new StoreError(
      "MIRROR_PLACE",
      `${dir} holds a store or a backup. Name another directory with --data`,
    );
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const unlock = lockDirectory(dir);
  let retryMs = FIRST_RETRY_MS;
  try {
    while (!signal.aborted) {
      try {
        await session(options, () => {
          retryMs = FIRST_RETRY_MS;
        });
      } catch (error) {
        if (signal.aborted) return;
        if (FINAL.test(codeOf(error))) throw error;
        onConnected?.(false, (error as Error).message);
        await wait(retryMs, undefined, { signal }).catch(() => {});
        retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
      }
    }
  } finally {
    unlock();
  }
}

function dial({ host, port, secret }: Address, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...TLS,
      host,
      port,
      pskCallback: () => ({ psk: secret, identity: identityOf(secret) }),
      // Whoever knows the secret is the hub: there are no certificates.
      checkServerIdentity: () => undefined,
    });
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error("the hub is silent")));
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
    socket.once("close", () =>
      reject(new Error("the hub ended the connection: is this mirror still invited?")),
    );
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
  });
}

async function session(options: MirrorOptions, onReached: () => void): Promise<void> {
  const { dir, address, signal, onConnected } = options;
  const socket = await dial(address, signal);
  const replica = Replica.open(dir);
  const channel = new Channel<ToHub, ToMirror>(socket);
  let refused = false;
  try {
    await channel.send({ t: "hello", v: PROTOCOL, have: stated(replica) });
    const store = await channel.expect("store");
    if (store.v !== PROTOCOL || store.schema !== SCHEMA_VERSION)
      throw badMessage(`version ${store.v}, form ${store.schema}`);
    const pin = pinned(dir, { storeId: store.storeId, key: store.key });
    checkKeyring(dir, store.sealed);
    const info: BackupInfo = {
      type: "avnode/backup",
      v: 1,
      storeId: store.storeId,
      generation: store.generation,
      kind: store.kind,
      at: readInfo(dir)?.at ?? 0,
      verifiedAt: null,
      fullyVerifiedAt: null,
      recordings: 0,
      frames: 0,
      mirrorOf: `${address.host}:${address.port}`,
    };
    onReached();
    onConnected?.(true);
    await new Rounds(
      channel,
      replica,
      new Watch(replica, Buffer.from(pin.key, "hex")),
      info,
      store.sealed,
      options,
    ).run();
  } catch (error) {
    refused = FINAL.test(codeOf(error));
    throw error;
  } finally {
    replica.close();
    // What the hub was told last must still reach it.
    channel.close(refused);
  }
}

function stated(replica: Replica): Statement {
  const { digests, ends } = replica.have();
  const lists = <T>(maps: Record<string, Map<string, T>>) =>
    Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, [...map]]));
  return { digests: lists(digests), ends: lists(ends) };
}

/** @throws MIRROR_OTHER when the hub is not the one of the first contact */
function pinned(dir: string, now: Pin): Pin {
  const file = join(dir, "mirror.json");
  if (!existsSync(file)) {
    replaceFile(file, `${JSON.stringify(now, null, 2)}\n`);
    return now;
  }
  const pin = JSON.parse(readFileSync(file, "utf8")) as Pin;
  if (pin.storeId === now.storeId && pin.key === now.key) return pin;
  throw new StoreError(
    "MIRROR_OTHER",
    `the hub is not the one that ${dir} mirrors: its ${pin.storeId === now.storeId ? "key changed" : "store is another"}. Use another directory for it`,
  );
}

class Rounds {
  private frames = 0;
  private open = false;
  private at = 0;

  constructor(
    private readonly channel: Channel<ToHub, ToMirror>,
    private readonly replica: Replica,
    private readonly watch: Watch,
    private readonly info: BackupInfo,
    private readonly sealed: string,
    private readonly options: MirrorOptions,
  ) {}

  async run(): Promise<void> {
    for (;;) {
      const message = await this.channel.next();
      try {
        await this.take(message);
      } catch (error) {
        this.watch.rollback();
        if (FINAL.test(codeOf(error))) await this.refuse(message, error);
        throw error;
      }
    }
  }

  /** Tells the hub why, when it next listens: it may be in the midst of a long round. */
  private async refuse(message: ToMirror, error: unknown): Promise<void> {
    while (message.t !== "commit" && message.t !== "ask") message = await this.channel.next();
    await this.channel.send({
      t: "refused",
      code: codeOf(error),
      message: `${hostname()}: ${(error as Error).message}`,
    });
  }

  private async take(message: ToMirror): Promise<void> {
    if (message.t === "ping") {
      this.keep();
      return this.channel.send({ t: "pong" });
    }
    if (message.t === "begin") {
      if (this.open) throw badMessage("a round within a round");
      this.open = true;
      this.frames = 0;
      return this.watch.begin();
    }
    if (!this.open) throw badMessage(`${message.t} outside of a round`);
    if (message.t === "remove") this.watch.remove(tableOf(message.table), message.key.map(fromJson));
    else if (message.t === "rows") {
      const table = tableOf(message.table);
      for (const row of message.rows) this.watch.put(table, row.map(fromJson));
    } else if (message.t === "frames") this.takeFrames(message);
    else if (message.t === "ask") await this.answer(message.recordings);
    else if (message.t === "commit") await this.commit(message.at);
    else throw badMessage(message.t);
  }

  private takeFrames({ recording, frames }: Extract<ToMirror, { t: "frames" }>): void {
    for (const [sequence, type, text] of frames) {
      this.watch.frame(recording, { sequence, type, frame: Buffer.from(text, "base64") });
      this.frames++;
    }
  }

  private answer(recordings: number[]): Promise<void> {
    const runs = recordings.map((recording): [number, [number, number][]] => [
      recording,
      this.replica.runs(recording).map(({ from, length }) => [from, length]),
    ]);
    return this.channel.send({ t: "runs", runs });
  }

  private async commit(at: number): Promise<void> {
    this.watch.check();
    // Before the rows: those that nobody can open are no copy. After their checks: a hub that lies brings nothing in.
    this.keep();
    this.watch.commit();
    this.open = false;
    this.note(at);
    await this.channel.send({ t: "done" });
    this.options.onTaken?.({ lagMs: Math.max(0, Date.now() - at), frames: this.frames });
  }

  private keep(): void {
    const { dir, onKeyring } = this.options;
    if (keepKeyring(dir, this.sealed)) onKeyring?.();
  }

  /** Once, and then now and then: the database itself says what it holds. */
  private note(at: number): void {
    if (this.at !== 0 && at - this.at < 60_000) return;
    this.at = at;
    this.info.at = at;
    this.info.verifiedAt = at;
    const count = (table: string) =>
      this.replica.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    this.info.recordings = count("recordings");
    this.info.frames = count("frames");
    writeInfo(this.options.dir, this.info);
  }
}
