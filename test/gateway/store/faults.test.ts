import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { Rig } from "./rig";

/** A page in SQLite's write-ahead log, with its header (https://sqlite.org/fileformat2.html#walformat). */
const WAL_PAGE = 4096 + 24;
/** Between the pages at its ends every so many bytes of a batch are cut; 1 takes minutes. */
const stride = Number(process.env.AVNODE_WAL_STRIDE ?? 101);

/** Where tens of thousands of small file operations cost nothing, if the machine has such a place. */
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Sequences held of each recording number. */
function heldIn(dataDir: string): Map<number, Set<number>> {
  const reader = StoreReader.open(dataDir);
  const held = new Map<number, Set<number>>();
  for (const { id, recording } of reader.recordings()) {
    const sequences = new Set<number>();
    for (const { header } of reader.frames(id)) sequences.add(header.sequence);
    held.set(recording, sequences);
  }
  reader.close();
  return held;
}

describe("a store that is killed", () => {
  for (const opens of [30, 97, 200, 331]) {
    it(`in the midst of a transaction, at frame ${opens}, holds every frame that it gave a receipt for`, () => {
      const dataDir = mkdtempSync(join(tmpdir(), "avnode-victim-"));
      try {
        const victim = spawnSync(
          process.execPath,
          ["-r", "ts-node/register/transpile-only", join(__dirname, "victim.ts"), dataDir, String(opens)],
          { encoding: "utf8" },
        );
        assert.equal(victim.signal, "SIGKILL", victim.stderr);
        const receipts = victim.stdout.trim().split("\n").filter(Boolean);
        if (opens > 70) assert.ok(receipts.length > 0);
        const held = heldIn(dataDir);
        for (const receipt of receipts) {
          const [recording, next] = receipt.split(" ").map(Number);
          for (let sequence = 0; sequence < next; sequence++) {
            assert.ok(held.get(recording)?.has(sequence), `frame ${sequence} of recording ${recording}`);
          }
        }
        // Its lock died with it.
        const store = Store.open({ dataDir, kind: "demo" });
        const report = store.reader.verify();
        assert.deepEqual([report.problems, report.recordings.flatMap((one) => one.problems)], [[], []]);
        // A closed recording and its leaf are on disk together, or neither is.
        for (const { id, state } of store.reader.recordings())
          assert.equal(store.reader.log.place(id) !== undefined, state === "closed");
        store.close();
      } finally {
        rmSync(dataDir, { recursive: true });
      }
    });
  }

  it("loses no receipted frame to a write-ahead log that was cut anywhere behind its size at that receipt", () => {
    const rig = new Rig();
    const copy = mkdtempSync(join(tmpdir(), "avnode-cut-"));
    try {
      const handheld = rig.claimed();
      const made = handheld.record(60);
      const wal = join(rig.dataDir, "avnode.db-wal");
      let cuts = 0;
      for (let from = 0; from < 60; from += 20) {
        for (const frame of made.frames.slice(from, from + 20)) rig.send(handheld, frame);
        rig.store.flush();
        const { next } = handheld.newestReceipt(1)!;
        assert.equal(next, from + 20);
        const receiptedBytes = statSync(wal).size;
        for (const frame of made.frames.slice(from + 20, from + 40)) rig.send(handheld, frame);
        handheld.deaf = true;
        rig.store.flush();
        handheld.deaf = false;
        const writtenBytes = statSync(wal).size;
        for (let size = receiptedBytes; size < writtenBytes; size += 509) {
          copyFileSync(join(rig.dataDir, "avnode.db"), join(copy, "avnode.db"));
          copyFileSync(join(rig.dataDir, "keyring.json"), join(copy, "keyring.json"));
          copyFileSync(wal, join(copy, "avnode.db-wal"));
          truncateSync(join(copy, "avnode.db-wal"), size);
          rmSync(join(copy, "avnode.db-shm"), { force: true });
          const held = heldIn(copy).get(1)!;
          for (let sequence = 0; sequence < next; sequence++) assert.ok(held.has(sequence), `cut at ${size}`);
          cuts++;
        }
      }
      assert.ok(cuts > 20);
    } finally {
      rig.end();
      rmSync(copy, { recursive: true });
    }
  });

  it("loses none to a log that was cut at any byte of the first and last page of the batch behind that receipt, and everywhere between", function () {
    const rig = new Rig();
    const copy = mkdtempSync(join(MEMORY, "avnode-cut-"));
    try {
      const handheld = rig.claimed();
      const made = handheld.record(10);
      const wal = join(rig.dataDir, "avnode.db-wal");
      rig.send(handheld, ...made.frames.slice(0, 4));
      rig.store.flush();
      assert.equal(handheld.newestReceipt(1)!.next, 4);
      const receiptedBytes = statSync(wal).size;
      rig.send(handheld, made.frames[4]);
      rig.store.flush();
      for (const file of ["avnode.db", "avnode.db-wal"])
        copyFileSync(join(rig.dataDir, file), join(copy, file));
      let whole = 0;
      // From the end, so that each cut is one more byte off and nothing needs copying again.
      const writtenBytes = statSync(wal).size;
      const isInner = (size: number) => size > receiptedBytes + WAL_PAGE && size < writtenBytes - WAL_PAGE;
      for (let size = writtenBytes; size >= receiptedBytes; size--) {
        if (isInner(size) && size % stride !== 0) continue;
        truncateSync(join(copy, "avnode.db-wal"), size);
        rmSync(join(copy, "avnode.db-shm"), { force: true });
        const db = new Database(join(copy, "avnode.db"), { readonly: true });
        const held = db.prepare("SELECT count(*) FROM frames WHERE sequence < 4").pluck().get();
        if (db.prepare("SELECT 1 FROM frames WHERE sequence = 4").get()) whole++;
        db.close();
        assert.equal(held, 4, `cut at ${size} of ${writtenBytes}`);
      }
      assert.equal(whole, 1, "a batch is there with its last byte, or not at all");
    } finally {
      rig.end();
      rmSync(copy, { recursive: true });
    }
  });

  it("loses none if it is killed at any statement of a batch: its files are opened as they were just then", () => {
    const rig = new Rig();
    const images = mkdtempSync(join(MEMORY, "avnode-images-"));
    try {
      const handheld = rig.claimed();
      const made = handheld.record(20);
      rig.send(handheld, ...made.frames.slice(0, 10));
      rig.store.flush();
      const { next } = handheld.newestReceipt(1)!;
      const db = rig.store["db"];
      let statements = 0;
      db.function("image", () => {
        const image = join(images, String(++statements));
        mkdirSync(image);
        for (const file of ["avnode.db", "avnode.db-wal", "keyring.json"])
          copyFileSync(join(rig.dataDir, file), join(image, file));
        return 0;
      });
      const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
      for (const table of tables)
        for (const operation of ["INSERT", "UPDATE", "DELETE"])
          db.exec(
            `CREATE TEMP TRIGGER ${operation}_${table} BEFORE ${operation} ON main.${table} BEGIN SELECT image(); END`,
          );
      rig.send(handheld, ...made.frames.slice(10));
      handheld.deaf = true;
      rig.store.flush();
      assert.ok(statements > 12, `only ${statements} statements`);
      for (let statement = 1; statement <= statements; statement++) {
        const image = join(images, String(statement));
        const held = heldIn(image).get(1)!;
        for (let sequence = 0; sequence < next; sequence++)
          assert.ok(held.has(sequence), `frame ${sequence} at statement ${statement}`);
        assert.ok(held.size === next, `statement ${statement} left a part of its batch`);
        const reader = StoreReader.open(image);
        const report = reader.verify();
        reader.close();
        assert.deepEqual([...report.problems, ...report.recordings.flatMap(({ problems }) => problems)], []);
      }
    } finally {
      rig.end();
      rmSync(images, { recursive: true });
    }
  });
});

describe("a full disk", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  it("stops receipts with one clear message, keeps what is there, and resumes by itself", () => {
    const handheld = rig.claimed();
    const db = rig.store["db"];
    const kept = handheld.record(10);
    rig.deliver(handheld, kept);
    const pages = db.pragma("page_count", { simple: true }) as number;
    db.pragma(`max_page_count = ${pages}`);
    const made = handheld.record(400);
    const before = handheld.receipts.length;
    rig.logged.length = 0;
    for (let i = 0; i < 5; i++) {
      rig.deliver(handheld, made);
      rig.time.tick(40000);
    }
    assert.equal(handheld.receipts.length, before);
    assert.equal(rig.store.health.ok, false);
    assert.equal(rig.store.health.reason, "SQLITE_FULL");
    assert.ok(rig.store.health.forgotten > 400);
    assert.equal(rig.logged.filter(({ level }) => level === "error").length, 1);
    assert.match(rig.logged.find(({ level }) => level === "error")!.text, /No receipts go out/);
    assert.deepEqual(
      rig.store.reader.recordings().map(({ recording, frames }) => [recording, frames]),
      [[1, 12]],
    );
    db.pragma("max_page_count = 1000000");
    rig.deliver(handheld, made);
    rig.time.tick(40000);
    rig.deliver(handheld, made);
    assert.equal(rig.store.health.ok, true);
    assert.equal(handheld.newestReceipt(2)!.next, made.frames.length);
    assert.ok(rig.verify().ok);
  });

  it("forgets messages beyond a bound while it lasts, and never grows", () => {
    const handheld = rig.claimed();
    const db = rig.store["db"];
    const made = handheld.record(2000);
    db.pragma(`max_page_count = ${db.pragma("page_count", { simple: true })}`);
    for (let i = 0; i < 5; i++) rig.send(handheld, ...made.frames);
    assert.ok(rig.store["committer"]["queue"].length <= 4096);
  });
});

describe("a data directory", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => {
    try {
      rig.end();
    } catch {
      rig.time.restore();
    }
  });

  const reopen = () => {
    rig.store.close();
    return () => Store.open({ dataDir: rig.dataDir, kind: "demo" }).close();
  };

  it("is locked against a second writer, in this process or another, and free for readers", () => {
    assert.throws(() => Store.open({ dataDir: rig.dataDir, kind: "demo" }), { code: "STORE_LOCKED" });
    const victim = spawnSync(
      process.execPath,
      ["-r", "ts-node/register/transpile-only", join(__dirname, "victim.ts"), rig.dataDir, "1"],
      { encoding: "utf8" },
    );
    assert.match(victim.stderr, /another avnode is writing to it/);
    StoreReader.open(rig.dataDir).close();
  });

  it("written by a newer avnode is refused, and the message names the one to use", () => {
    const open = reopen();
    rig.sql("UPDATE meta SET value = '7.1.0' WHERE name = 'since'");
    rig.sql("PRAGMA user_version = 99");
    assert.throws(open, { code: "STORE_NEWER", message: /Use avnode 7\.1\.0 or later/ });
    assert.throws(() => StoreReader.open(rig.dataDir), { code: "STORE_NEWER" });
  });

  it("is synced to disk at every commit, which no test can see but by a power cut", () => {
    assert.equal(rig.store["db"].pragma("journal_mode", { simple: true }), "wal");
    assert.equal(rig.store["db"].pragma("synchronous", { simple: true }), 2);
  });

  it("that is another program's is refused", () => {
    rig.store.close();
    rig.sql("PRAGMA application_id = 7");
    assert.throws(() => Store.open({ dataDir: rig.dataDir, kind: "demo" }), { code: "STORE_FOREIGN" });
  });

  it("gives no receipt from a row that was edited, nor lets it stop other recordings", () => {
    const handheld = rig.claimed();
    const [first, second] = [handheld.record(3), handheld.record(3)];
    rig.deliver(handheld, first, [0, 1]);
    rig.deliver(handheld, second, [0, 1]);
    rig.store.close();
    rig.sql("UPDATE recordings SET next = 5 WHERE number = 1");
    rig.open();
    handheld.receipts.length = 0;
    rig.hello(handheld);
    rig.deliver(handheld, first);
    rig.deliver(handheld, second);
    assert.equal(handheld.newestReceipt(1), undefined);
    assert.equal(handheld.newestReceipt(2)!.next, 5);
    assert.equal(rig.refused(handheld)["altered-store"], 5);
  });

  it("survives a listener that fails", () => {
    const handheld = rig.claimed();
    rig.store.events.on("stored", () => {
      throw new Error("a page that broke");
    });
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    rig.deliver(handheld, handheld.record(3));
    assert.equal(handheld.newestReceipt(2)!.next, 5);
    assert.equal(rig.store.health.ok, true);
  });

  it("is made for one kind of data and stays so", () => {
    const open = reopen();
    assert.throws(() => Store.open({ dataDir: rig.dataDir, kind: "home" }), { code: "STORE_KIND" });
    open();
  });

  it("keeps its keyring to its owner, and refuses one that others may read", () => {
    const path = join(rig.dataDir, "keyring.json");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const open = reopen();
    chmodSync(path, 0o640);
    assert.throws(open, { code: "STORE_KEYRING_MODE", message: /chmod 600/ });
    chmodSync(path, 0o600);
    open();
  });

  it("is refused without its keyring, or with another's", () => {
    const open = reopen();
    const other = mkdtempSync(join(tmpdir(), "avnode-other-"));
    Store.open({ dataDir: other, kind: "demo" }).close();
    const path = join(rig.dataDir, "keyring.json");
    copyFileSync(join(other, "keyring.json"), path);
    assert.throws(open, { code: "STORE_KEYRING_OTHER" });
    unlinkSync(path);
    assert.throws(open, { code: "STORE_KEYRING_MISSING" });
    rmSync(other, { recursive: true });
  });

  it("does not begin anew where a database was", () => {
    const open = reopen();
    const path = join(rig.dataDir, "avnode.db");
    renameSync(path, `${path}.elsewhere`);
    assert.throws(open, { code: "STORE_MISSING", message: /backup/ });
    renameSync(`${path}.elsewhere`, path);
    open();
  });

  it("holds nothing of a recording in the clear", () => {
    const handheld = rig.claimed();
    const made = handheld.begin({ frontEnd: "TELLTALE-FRONT-END" });
    handheld.data(made, [4242, 4242, 4242, 4242, 4242, 4242, 4242, 4242]);
    rig.deliver(handheld, made);
    for (const file of ["avnode.db", "avnode.db-wal"]) {
      const bytes = readFileSync(join(rig.dataDir, file));
      assert.equal(bytes.indexOf("TELLTALE"), -1);
      assert.equal(bytes.indexOf(made.key), -1);
    }
  });
});
