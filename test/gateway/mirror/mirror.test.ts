import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import Database from "better-sqlite3";
import { readInfo } from "../../../gateway/backup/info";
import { makeRecoveryCode } from "../../../gateway/backup/keyfile";
import { restore } from "../../../gateway/backup/restore";
import { statusOf } from "../../../gateway/backup/status";
import { TABLES } from "../../../gateway/backup/tables";
import { nodeCrypto } from "../../../gateway/crypto";
import { follow } from "../../../gateway/mirror/follow";
import {
  type Address,
  identityOf,
  invite,
  mirrorUrl,
  parseMirrorUrl,
  revoke,
} from "../../../gateway/mirror/invites";
import { MirrorServer } from "../../../gateway/mirror/server";
import { TLS } from "../../../gateway/mirror/wire";
import { Keyring } from "../../../gateway/store/keyring";
import { silentLog } from "../../../gateway/store/log";
import { LOG_COLUMNS } from "../../../gateway/store/log/appender";
import { StoreReader } from "../../../gateway/store/reader";
import { SealedTable } from "../../../gateway/store/rows";
import { Store } from "../../../gateway/store/store";
import { sameBytes } from "../../../protocol/bytes";
import { FrameType } from "../../../protocol/header";
import { Direction, linkKey, receiptKey } from "../../../protocol/keys";
import { encodeReceipt } from "../../../protocol/receipt";
import { sealFrame } from "../../../protocol/seal";
import { decodeDeviceHello, encodeStoreHello } from "../../../protocol/session";
import { Handheld, type Made } from "../store/handheld";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(25);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function rowsOf(dir: string): string[] {
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

describe("a mirror", function () {
  this.timeout(60_000);
  let folder: string;
  let dataDir: string;
  let dir: string;
  let store: Store;
  let server: MirrorServer;
  let handheld: Handheld;
  let address: Address;
  let following: { stop: AbortController; ended: Promise<unknown> } | undefined;

  /** A store on real time, since its mirror sits behind a real socket. */
  function openStore(): void {
    store = Store.open({ dataDir, kind: "demo", commit: { frames: 64, delayMs: 5 } });
    store.onSend = (alias, message) => {
      if (!sameBytes(handheld.alias, alias)) return;
      for (const answer of handheld.take(message)) {
        const from = handheld.alias;
        setImmediate(() => store.receive(from, answer));
      }
    };
  }

  async function claimed(): Promise<void> {
    store.claim(handheld.code);
    store.receive(handheld.alias, handheld.hello(true));
    await until("the claim", () => handheld.claimAnswered);
  }

  function deliver(made: Made, from = 0): void {
    for (const frame of made.frames.slice(from)) store.receive(handheld.alias, frame);
    store.flush();
  }

  function start(): void {
    const stop = new AbortController();
    const ended = follow({ dir, address, signal: stop.signal }).catch((error: unknown) => error);
    following = { stop, ended };
  }

  async function stop(): Promise<unknown> {
    following?.stop.abort();
    const ended = await following?.ended;
    following = undefined;
    return ended;
  }

  /** Quiet tables aside, which change with every look: what the mirror holds is what the store holds. */
  const isLevel = () => {
    try {
      return rowsOf(dir).join() === rowsOf(dataDir).join();
    } catch {
      return false;
    }
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "avnode-mirror-"));
    dataDir = join(folder, "hub");
    dir = join(folder, "mirror");
    handheld = new Handheld(1);
    openStore();
    await claimed();
    // A key without its code: scrypt takes its time, on purpose.
    const backupKey = nodeCrypto.random(32) as Buffer;
    Keyring.load(dataDir).amend(dataDir, { backupKey, backupSalt: backupKey.subarray(0, 16) });
    const { secret, port } = invite(dataDir, { port: await freePort() });
    address = { host: "127.0.0.1", port, secret: Buffer.from(secret, "hex") };
    server = new MirrorServer({ dataDir, log: silentLog, host: "127.0.0.1" });
  });
  afterEach(async () => {
    await stop();
    await server.close();
    store.close();
    rmSync(folder, { recursive: true });
  });

  it("holds what the store holds, a moment after each commit, and goes on after a pause", async () => {
    deliver(handheld.record(300));
    start();
    await until("the first copy", isLevel);
    const running = handheld.begin();
    for (let i = 0; i < 5; i++) handheld.data(running);
    deliver(running);
    await until("the frames that came", isLevel);
    await stop();
    handheld.data(running);
    handheld.close(running);
    deliver(running, 6);
    start();
    await until("what came meanwhile", isLevel);
    for (const name of ["avnode.db", "backup.json", "keyring.sealed"])
      assert.ok(readdirSync(dir).includes(name));
    await until("a note of it", () => statusOf(dataDir).copies.length === 1);
    const [copy] = statusOf(dataDir).copies;
    assert.deepEqual([copy!.place, copy!.kind, copy!.ok, copy!.late], ["mirror-1", "mirror", true, false]);
  });

  it("is promoted with the recovery code, and verifies", async () => {
    deliver(handheld.record(20));
    let code!: Uint8Array;
    makeRecoveryCode(dataDir, (made) => {
      code = made;
    });
    start();
    await until("the copy", isLevel);
    await stop();
    const promoted = join(folder, "promoted");
    assert.deepEqual(restore({ dir, dataDir: promoted, code }).problems, []);
    const reader = StoreReader.open(promoted);
    assert.equal(reader.verify().ok, true);
    assert.equal(reader.recordings()[0]!.frames, 22);
    reader.close();
  });

  it("frees no handheld's flash: it holds no key that a receipt could be sealed with", async () => {
    deliver(handheld.record(2));
    start();
    await until("the copy", isLevel);
    await stop();
    const rk = Buffer.from(receiptKey(nodeCrypto, handheld.root!));
    const { wrapKey } = JSON.parse(readFileSync(join(dataDir, "keyring.json"), "utf8"));
    for (const name of readdirSync(dir)) {
      const file = readFileSync(join(dir, name));
      assert.equal(file.includes(rk), false, name);
      assert.equal(file.includes(Buffer.from(wrapKey, "hex")), false, name);
      assert.equal(file.toString("latin1").includes(wrapKey), false, name);
    }
    // The hello is clear: anybody may say it. What follows is sealed by a key that the mirror can only guess at.
    const info = readInfo(dir)!;
    const storeId = Buffer.from(info.storeId, "hex");
    const generation = Buffer.from(info.generation, "hex");
    const hello = decodeDeviceHello(handheld.hello());
    const nonce = nodeCrypto.random(16);
    handheld.take(
      encodeStoreHello({ alias: hello.alias, storeId, generation, nonce, deviceNonce: hello.nonce }),
    );
    const receipt = encodeReceipt({
      storeId,
      generation,
      checkpointSize: 0,
      checkpointRoot: new Uint8Array(32),
      recording: 1,
      next: 4,
      holes: [],
    });
    const before = handheld.receipts.length;
    const db = new Database(join(dir, "avnode.db"), { readonly: true });
    const blobs = db
      .prepare("SELECT rk FROM epochs UNION SELECT ck FROM epochs UNION SELECT mk FROM recordings")
      .pluck()
      .all() as Buffer[];
    db.close();
    let tried = 0;
    for (const blob of [...blobs, storeId, generation, Buffer.alloc(32)])
      for (let at = 0; at + 32 <= Math.max(32, blob.length); at += 4) {
        const key = linkKey(
          nodeCrypto,
          blob.subarray(at, at + 32),
          Direction.down,
          hello.nonce,
          nonce,
          storeId,
        );
        const header = { type: FrameType.receipt, epoch: handheld.epoch, recording: 0, sequence: 0 };
        assert.throws(() => handheld.take(sealFrame(nodeCrypto, key, header, receipt)), {
          code: "FRAME_TAG",
        });
        tried++;
      }
    assert.ok(tried > 10);
    assert.equal(handheld.receipts.length, before);
    // And it cannot be run as a store.
    assert.throws(() => Store.open({ dataDir: dir, kind: "demo" }), { code: "STORE_KEYRING_MISSING" });
  });

  it("is turned away with another secret, and once it is revoked", async () => {
    const stranger = { ...address, secret: Buffer.alloc(32, 7) };
    const aborted = new AbortController();
    let why = "";
    const ended = follow({
      dir: join(folder, "stranger"),
      address: stranger,
      signal: aborted.signal,
      onConnected: (_, reason) => {
        why = reason ?? "connected";
        aborted.abort();
      },
    });
    await ended;
    assert.notEqual(why, "connected");
    start();
    await until("the copy", isLevel);
    revoke(dataDir, "mirror-1");
    await pause(1500);
    deliver(handheld.record(2));
    await pause(1000);
    assert.equal(isLevel(), false);
  });

  it("speaks TLS 1.2 with a fresh key each time, and nothing weaker", async () => {
    const tried = await new Promise<string>((resolve) => {
      const socket = connect({
        ...TLS,
        host: address.host,
        port: address.port,
        pskCallback: () => ({ psk: address.secret, identity: identityOf(address.secret) }),
        checkServerIdentity: () => undefined,
      });
      socket.on("secureConnect", () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.destroy();
      });
    });
    assert.equal(tried, "TLSv1.2 ECDHE-PSK-CHACHA20-POLY1305");
    const weaker = await new Promise<string>((resolve) => {
      const socket = connect({
        ...TLS,
        ciphers: "PSK-AES256-CBC-SHA",
        host: address.host,
        port: address.port,
        pskCallback: () => ({ psk: address.secret, identity: identityOf(address.secret) }),
        checkServerIdentity: () => undefined,
      });
      socket.on("secureConnect", () => resolve("connected"));
      socket.on("error", () => resolve("refused"));
    });
    assert.equal(weaker, "refused");
  });

  describe("that a hub with root's powers lies to", () => {
    /** Ends the hub, edits its database with the hub's own keys at hand, and starts it again. */
    async function lie(edit: (db: Database.Database) => void): Promise<string> {
      await server.close();
      store.close();
      const db = new Database(join(dataDir, "avnode.db"));
      db.pragma("foreign_keys = OFF");
      edit(db);
      db.close();
      store = Store.open({ dataDir, kind: "demo" });
      server = new MirrorServer({ dataDir, log: silentLog, host: "127.0.0.1" });
      const before = rowsOf(dir);
      start();
      const error = (await following!.ended) as { code?: string };
      following = undefined;
      assert.deepEqual(rowsOf(dir), before);
      return error.code ?? String(error);
    }

    beforeEach(async () => {
      deliver(handheld.record(3));
      deliver(handheld.record(3));
      start();
      await until("the copy", isLevel);
      await stop();
    });

    it("refuses a log that was cut and grown again", async () => {
      const code = await lie((db) => {
        db.exec("DELETE FROM leaves WHERE idx = 1; DELETE FROM nodes WHERE idx = 1 OR level > 0;");
        db.exec("DELETE FROM checkpoints WHERE size > 1;");
        resealed(db, "UPDATE logs SET size = 1");
      });
      assert.match(code, /^MIRROR_LOG|BACKUP_AHEAD$/);
    });

    it("refuses to erase what the log does not say was erased", async () => {
      const code = await lie((db) => {
        db.exec("UPDATE recordings SET mk = x'', mac = zeroblob(32) WHERE number = 1");
      });
      assert.equal(code, "MIRROR_LOG");
    });

    it("refuses a recording that shrank", async () => {
      const code = await lie((db) => {
        db.exec("UPDATE recordings SET held = 2, mac = zeroblob(32) WHERE number = 1");
      });
      assert.equal(code, "BACKUP_AHEAD");
    });

    it("tells the hub's owner", async () => {
      await lie((db) => {
        db.exec("UPDATE recordings SET held = 2, mac = zeroblob(32) WHERE number = 1");
      });
      await until("a note of it", () => statusOf(dataDir).copies.some((copy) => !copy.ok));
      assert.match(statusOf(dataDir).copies[0]!.detail, /^BACKUP_AHEAD/);
    });

    /** With the MAC that the hub's keyring gives. */
    function resealed(db: Database.Database, sql: string): void {
      db.exec(sql);
      const table = new SealedTable(db, Keyring.load(dataDir), "logs", LOG_COLUMNS, 1);
      for (const row of db.prepare("SELECT * FROM logs").all()) table.update(row as never);
    }
  });

  it("is given to by a URL that is read as it was printed", () => {
    const url = mirrorUrl(address);
    assert.deepEqual(parseMirrorUrl(`${url}\n`), address);
    assert.throws(() => parseMirrorUrl(url.slice(0, -2)), { code: "MIRROR_URL" });
    assert.throws(() => parseMirrorUrl(url.replace("avnode-mirror", "http")), { code: "MIRROR_URL" });
    assert.equal(statSync(join(dataDir, "mirrors.json")).mode & 0o777, 0o600);
  });
});
