/** What somebody with a radio, or with sqlite3, may try against a store. */
import assert from "node:assert/strict";
import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { DropReason } from "../../../protocol/bodies";
import { FrameType } from "../../../protocol/header";
import { encodeDeviceHello, messageType } from "../../../protocol/session";
import { Handheld } from "./handheld";
import { Rig } from "./rig";

/** A nonce or an alias of somebody else. */
const invented = (n: number, bytes: number) =>
  new Uint8Array(bytes)
    .fill(0xee)
    .fill(n, 0, 1)
    .fill(n >> 8, 1, 2);

describe("somebody with sqlite3", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  /** Of a store that does not open any more. */
  const endClosed = () => {
    rig.end = () => {
      rig.time.restore();
      rmSync(rig.dataDir, { recursive: true });
    };
  };
  const rowOf = (sql: string) => {
    const db = new Database(join(rig.dataDir, "avnode.db"), { readonly: true });
    const row = db.prepare(sql).get() as Record<string, unknown>;
    db.close();
    return row;
  };

  it("who empties the database file is told of by who writes and by who reads", () => {
    rig.store.close();
    truncateSync(join(rig.dataDir, "avnode.db"), 0);
    const refusal = { code: "STORE_MISSING", message: /backup/ };
    assert.throws(() => Store.open({ dataDir: rig.dataDir, kind: "demo" }), refusal);
    assert.throws(() => StoreReader.open(rig.dataDir), refusal);
    endClosed();
  });

  for (const name of ["kind", "devices", "since"]) {
    it(`who deletes the store's ${name} finds it neither healed nor opened for writing`, () => {
      rig.claimed();
      rig.sql("DELETE FROM meta WHERE name = ?", name);
      assert.ok(rig.verify().problems.includes(`the store's ${name} was altered`));
      rig.store.close();
      assert.throws(() => rig.open(), { code: "STORE_KEYRING_OTHER", message: /altered/ });
      endClosed();
    });
  }

  it("who lowers the count of handhelds does not have the next claim seal it", () => {
    rig.claimed(1);
    rig.sql("UPDATE meta SET value = '0' WHERE name = 'devices'");
    rig.claimed(2);
    assert.equal(rig.refused().internal! > 0, true);
    assert.ok(rig.verify().problems.includes("the store's devices was altered"));
  });

  it("who deletes a handheld that was claimed has it missed, also after the next claim", () => {
    rig.claimed(1);
    rig.store.close();
    rig.sql("DELETE FROM epochs");
    rig.sql("DELETE FROM devices");
    rig.open();
    rig.handhelds.length = 0;
    rig.claimed(2);
    assert.deepEqual(rig.verify().problems, ["2 handhelds were claimed, 1 are here"]);
  });

  it("who puts an older state of a recording back stops that handheld's recording, and no other's", () => {
    const [first, second] = [rig.claimed(1), rig.claimed(2)];
    const made = first.record(6);
    rig.deliver(first, made, [0, 1]);
    const old = rowOf("SELECT * FROM recordings");
    rig.deliver(first, made, [2, 3]);
    rig.store.close();
    const columns = Object.keys(old).filter((column) => column !== "key");
    rig.sql(
      `UPDATE recordings SET ${columns.map((column) => `${column} = ?`).join()} WHERE key = 1`,
      ...columns.map((column) => old[column]),
    );
    rig.open();
    for (const one of [first, second]) rig.hello(one);
    const other = second.record(2);
    for (const frame of made.frames.slice(2, 4)) rig.send(first, frame);
    rig.deliver(second, other);
    assert.equal(rig.store.health.ok, true);
    assert.equal(second.newestReceipt(1)!.next, other.frames.length);
    assert.equal(rig.refused(first)["altered-store"], 2);
  });

  it("who alters one recording's row does not keep the others from being listed", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(3));
    rig.deliver(handheld, handheld.record(3));
    rig.sql("UPDATE recordings SET mk = randomblob(60), missing = 'nonsense' WHERE number = 1");
    const [altered, whole] = rig.store.reader.recordings();
    assert.deepEqual(altered!.flags, ["altered"]);
    assert.deepEqual([whole!.flags, whole!.frames, whole!.open!.rateNum > 0], [[], 5, true]);
  });

  it("who exchanges a person's name, or deletes the person, is shown", () => {
    const owned = new Handheld(1);
    rig.handhelds.push(owned);
    rig.store.claim(owned.code, { person: "Anna" });
    rig.hello(owned, true);
    assert.deepEqual(rig.verify().problems, []);
    rig.sql("UPDATE people SET name = 'Eve'");
    assert.deepEqual(rig.verify().problems, ["the name of person 1 was altered"]);
    rig.sql("DELETE FROM people");
    assert.deepEqual(rig.verify().problems, ["person 1, whose handhelds or recordings are here, is gone"]);
  });
});

describe("somebody with a radio", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  it("who says hello under many aliases does not push out a root that a handheld took", () => {
    const owned = new Handheld(1);
    rig.handhelds.push(owned);
    rig.store.claim(owned.code);
    const receive = rig.store.receive.bind(rig.store);
    rig.store.receive = (alias, message) => {
      if (owned.root === undefined) receive(alias, message);
    };
    rig.hello(owned, true);
    assert.ok(owned.root, "it took the root, and its answer is lost");
    rig.store.receive = receive;
    for (let n = 0; n < 400; n++) {
      const [alias, nonce] = [invented(n, 8), invented(n, 16)];
      receive(alias, encodeDeviceHello({ alias, epoch: 0, nonce, claimable: true }));
    }
    rig.time.tick(5000);
    assert.equal(rig.refused()["hello-flood"], 400 - 63);
    rig.hello(owned);
    const made = owned.record(2);
    rig.deliver(owned, made);
    assert.equal(owned.newestReceipt(1)?.next, made.frames.length);
  });

  it("who plays frames again does not make a handheld look near", () => {
    const owned = rig.claimed();
    const made = owned.record(2);
    rig.deliver(owned, made);
    const contact = () => rig.store.reader.devices()[0].lastContact!;
    const before = contact();
    rig.time.tick(60000);
    rig.deliver(owned, made);
    assert.equal(rig.refused(owned).duplicate, made.frames.length);
    assert.equal(contact(), before);
    rig.deliver(owned, owned.record(1));
    assert.ok(contact() > before);
  });

  it("who says hello under a handheld's alias all the time does not keep its session from beginning", () => {
    const owned = rig.claimed();
    rig.reopen();
    owned.deaf = true;
    let mine: Uint8Array | undefined;
    rig.store.onSend = (_, message) => {
      if (messageType(message) === FrameType.storeHello) mine ??= message;
    };
    rig.time.tick(1000);
    rig.store.receive(owned.alias, owned.hello());
    for (let n = 0; n < 7; n++) {
      rig.time.tick(50);
      const nonce = invented(n, 16);
      rig.store.receive(
        owned.alias,
        encodeDeviceHello({ alias: owned.alias, epoch: owned.epoch, nonce, claimable: false }),
      );
    }
    owned.deaf = false;
    for (const answer of owned.take(mine!)) rig.store.receive(owned.alias, answer);
    rig.store.onSend = (_, message) => void owned.take(message);
    const made = owned.record(2);
    rig.deliver(owned, made);
    assert.equal(owned.newestReceipt(1)?.next, made.frames.length);
  });
});

describe("a handheld whose recordings are told of without being here", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
  });
  afterEach(() => rig.end());

  it("has a recording without a frame missed while no open frame says that its number was never used", () => {
    handheld.record(1);
    const second = handheld.record(2);
    rig.deliver(handheld, second, [1, 2, 3]);
    const [first] = rig.verify().recordings;
    assert.equal(first.verdict, "missing");
    assert.deepEqual(first.problems, ["no frame of it is here"]);
  });

  it("has data behind an open frame that did not come missed, not called altered", () => {
    const made = handheld.record(3);
    rig.deliver(handheld, made, [1, 2, 3, 4]);
    const [only] = rig.verify().recordings;
    assert.equal(only.verdict, "missing");
    assert.deepEqual(only.problems, ["frame 0 is missing"]);
  });

  it("has data behind a dropped open frame authentic, and says that it cannot be decoded", () => {
    const made = handheld.begin();
    for (let i = 0; i < 4; i++) handheld.data(made);
    const drop = { reason: DropReason.ringFull, recording: 1, from: 0, to: 1, firstSample: 0, samples: 8 };
    handheld.drop(made, { ...drop, chain: made.chains[1] });
    made.dropped = 8;
    handheld.close(made);
    rig.deliver(handheld, made, [2, 3, 4, 5, 6]);
    const [only] = rig.verify().recordings;
    assert.deepEqual(only.problems, []);
    assert.ok(only.notes.includes("its open frame was dropped: 3 data frames cannot be decoded"));
  });

  for (const order of ["before", "after"]) {
    it(`raises the alarm of a clone when a number that the next recording passed over has frames, ${order} it`, () => {
      rig.deliver(handheld, handheld.record(1));
      const second = handheld.record(1);
      const last = handheld.recordings[0];
      const previous = { recording: 1, frames: last.frames.length, closed: true, chain: last.chains.at(-1)! };
      const third = handheld.begin({ previous });
      const sent = order === "before" ? [second, third] : [third, second];
      for (const made of sent) rig.deliver(handheld, made);
      assert.equal(rig.refused(handheld)["recording-regressed"], 1);
      assert.ok(rig.logged.some(({ text }) => text.includes("cloned or rolled back")));
      const { verdict, problems } = rig.verify().recordings[1];
      assert.equal(verdict, "altered");
      assert.ok(problems.join().includes("this number was never used"), problems.join());
    });
  }

  it("may be further ahead than 1,024 recordings once its status says so, and not without", () => {
    const made = handheld.begin({}, 1500);
    rig.deliver(handheld, made);
    assert.deepEqual(rig.refused(handheld), { "recording-too-far": 1 });
    rig.store.receive(handheld.alias, handheld.status());
    rig.deliver(handheld, made);
    assert.equal(handheld.newestReceipt(1501)?.next, 1);
    assert.ok(rig.verify().ok);
  });
});
