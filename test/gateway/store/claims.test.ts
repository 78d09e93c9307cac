import assert from "node:assert/strict";
import { fileClaimBeside } from "../../../gateway/store/store";
import { FrameType } from "../../../protocol/header";
import { messageType } from "../../../protocol/session";
import { Handheld } from "./handheld";
import { Rig } from "./rig";

describe("a claim", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  function handheld(seed = 1): Handheld {
    const made = new Handheld(seed);
    rig.handhelds.push(made);
    return made;
  }

  function records(owned: Handheld): void {
    const made = owned.record(2);
    rig.deliver(owned, made);
    assert.equal(owned.newestReceipt(made.number)?.next, made.frames.length);
    assert.ok(rig.verify().ok);
  }

  it("takes a handheld whose button is held, for the person named", () => {
    const owned = handheld();
    const claim = rig.store.claim(owned.code, { person: "Anna" });
    assert.equal(rig.store.claimState(claim)!.state, "waiting");
    rig.hello(owned, true);
    assert.deepEqual(rig.store.claimState(claim), {
      state: "claimed",
      device: owned.hex,
      code: undefined,
    });
    const [device] = rig.store.reader.devices();
    assert.equal(device.id, owned.hex);
    assert.equal(device.class, "simulated");
    assert.equal(device.person, "Anna");
    assert.equal(device.status?.batteryMillivolts, 3900);
    records(owned);
    assert.equal(rig.store.reader.recordings()[0].person, "Anna");
  });

  it("waits a minute for the button, and no longer", () => {
    const owned = handheld();
    const claim = rig.store.claim(owned.code);
    rig.time.tick(59000);
    assert.equal(rig.store.claimState(claim)!.state, "waiting");
    rig.time.tick(1500);
    assert.equal(rig.store.claimState(claim)!.state, "expired");
    rig.hello(owned, true);
    assert.equal(owned.root, undefined);
  });

  it("finds a handheld whose button was held before the claim was filed", () => {
    const owned = handheld();
    rig.hello(owned, true);
    rig.store.claim(owned.code);
    assert.equal(owned.helloRequests.length, 1);
    rig.hello(owned, true);
    records(owned);
  });

  it("takes the one handheld that has the code, of several that could be claimed", () => {
    const [first, second] = [handheld(1), handheld(2)];
    rig.store.claim(second.code);
    rig.hello(first, true);
    rig.hello(second, true);
    assert.equal(first.root, undefined);
    records(second);
  });

  it("is filed by another process into a hub that runs", () => {
    const owned = handheld();
    rig.hello(owned, true);
    const claim = fileClaimBeside(rig.dataDir, owned.code);
    rig.time.tick(600);
    assert.equal(owned.helloRequests.length, 1);
    rig.hello(owned, true);
    assert.equal(rig.store.reader.claimState(claim)!.state, "claimed");
    records(owned);
  });

  it("keeps no code and no root readable in the database", () => {
    const owned = rig.claimed();
    records(owned);
    rig.store.flush();
    const { readFileSync } = require("node:fs") as typeof import("node:fs");
    for (const file of ["avnode.db", "avnode.db-wal"]) {
      const bytes = readFileSync(`${rig.dataDir}/${file}`);
      for (const secret of [owned.code, owned.root!, owned.recordings[0].key]) {
        assert.equal(bytes.indexOf(secret), -1);
      }
    }
  });

  for (const lost of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`is completed later when message ${lost} between the two and all after it are lost, even by a restart`, () => {
      const owned = handheld();
      rig.store.claim(owned.code);
      let messages = 0;
      const take = owned.take.bind(owned);
      const receive = rig.store.receive.bind(rig.store);
      owned.take = (message) => (++messages >= lost ? [] : take(message));
      rig.store.receive = (alias, message) => {
        if (++messages < lost) receive(alias, message);
      };
      rig.hello(owned, true);
      rig.time.tick(120000);
      owned.take = take;
      rig.reopen();
      if (owned.root === undefined) {
        rig.store.claim(owned.code);
        rig.hello(owned, true);
      } else rig.hello(owned);
      records(owned);
    });
  }

  it("again raises the epoch, keeps the recordings of before, and refuses the alias of before", () => {
    const owned = rig.claimed();
    records(owned);
    const oldAlias = owned.alias;
    const oldHello = owned.hello();
    rig.store.claim(owned.code);
    rig.hello(owned, true);
    assert.equal(owned.epoch, 2);
    owned.recordings.length = 0;
    records(owned);
    assert.deepEqual(
      rig.store.reader.recordings().map(({ epoch, recording, state }) => [epoch, recording, state]),
      [
        [1, 1, "closed"],
        [2, 1, "closed"],
      ],
    );
    rig.store.receive(oldAlias, oldHello);
    assert.equal(rig.refused()["unknown-device"], 1);
  });

  it("is refused to a simulated handheld by a real data directory, which says so", () => {
    rig.end();
    rig = new Rig({ kind: "home" });
    const simulated = handheld();
    const claim = rig.store.claim(simulated.code);
    rig.hello(simulated, true);
    assert.equal(rig.store.claimState(claim)!.state, "refused");
    assert.equal(rig.store.claimState(claim)!.code, "simulated-refused");
    assert.deepEqual(rig.store.reader.devices(), []);
    assert.ok(rig.refused()["simulated-refused"] >= 1);
  });

  it("never seals two roots under one code and one pair of nonces", () => {
    const owned = handheld();
    owned.deaf = true;
    const offers: string[] = [];
    rig.store.onSend = (_, message) => {
      if (messageType(message) === FrameType.claim) offers.push(Buffer.from(message).toString("hex"));
    };
    rig.store.claim(owned.code);
    rig.store.claim(owned.code);
    const hello = owned.hello(true);
    for (let i = 0; i < 3; i++) {
      rig.time.tick(250);
      rig.store.receive(owned.alias, hello);
    }
    assert.equal(offers.length, 3);
    assert.equal(new Set(offers).size, 3);
  });
});
