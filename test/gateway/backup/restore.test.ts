import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { makeRecoveryCode } from "../../../gateway/backup/keyfile";
import { lostSinceRestore } from "../../../gateway/backup/lost";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import type { Handheld } from "../store/handheld";
import { BackupRig } from "./rig";

describe("a return from a backup", function () {
  let rig: BackupRig;
  let folder: string;
  let good: string;
  let handheld: Handheld;
  let number = 0;

  /** A copy of the good backup, to break. */
  function copy(): string {
    const dir = join(folder, `copy-${number++}`);
    cpSync(good, dir, { recursive: true });
    return dir;
  }

  function refused(code: string, dir: string, options: Parameters<BackupRig["restore"]>[0] = {}): void {
    const dataDir = join(folder, `into-${number++}`);
    assert.throws(
      () => rig.restore({ dir, dataDir, ...options }),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, code, error.message);
        return true;
      },
    );
    assert.equal(existsSync(join(dataDir, "keyring.json")), false);
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "avnode-restore-"));
    rig = new BackupRig();
    handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(30));
    const made = handheld.begin();
    for (let i = 0; i < 4; i++) handheld.data(made);
    rig.deliver(handheld, made);
    rig.backup();
    good = rig.dir;
  });
  after(() => {
    rig.end();
    rmSync(folder, { recursive: true });
  });

  it("has every row, another generation, and a log that goes on from the last checkpoint", () => {
    const dataDir = join(folder, "whole");
    const result = rig.restore({ dataDir });
    assert.deepEqual([result.recordings, result.frames, result.problems], [2, 37, []]);
    const before = JSON.parse(readFileSync(join(rig.dataDir, "keyring.json"), "utf8"));
    const after = JSON.parse(readFileSync(join(dataDir, "keyring.json"), "utf8"));
    assert.deepEqual({ ...after, generation: "" }, { ...before, generation: "" });
    assert.notEqual(after.generation, before.generation);
    const reader = StoreReader.open(dataDir);
    const [old, now] = reader.log.logs();
    assert.match(old!.origin, new RegExp(`/${before.generation}$`));
    assert.match(now!.origin, new RegExp(`/${after.generation}$`));
    assert.equal(reader.verify().ok, true);
    reader.close();
  });

  it("goes on with its handhelds, is sent what they hold, and lists what they do not", () => {
    const dataDir = join(folder, "goes-on");
    const running = handheld.recordings[1]!;
    for (let i = 0; i < 6; i++) handheld.data(running);
    handheld.close(running);
    rig.deliver(handheld, running);
    // Two whole recordings that no flash will hold any more, and one that one does.
    rig.deliver(handheld, handheld.record(3));
    rig.deliver(handheld, handheld.record(5));
    const { checkpointSize, checkpointRoot } = handheld.receipts.at(-1)!;
    const held = handheld.begin();
    handheld.data(held);
    handheld.close(held, { checkpointSize, checkpointRoot });
    rig.deliver(handheld, held);
    rig.store.close();
    rig.restore({ dataDir });
    rig.open({ dataDir });
    rig.hello(handheld);
    // Every recording that the handheld tells of gets a receipt that asks for what is not here.
    const nextOf = (recording: number) => handheld.newestReceipt(recording)!.next;
    assert.deepEqual([1, 2, 3, 4, 5].map(nextOf), [32, 5, 0, 0, 0]);
    rig.deliver(handheld, running, [9, 10, 11]);
    rig.deliver(handheld, held);
    rig.hello(handheld);
    const { recordings, echoes } = lostSinceRestore(dataDir)!;
    assert.deepEqual(
      recordings.map(({ recording, frames, unknown, final }) => [recording, frames, unknown, final]),
      [
        [2, [{ from: 5, length: 4 }], false, true],
        [3, [], true, true],
        [4, [{ from: 0, length: 7 }], false, true],
      ],
    );
    assert.ok(checkpointSize > 0);
    assert.deepEqual(echoes, [{ device: handheld.hex, recording: 5, size: checkpointSize }]);
    const { ok, problems, missing } = rig.verify();
    assert.deepEqual([ok, problems, missing.length], [false, [], 1]);
    const seen = `handheld ${handheld.hex} saw a log of ${checkpointSize} leaves, this store can show 1 since its restore on `;
    assert.ok(missing[0]!.startsWith(seen), missing[0]);
    rig.reopen();
  });

  it("is refused into a directory that has something in it", () => {
    const full = join(folder, "full");
    mkdirSync(full);
    writeFileSync(join(full, "photo.jpg"), "x");
    refused("RESTORE_NOT_EMPTY", good, { dataDir: full });
    assert.deepEqual(readdirSync(full), ["photo.jpg"]);
  });

  it("says which of many things is wrong", () => {
    refused("BACKUP_CODE", good, { code: new Uint8Array(16) });
    refused("BACKUP_IS_DATA", rig.dataDir);
    refused("BACKUP_NONE", join(folder, "nowhere"));

    const half = copy();
    rmSync(join(half, "backup.json"));
    refused("BACKUP_HALF", half);
    const keyless = copy();
    rmSync(join(keyless, "keyring.sealed"));
    refused("BACKUP_HALF", keyless);

    const kind = copy();
    writeFileSync(join(kind, "backup.json"), '{"type":"avnode/backup","v":9}');
    refused("BACKUP_KIND", kind);
    const info = copy();
    writeFileSync(join(info, "backup.json"), "{");
    refused("BACKUP_INFO", info);

    const keyring = copy();
    const box = JSON.parse(readFileSync(join(keyring, "keyring.sealed"), "utf8"));
    const sealed = Buffer.from(box.sealed, "hex");
    sealed[9]! ^= 1;
    writeFileSync(
      join(keyring, "keyring.sealed"),
      JSON.stringify({ ...box, sealed: sealed.toString("hex") }),
    );
    refused("BACKUP_KEYRING", keyring);

    const newer = copy();
    const db = new Database(join(newer, "avnode.db"));
    db.pragma("user_version = 99");
    db.close();
    refused("STORE_NEWER", newer);

    const cut = copy();
    truncateSync(join(cut, "avnode.db"), 20_000);
    refused("BACKUP_DAMAGED", cut);
    const noise = copy();
    writeFileSync(join(noise, "avnode.db"), Buffer.alloc(40_000, 7));
    refused("BACKUP_DAMAGED", noise);
  });

  it("refuses what does not verify, and brings it back all the same when told to", () => {
    const altered = copy();
    const db = new Database(join(altered, "avnode.db"));
    db.exec("UPDATE frames SET frame = zeroblob(60) WHERE sequence = 2");
    db.close();
    refused("RESTORE_ALTERED", altered);
    const { problems } = rig.restore({ dir: altered, dataDir: join(folder, "anyway"), anyway: true });
    assert.ok(problems.some((problem) => /frame 2 was altered/.test(problem)));
  });

  it("opens by the code that was in force: a renewed one seals the next run, the old one what was sealed before", () => {
    const old = copy();
    const oldCode = rig.code!;
    makeRecoveryCode(rig.dataDir, (code) => {
      rig.code = code;
    });
    rig.backup();
    refused("BACKUP_CODE", good, { code: oldCode });
    refused("BACKUP_CODE", old);
    rig.restore({ dir: old, code: oldCode, dataDir: join(folder, "by-the-old") });
    rig.restore({ dataDir: join(folder, "by-the-new") });
  });

  it("keeps a hub from starting while it goes on", () => {
    const dataDir = join(folder, "busy");
    let tried = "";
    rig.restore({
      dataDir,
      step: (name) => {
        if (name !== "verified") return;
        try {
          Store.open({ dataDir, kind: "demo" });
        } catch (error) {
          tried = (error as { code: string }).code;
        }
      },
    });
    assert.equal(tried, "STORE_LOCKED");
  });
});
