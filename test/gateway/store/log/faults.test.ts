import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreReader } from "../../../../gateway/store/reader";
import { type Handheld, signingHandheld } from "../handheld";
import { Rig } from "../rig";

describe("the log under faults", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.own(signingHandheld(1));
  });
  afterEach(() => rig.end());

  const whole = (reader = rig.store.reader) => {
    const report = reader.verify();
    assert.deepEqual([report.problems, report.recordings.flatMap(({ problems }) => problems)], [[], []]);
  };

  it("is never without the frames of its leaves, nor they without it, wherever the write-ahead log is cut", () => {
    const copy = mkdtempSync(join(tmpdir(), "avnode-cut-"));
    const wal = join(rig.dataDir, "avnode.db-wal");
    try {
      const before = statSync(wal).size;
      for (let i = 0; i < 4; i++) rig.deliver(handheld, handheld.record(3));
      const after = statSync(wal).size;
      const sizes = new Set<number>();
      for (let size = before; size <= after; size += 2063) {
        copyFileSync(join(rig.dataDir, "avnode.db"), join(copy, "avnode.db"));
        copyFileSync(join(rig.dataDir, "keyring.json"), join(copy, "keyring.json"));
        copyFileSync(wal, join(copy, "avnode.db-wal"));
        truncateSync(join(copy, "avnode.db-wal"), size);
        rmSync(join(copy, "avnode.db-shm"), { force: true });
        const reader = StoreReader.open(copy);
        whole(reader);
        const logged = reader.log.newest()?.size ?? 0;
        assert.equal(reader.recordings().filter(({ state }) => state === "closed").length, logged);
        sizes.add(logged);
        reader.close();
      }
      assert.deepEqual([...sizes], [0, 1, 2, 3]);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it("takes back in memory what a commit that failed did not bring to disk", () => {
    rig.deliver(handheld, handheld.record(2));
    const made = handheld.record(2);
    const appender = rig.store["storeLog"]["appender"];
    const sign = appender.sign.bind(appender);
    appender.sign = (now) => {
      sign(now);
      throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
    };
    rig.deliver(handheld, made);
    assert.equal(handheld.newestReceipt(2), undefined);
    assert.equal(rig.store.health.ok, false);
    appender.sign = sign;
    rig.deliver(handheld, made);
    rig.time.tick(60_000);
    rig.deliver(handheld, made);
    assert.equal(rig.store.health.ok, true);
    assert.equal(handheld.newestReceipt(2)!.checkpointSize, 2);
    assert.equal(rig.store.reader.log.newest()!.size, 2);
    whole();
  });

  for (const when of ["while the hub runs", "between two runs"])
    it(`signs nothing over a leaf that was rewritten ${when}, its hashes made anew`, () => {
      rig.deliver(handheld, handheld.record(2));
      const running = when === "while the hub runs";
      if (!running) rig.store.close();
      // The tree of one leaf is that leaf's hash, and nothing else.
      const forged = Buffer.from("another leaf");
      const hash = createHash("sha256")
        .update(Buffer.from([0]))
        .update(forged)
        .digest("hex");
      rig.sql(`UPDATE leaves SET leaf = x'${forged.toString("hex")}'`);
      rig.sql(`UPDATE nodes SET hash = x'${hash}'`);
      if (!running) rig.reopen();
      const made = handheld.record(2);
      rig.deliver(handheld, made);
      rig.time.tick(60_000);
      rig.deliver(handheld, made);
      assert.equal(rig.store.reader.log.newest()!.size, 1, "it signed on");
      assert.match(rig.store.reader.verify().problems.join(), /is not of this log|was altered/);
    });

  it("is begun for a store of an earlier form, which a reader alone does not bring up to date", () => {
    for (let i = 0; i < 3; i++) rig.deliver(handheld, handheld.record(2));
    const running = handheld.begin();
    rig.deliver(handheld, running);
    rig.store.close();
    for (const table of [
      "orders",
      "updates",
      "makers",
      "revocations",
      "adoptions",
      "alerts",
      "deliveries",
      "recipients",
      "logs",
      "leaves",
      "nodes",
      "checkpoints",
      "logged",
      "certificates",
      "tables",
      "erased",
      "backups",
      "resumes",
      "beats",
      "layers",
      "details",
      "analyses",
      "events",
    ])
      rig.sql(`DROP TABLE ${table}`);
    rig.sql("DELETE FROM meta WHERE name IN ('logs', 'makers', 'revocations')");
    rig.sql("PRAGMA user_version = 1");
    const path = join(rig.dataDir, "keyring.json");
    const { signKey, ...keys } = JSON.parse(readFileSync(path, "utf8"));
    assert.equal(signKey.length, 64);
    writeFileSync(path, JSON.stringify(keys));
    assert.throws(() => StoreReader.open(rig.dataDir), { code: "STORE_OLDER", message: /avnode start/ });
    rig.open();
    assert.equal(JSON.parse(readFileSync(path, "utf8")).signKey.length, 64);
    rig.time.tick(2000);
    assert.equal(rig.store.reader.log.newest()!.size, 3);
    whole();
    rig.hello(handheld);
    handheld.close(running);
    handheld.sign(running);
    rig.deliver(handheld, running);
    assert.equal(rig.store.reader.log.newest()!.size, 4);
    whole();
  });

  it("keeps no more walks in memory than it may, and writes the same leaves without them", () => {
    const made = handheld.begin({ rateNum: 1, rateDen: 100 });
    for (let i = 0; i < 12; i++) {
      rig.send(handheld, ...(i === 0 ? made.frames : []), handheld.data(made));
      rig.time.tick(50);
      rig.store["storeLog"]["walks"].clear();
    }
    handheld.close(made);
    handheld.sign(made);
    rig.deliver(handheld, made);
    whole();
    assert.equal(rig.store.reader.log.newest()!.size, 3);
  });
});
