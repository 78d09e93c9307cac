import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { statusOf } from "../../../gateway/backup/status";
import { nodeCrypto } from "../../../gateway/crypto";
import { Keyring } from "../../../gateway/store/keyring";
import { LOG_COLUMNS } from "../../../gateway/store/log/appender";
import { hubKey, verifierKey } from "../../../gateway/store/log/hubkey";
import { MerkleTree } from "../../../gateway/store/log/tree";
import { SealedTable } from "../../../gateway/store/rows";
import { encodeErasure, encodeOrigin } from "../../../protocol/leaves";
import { signCheckpoint } from "../../../protocol/note";
import { Mirrored, pause, rowsOf, until } from "./mirrored";

describe("a mirror that a hub with root's powers lies to", function () {
  let house: Mirrored;

  const sealedFiles = () =>
    readdirSync(house.dir)
      .filter((name) => name.startsWith("keyring"))
      .map((name) => `${name} ${readFileSync(join(house.dir, name), "utf8")}`);

  /** Edits the hub's database beside it, with the hub's own keys at hand. */
  async function lie(edit: (db: Database.Database) => void): Promise<string> {
    await house.server.close();
    house.store.close();
    // Before the edit: a store does not open over every one of them.
    house.openStore();
    const db = new Database(join(house.dataDir, "avnode.db"));
    db.pragma("foreign_keys = OFF");
    edit(db);
    db.close();
    // And its keyring is sealed by a key of its own.
    Keyring.load(house.dataDir).amend(house.dataDir, { backupKey: nodeCrypto.random(32) as Buffer });
    house.serve();
    const [rows, sealed] = [rowsOf(house.dir), sealedFiles()];
    house.start();
    const error = (await Promise.race([house.ended(), pause(10_000)])) as Error & { code?: string };
    assert.ok(error, "the mirror took it");
    assert.deepEqual(rowsOf(house.dir), rows);
    assert.deepEqual(sealedFiles(), sealed);
    return `${error.code}: ${error.message}`;
  }

  beforeEach(async () => {
    house = await Mirrored.make();
    house.deliver(house.handheld.record(3));
    house.deliver(house.handheld.record(3));
    house.start();
    await until("the copy", house.isLevel);
    await house.stop();
  });
  afterEach(() => house.close());

  /** With the MAC that the hub's keyring gives. */
  function resealed(db: Database.Database, sql: string): void {
    db.exec(sql);
    const table = new SealedTable(db, Keyring.load(house.dataDir), "logs", LOG_COLUMNS, 1);
    for (const row of db.prepare("SELECT * FROM logs").all()) table.update(row as never);
  }

  /** A leaf behind the last one, and a checkpoint that the hub's own key signs. */
  function append(db: Database.Database, log: number, leaf: Uint8Array): void {
    const { size, origin } = db.prepare("SELECT size, origin FROM logs WHERE id = ?").get(log) as {
      size: number;
      origin: string;
    };
    const tree = new MerkleTree(db, nodeCrypto.sha256);
    db.prepare("INSERT INTO leaves VALUES (?, ?, NULL, ?)").run(log, size, leaf);
    tree.append(log, size, leaf);
    resealed(db, `UPDATE logs SET size = size + 1 WHERE id = ${log}`);
    const root = tree.root(log, size + 1);
    const key = hubKey(Keyring.load(house.dataDir));
    const stated = { origin, size: size + 1, root };
    const note = signCheckpoint(nodeCrypto.sha256, stated, verifierKey(key, origin), 1, key.sign);
    db.prepare("INSERT INTO checkpoints VALUES (?, ?, ?, 1, ?)").run(log, size + 1, root, note);
  }

  const someErasure = (recording: number) =>
    encodeErasure({ manifest: null, device: house.handheld.id, epoch: 1, recording, at: 1 });

  it("refuses a log that was cut and grown again", async () => {
    const error = await lie((db) => {
      db.exec("DELETE FROM leaves WHERE idx = 1; DELETE FROM nodes WHERE idx = 1 OR level > 0;");
      db.exec("DELETE FROM checkpoints WHERE size > 1;");
      resealed(db, "UPDATE logs SET size = 1");
    });
    assert.match(error, /^(MIRROR_LOG|BACKUP_AHEAD)/);
  });

  it("refuses a log of which an old leaf was rewritten, though its checkpoint is signed and new", async () => {
    const error = await lie((db) => {
      db.prepare("UPDATE leaves SET leaf = ? WHERE idx = 1").run(someErasure(7));
      db.exec("DELETE FROM nodes");
      const tree = new MerkleTree(db, nodeCrypto.sha256);
      const leaves = db.prepare("SELECT leaf FROM leaves ORDER BY idx").pluck().all() as Buffer[];
      for (const [idx, leaf] of leaves.entries()) tree.append(1, idx, leaf);
      append(db, 1, someErasure(8));
    });
    assert.match(error, /^MIRROR_LOG: the checkpoint of 3 leaves is not of the leaves that were seen here/);
  });

  it("takes a new log only when it begins with the last checkpoint of the one before", async () => {
    const { storeId } = Keyring.load(house.dataDir);
    const generation = Buffer.alloc(8, 5);
    const error = await lie((db) => {
      const origin = `avnode.hub/${storeId.toString("hex")}/${generation.toString("hex")}`;
      db.prepare("INSERT INTO logs VALUES (2, ?, 1, 0, zeroblob(32))").run(origin);
      // The one before the last.
      const note = db.prepare("SELECT note FROM checkpoints ORDER BY size LIMIT 1").pluck().get() as Buffer;
      append(db, 2, encodeOrigin({ checkpoint: note, generation, at: 1 }));
    });
    assert.match(error, /^MIRROR_LOG: log 2 does not begin with the last checkpoint/);
  });

  it("refuses frames that are not the ones their leaf speaks of", async () => {
    house.deliver(house.handheld.record(3));
    const error = await lie((db) => {
      const at = "recording = 3 AND sequence = 2";
      const frame = db.prepare(`SELECT frame FROM frames WHERE ${at}`).pluck().get() as Buffer;
      frame[frame.length - 1]! ^= 1;
      db.prepare(`UPDATE frames SET frame = ? WHERE ${at}`).run(frame);
    });
    assert.match(error, /^MIRROR_FRAMES: the frames of recording .* are not the ones that its leaf/);
  });

  it("refuses a frame that was sealed for another place, also of a recording without a leaf", async () => {
    const running = house.handheld.begin();
    for (let i = 0; i < 3; i++) house.handheld.data(running);
    house.deliver(running);
    const error = await lie((db) => {
      db.exec(
        `UPDATE frames SET frame = (SELECT frame FROM frames WHERE recording = 1 AND sequence = 2)
         WHERE recording = 3 AND sequence = 2`,
      );
    });
    assert.match(error, /^MIRROR_FRAMES: frame 2 of recording .* was sealed for another place/);
  });

  it("refuses to erase what the log does not say was erased", async () => {
    const error = await lie((db) => {
      db.exec("UPDATE recordings SET mk = x'', mac = zeroblob(32) WHERE number = 1");
    });
    assert.match(error, /^MIRROR_LOG/);
  });

  it("refuses a recording that shrank", async () => {
    const error = await lie((db) => {
      db.exec("UPDATE recordings SET held = 2, mac = zeroblob(32) WHERE number = 1");
    });
    assert.match(error, /^BACKUP_AHEAD/);
  });

  it("tells the hub's owner", async () => {
    await lie((db) => {
      db.exec("UPDATE recordings SET held = 2, mac = zeroblob(32) WHERE number = 1");
    });
    await until("a note of it", () => statusOf(house.dataDir).copies.some((copy) => !copy.ok));
    assert.match(statusOf(house.dataDir).copies[0]!.detail, /^BACKUP_AHEAD/);
  });

  for (const [what, sql] of [
    ["a recording's key", "UPDATE recordings SET mk = randomblob(length(mk)), mac = randomblob(length(mac))"],
    ["a handheld's receipt key", "UPDATE epochs SET rk = randomblob(length(rk)), mac = randomblob(32)"],
    [
      "a chain key under its old number",
      "UPDATE epochs SET ck = randomblob(length(ck)), mac = randomblob(32)",
    ],
    ["a MAC alone", "UPDATE devices SET mac = randomblob(length(mac))"],
    ["a log's name", "UPDATE logs SET origin = origin || 'x', mac = randomblob(32)"],
    ["which leaf is whose", "UPDATE logged SET idx = 1 - idx, mac = randomblob(32)"],
    ["a certificate", "UPDATE certificates SET certificate = randomblob(9)"],
  ] as const)
    it(`keeps the row it has when SQL without a key changes ${what}`, async () => {
      assert.match(await lie((db) => db.exec(sql)), /^MIRROR_ROW/);
    });
});
