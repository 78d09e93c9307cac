import assert from "node:assert/strict";
import type { Board } from "../../firmware/board/board";
import { Link, type Owner } from "../../firmware/link";
import type { Ring } from "../../firmware/ring";
import type { Keys } from "../../firmware/vault";
import { nodeCrypto } from "../../gateway/crypto";

/** A link without any hub, whose clock and writes are the test's. */
function rig(owned: boolean, ends = true) {
  const seen = { disconnects: 0, admits: true };
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const radio = {
    notificationBytes: () => 20,
    notify: () => {},
    notificationsPerSecond: 40,
    advertise: () => {},
    admit: (anybody: boolean) => {
      seen.admits = anybody;
    },
    disconnect: () => {
      seen.disconnects++;
      if (ends) radio.onDisconnect();
    },
    onConnect: () => {},
    onDisconnect: () => {},
    onWrite: (_bytes: Uint8Array) => {},
  };
  const board = {
    crypto: nodeCrypto,
    radio,
    uptimeMs: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  } as unknown as Board;
  const keys = owned ? ({ alias: new Uint8Array(8), epoch: 1 } as Keys) : undefined;
  const owner = {
    keys: () => keys,
    epoch: () => 0,
    temporaryAlias: () => new Uint8Array(8).fill(1),
    claimable: () => false,
    held: () => false,
  } as unknown as Owner;
  const link = new Link(board, { rewind() {} } as unknown as Ring, owner);
  const pass = (ms: number) => {
    const until = now + ms;
    for (;;) {
      const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      now = next.at;
      timers = timers.filter((other) => other !== next);
      next.run();
    }
    now = until;
  };
  return { link, radio, seen, pass };
}

/** A message of no known version, which is refused and counted where it is looked at. */
const junk = (number: number) => Uint8Array.of(number, 0x80, 0);

describe("a stranger on the handheld's only connection", () => {
  it("is heard thirty times a second, and put out at sixty", () => {
    const { link, radio, seen, pass } = rig(true);
    radio.onConnect();
    pass(1000);
    const looked = () => Object.values(link.refusals).reduce((sum, count) => sum + count, 0);
    for (let i = 0; i < 59; i++) radio.onWrite(junk(i));
    assert.equal(looked(), 30);
    assert.equal(seen.disconnects, 0);
    radio.onWrite(junk(59));
    assert.equal(seen.disconnects, 1);
    radio.onConnect();
    pass(1000);
    for (let i = 0; i < 10; i++) radio.onWrite(junk(i));
    assert.equal(looked(), 40, "a second later it is heard again");
  });

  it("loses it after a minute, however often it subscribes meanwhile", () => {
    const { radio, seen, pass } = rig(true);
    radio.onConnect();
    for (let s = 0; s < 59; s++) {
      pass(1000);
      radio.onConnect();
    }
    assert.equal(seen.disconnects, 0);
    pass(1000);
    assert.equal(seen.disconnects, 1);
  });

  it("who comes back at once loses it sooner, but now and then there is a whole minute, for a store on a slow link", () => {
    const { radio, seen, pass } = rig(true);
    const heldS: number[] = [];
    while (heldS.length < 17) {
      const before = seen.disconnects;
      radio.onConnect();
      let seconds = 0;
      for (; seen.disconnects === before; seconds++) pass(1000);
      heldS.push(seconds);
      pass(2000);
    }
    assert.deepEqual(heldS, [60, 8, 8, 8, 8, 8, 8, 8, 60, 8, 8, 8, 8, 8, 8, 8, 60]);
  });

  it("has no more time for going by himself, just before", () => {
    const { radio, seen, pass } = rig(true);
    radio.onConnect();
    pass(59_000);
    radio.onDisconnect();
    radio.onConnect();
    pass(8000);
    assert.equal(seen.disconnects, 1);
  });

  it("is followed by two seconds in which the unit is seen and takes nobody, so that a hub waits for it too", () => {
    const { radio, seen, pass } = rig(true);
    assert.equal(seen.admits, true, "at first anybody may connect");
    radio.onConnect();
    assert.equal(seen.admits, false, "before the connection ends: the runtime advertises the moment it does");
    pass(60_000);
    assert.equal(seen.disconnects, 1);
    pass(1999);
    assert.equal(seen.admits, false);
    pass(1);
    assert.equal(seen.admits, true);
  });

  it("leaves no unit behind that takes nobody, though nobody says that the connection ended", () => {
    const { radio, seen, pass } = rig(true, false);
    radio.onConnect();
    pass(62_000);
    assert.deepEqual(seen, { disconnects: 1, admits: true });
  });

  it("has a minute each time for a claim while nobody owns the unit, lest one of them keep it from its owner", () => {
    const { radio, seen, pass } = rig(false);
    for (let i = 1; i <= 3; i++) {
      radio.onConnect();
      pass(59_999);
      assert.equal(seen.disconnects, i - 1);
      pass(1);
      assert.equal(seen.disconnects, i);
      assert.equal(seen.admits, false);
      pass(2000);
      assert.equal(seen.admits, true);
    }
  });

  it("makes it say no more hellos than it may write", () => {
    const { radio, seen, pass } = rig(true);
    for (let i = 0; i < 59; i++) radio.onConnect();
    assert.equal(seen.disconnects, 0);
    for (let i = 0; i < 3; i++) radio.onConnect();
    assert.equal(seen.disconnects, 1);
    pass(2000);
  });
});
