import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { fileErasureBeside } from "../../../gateway/store/store";
import { DropReason } from "../../../protocol/bodies";
import { BackupRig } from "../backup/rig";

/** Whether any file of the directory holds these bytes. */
function holds(dir: string, bytes: Uint8Array): boolean {
  return readdirSync(dir).some(
    (name) =>
      statSync(join(dir, name)).isFile() && readFileSync(join(dir, name)).includes(Buffer.from(bytes)),
  );
}

describe("forgetting a recording", function () {
  let rig: BackupRig;

  beforeEach(() => {
    rig = new BackupRig();
  });
  afterEach(() => rig.end());

  const idOf = (number: number) => rig.store.reader.recordings().find((one) => one.recording === number)!.id;

  function wrapped(number: number): Buffer {
    const db = new Database(join(rig.dataDir, "avnode.db"), { readonly: true });
    const mk = db.prepare("SELECT mk FROM recordings WHERE number = ?").pluck().get(number) as Buffer;
    db.close();
    return mk;
  }

  it("leaves neither its wrapped key nor a frame of it, here or in the backup after its next run", () => {
    const handheld = rig.claimed();
    const made = handheld.record(40);
    rig.deliver(handheld, made);
    rig.deliver(handheld, handheld.record(3));
    const conflicting = handheld.seal(made, 2, 5, new Uint8Array([0, 0, 0, 0, 0, 0, 9]));
    rig.send(handheld, conflicting);
    rig.time.tick(50);
    rig.backup();
    const traces = [wrapped(1), conflicting, ...made.frames];
    for (const bytes of traces) {
      assert.ok(holds(rig.dataDir, bytes));
      assert.ok(holds(rig.dir, bytes));
    }
    const kept = handheld.recordings[1]!.frames;
    rig.store.forget(idOf(1));
    for (const bytes of traces) assert.equal(holds(rig.dataDir, bytes), false);
    assert.ok(holds(rig.dir, traces[0]!), "the backup has not run yet");
    rig.backup();
    for (const bytes of traces) assert.equal(holds(rig.dir, bytes), false);
    for (const bytes of kept) assert.ok(holds(rig.dataDir, bytes) && holds(rig.dir, bytes));
  });

  it("is waited for by a reader that is in the midst of it, and done when that ends", () => {
    const handheld = rig.claimed();
    const made = handheld.record(20);
    rig.deliver(handheld, made);
    const reader = new Database(join(rig.dataDir, "avnode.db"), { readonly: true });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM frames").get();
    rig.store.forget(idOf(1));
    assert.ok(holds(rig.dataDir, made.frames[5]!));
    reader.exec("COMMIT");
    reader.close();
    rig.time.tick(1000);
    assert.equal(holds(rig.dataDir, made.frames[5]!), false);
  });

  it("stays in the log, and verify and show say who erased it and when", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(4));
    rig.deliver(handheld, handheld.record(4));
    rig.deliver(handheld, handheld.record(4));
    rig.store.forget(idOf(2));
    const report = rig.verify();
    assert.deepEqual(report.problems, []);
    assert.equal(report.ok, true);
    assert.ok(report.recordings[1]!.notes.includes("erased by owner, 2026-11-23"));
    assert.deepEqual(
      report.recordings.map(({ verdict }) => verdict),
      ["authentic", "erased", "authentic"],
    );
    const info = rig.store.reader.recording(idOf(2));
    assert.deepEqual([info.erasedAt, info.frames], [Date.now(), 0]);
    assert.throws(() => [...rig.store.reader.frames(idOf(2))], { code: "STORE_ERASED" });
    assert.throws(() => [...rig.store.reader.pieces(idOf(2))], { code: "STORE_ERASED" });
  });

  it("keeps what the erased one had told of the ones before it", () => {
    const handheld = rig.claimed();
    const first = handheld.begin();
    for (let i = 0; i < 6; i++) handheld.data(first);
    handheld.close(first);
    rig.deliver(handheld, first, [0, 1, 2, 5, 6, 7]);
    const second = handheld.begin();
    handheld.drop(second, {
      reason: DropReason.ringFull,
      recording: 1,
      from: 3,
      to: 4,
      firstSample: first.positions[3]!,
      samples: 16,
      chain: first.chains[4]!,
    });
    handheld.close(second);
    rig.deliver(handheld, second);
    assert.equal(rig.verify().ok, true);
    rig.store.forget(idOf(2));
    const report = rig.verify();
    assert.deepEqual([report.problems, report.recordings[0]!.problems], [[], []]);
    assert.equal(report.ok, true);
  });

  it("receipts its frames as held when they come again, and stores none of them", () => {
    const handheld = rig.claimed();
    const made = handheld.record(6);
    rig.deliver(handheld, made, [0, 1, 2, 3]);
    rig.store.forget(idOf(1));
    rig.deliver(handheld, made);
    const { next, holes } = handheld.newestReceipt(1)!;
    assert.deepEqual([next, holes], [made.frames.length, []]);
    for (const frame of made.frames) assert.equal(holds(rig.dataDir, frame), false);
    assert.equal(rig.refused(handheld).erased, made.frames.length);
    assert.equal(rig.verify().ok, true);
    rig.reopen();
    rig.hello(handheld);
    assert.deepEqual(handheld.newestReceipt(1)!.next, made.frames.length);
  });

  it("is done by the hub when a process beside it asks", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(2));
    fileErasureBeside(rig.dataDir, idOf(1));
    assert.equal(rig.store.reader.recording(idOf(1)).erasedAt, undefined);
    rig.time.tick(1000);
    assert.ok(Date.now() - rig.store.reader.recording(idOf(1)).erasedAt! < 1000);
    assert.equal(rig.verify().ok, true);
  });

  it("is refused where the rows were altered, and says so to whoever asked", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(2));
    const id = idOf(1);
    rig.sql("UPDATE recordings SET flags = 1");
    fileErasureBeside(rig.dataDir, id);
    rig.time.tick(1000);
    assert.equal(rig.store.reader.recording(id).erasureRefused, "STORE_ALTERED");
    assert.equal(rig.store.reader.recording(id).erasedAt, undefined);
  });

  it("is not to be had with sqlite3: a key that is gone without an erasure is an alteration", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(2));
    rig.sql("UPDATE recordings SET mk = x''");
    rig.sql("DELETE FROM frames");
    assert.equal(rig.verify().ok, false);
    rig.sql("INSERT INTO erased SELECT key, 1, 'owner' FROM recordings");
    assert.equal(rig.verify().ok, false);
  });

  it("comes back erased from a backup", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(2));
    rig.deliver(handheld, handheld.record(2));
    rig.store.forget(idOf(1));
    rig.backup();
    const { problems, dataDir } = rig.restore();
    assert.deepEqual(problems, []);
    assert.ok(existsSync(dataDir));
  });
});
