import assert from "node:assert/strict";
import { BluetoothRadio, type RadioLimits } from "../../../gateway/radio/bluetooth";
import { DIAL_LIMITS } from "../../../gateway/radio/dial";
import { dialler } from "../../../gateway/radio/open";
import type { CloseCause, RadioLink } from "../../../gateway/radio/radio";
import { type FakeUnit, House, unitOf } from "./fakes";

/** A relay that waits five seconds for a word, and a store that answers handhelds of its own. */
class Hub {
  readonly house = new House();
  readonly open = new Map<RadioLink, () => void>();
  readonly closed: CloseCause[] = [];
  readonly radio: BluetoothRadio;

  constructor(limits: Partial<RadioLimits> = {}) {
    const { house } = this;
    house.adapters = ["hci0"];
    this.radio = new BluetoothRadio({
      open: house.open,
      dial: (...call) => house.dial(...call),
      list: () => house.adapters,
      clock: house.clock,
      log: house.log,
      random: () => 0.5,
      limits,
    });
  }

  start(): void {
    const { clock } = this.house;
    this.radio.start({
      onLink: (link) => {
        const { provesAfterMs } = unitOf(link);
        const cancel =
          provesAfterMs === undefined
            ? clock.after(5000, () => link.close("first-frame"))
            : clock.after(provesAfterMs, () => this.radio.proved(link));
        this.open.set(link, cancel);
      },
      onNotification: () => {},
      onClosed: (link, cause) => {
        this.open.get(link)!();
        assert.ok(this.open.delete(link), "closed once");
        this.closed.push(cause);
      },
    });
  }

  pass(seconds: number): Promise<void> {
    return this.house.clock.pass(seconds * 1000);
  }

  links(adapter: string): number {
    return this.radio.status().links.filter((link) => link.adapter === adapter).length;
  }

  /** Seconds until it is connected. */
  async connected(unit: FakeUnit, limitSeconds: number): Promise<number> {
    for (let tenths = 0; tenths <= limitSeconds * 10; tenths++) {
      if (unit.link) return tenths / 10;
      await this.pass(0.1);
    }
    throw new Error(
      `${unit.address} is not connected after ${limitSeconds} s:\n${this.house.logged.join("\n")}`,
    );
  }

  /** Lets what it started end, and counts what is left. */
  async stop(): Promise<void> {
    const stopped = this.radio.stop();
    await this.pass(3);
    await stopped;
    for (const unit of [...this.house.units.values()]) this.house.remove(unit);
    await this.pass(70);
    assert.equal(this.house.clock.timerCount, 0, "no timer is left");
    assert.equal(this.open.size, 0, "every link was closed");
  }
}

const address = (n: number) =>
  `d0:00:00:00:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 255).toString(16).padStart(2, "0")}`;

describe("the Bluetooth radio", () => {
  let hub: Hub;
  let house: House;
  const begin = (limits?: Partial<RadioLimits>) => {
    hub = new Hub(limits);
    house = hub.house;
  };
  beforeEach(() => begin());
  afterEach(() => hub.stop());

  const handheld = (n: number, rssi: Record<string, number> = { hci0: -60 }) =>
    house.add({ address: address(n), rssi, provesAfterMs: 1500 });

  it("connects a handheld that advertises, and says so", async () => {
    const unit = house.add({
      address: address(1),
      name: "avnode 12\u001b[2J",
      rssi: { hci0: -60 },
      provesAfterMs: 900,
    });
    house.add({ address: address(2), rssi: { hci0: -70 }, connectable: false });
    hub.start();
    await hub.connected(unit, 5);
    await hub.pass(10);
    const status = hub.radio.status();
    assert.equal(status.healthy, true);
    assert.equal(status.connects, 1);
    // Whoever takes nobody yet is waited for, and given up.
    assert.deepEqual(status.closes, { connect: 1 });
    assert.ok(status.linkMs >= 10000, `${status.linkMs} ms`);
    const [adapter] = status.adapters;
    assert.deepEqual([adapter!.id, adapter!.state, adapter!.links], ["hci0", "on", 1]);
    assert.deepEqual(
      status.nearby.map(({ name, rssi }) => [name, rssi]),
      [
        [undefined, -70],
        ["avnode 12[2J", -60],
      ],
    );
  });

  it("spreads eight handhelds over two adapters, four each", async () => {
    house.adapters = ["hci0", "hci1"];
    // The first adapter hears all of them better.
    const units = Array.from({ length: 8 }, (_, n) => handheld(n, { hci0: -50, hci1: -80 }));
    hub.start();
    for (const unit of units) await hub.connected(unit, 60);
    assert.deepEqual([hub.links("hci0"), hub.links("hci1")], [4, 4]);
  });

  it("takes the adapter with the better signal where both have as many links", async () => {
    house.adapters = ["hci0", "hci1"];
    const unit = handheld(1, { hci0: -80, hci1: -50 });
    hub.start();
    await hub.connected(unit, 5);
    assert.deepEqual([hub.links("hci0"), hub.links("hci1")], [0, 1]);
  });

  it("brings the handhelds of an adapter that is pulled out back through the other", async () => {
    house.adapters = ["hci0", "hci1"];
    const units = Array.from({ length: 6 }, (_, n) => handheld(n, { hci0: -50, hci1: -60 }));
    hub.start();
    for (const unit of units) await hub.connected(unit, 60);
    await hub.pass(20);
    house.adapters = ["hci1"];
    await hub.pass(3);
    assert.deepEqual(hub.closed, ["adapter", "adapter", "adapter"]);
    for (const unit of units) await hub.connected(unit, 30);
    assert.deepEqual([hub.links("hci0"), hub.links("hci1")], [0, 6]);
    assert.deepEqual(
      hub.radio.status().adapters.map(({ id }) => id),
      ["hci1"],
    );
  });

  it("works without an adapter until one is plugged in", async () => {
    house.adapters = [];
    const unit = handheld(1, { hci3: -60 });
    hub.start();
    await hub.pass(3600);
    assert.deepEqual([hub.radio.status().healthy, hub.radio.status().adapters], [true, []]);
    house.adapters = ["hci3"];
    const seconds = await hub.connected(unit, 10);
    assert.ok(seconds <= 6, `${seconds} s`);
  });

  it("is beyond help minutes after its last adapter vanished, and not when one is back", async () => {
    const unit = handheld(1);
    hub.start();
    await hub.connected(unit, 5);
    house.adapters = [];
    await hub.pass(4);
    assert.deepEqual([hub.radio.status().healthy, hub.radio.status().adapters], [true, []]);
    await hub.pass(280);
    assert.equal(hub.radio.status().healthy, true);
    await hub.pass(30);
    assert.equal(hub.radio.status().healthy, false);
    house.adapters = ["hci0"];
    await hub.connected(unit, 10);
    assert.equal(hub.radio.status().healthy, true);
  });

  it("reconnects at once after a link was lost, and ever more seldom what does not connect", async () => {
    const unit = handheld(1);
    hub.start();
    await hub.connected(unit, 5);
    await hub.pass(60);
    unit.link!.end(0x08);
    const seconds = await hub.connected(unit, 5);
    assert.ok(seconds < 2, `${seconds} s`);
    const deaf = house.add({ address: address(9), rssi: { hci0: -40 }, isDeaf: true });
    await hub.pass(3600);
    // Four seconds each and a pause that grows to sixty.
    const tries = house.told.filter((line) => line === "hci0 connect").length - 2;
    assert.ok(tries > 50 && tries < 65, `${tries} tries within the hour`);
    assert.equal(deaf.connects, 0);
    assert.ok(unit.link);
    assert.deepEqual(hub.radio.status().closes, { lost: 1, connect: tries });
    const ends = house.logged.filter((line) => line.includes(" ended after "));
    assert.equal(ends.length, 1);
    assert.match(
      ends[0]!,
      /^radio: hci0 link link \d+ ended after 6\d s: lost; again as soon as it is heard$/,
    );
  });

  it("waits at once, and for seconds only, for a known handheld that says that somebody else had it", async () => {
    const unit = handheld(1);
    hub.start();
    await hub.connected(unit, 5);
    await hub.pass(60);
    unit.isDeaf = true;
    unit.link!.end(0x08);
    // Failures enough for a pause of a minute.
    await hub.pass(300);
    const tries = () => house.told.filter((line) => line === "hci0 connect").length;
    const silent = { ...unit.rssi };
    for (let taken = 0; taken < 5; taken++) {
      unit.rssi = {};
      unit.connectable = true;
      await hub.pass(12);
      const before = tries();
      Object.assign(unit, { rssi: silent, connectable: false, everyMs: 100 });
      await hub.pass(2);
      assert.equal(tries(), before + 1);
      unit.rssi = {};
      await hub.pass(3);
      assert.equal(hub.radio.status().adapters[0]!.scanning, true, "others have their turn again");
    }
    await hub.pass(12);
    Object.assign(unit, { rssi: silent, isDeaf: false });
    await hub.pass(1);
    unit.connectable = true;
    assert.ok((await hub.connected(unit, 1)) < 1);
  });

  it("keeps nobody waiting for an address that fails", async () => {
    for (let n = 100; n < 105; n++) house.add({ address: address(n), rssi: { hci0: -30 }, isDeaf: true });
    hub.start();
    await hub.pass(600);
    const unit = handheld(1);
    const seconds = await hub.connected(unit, 120);
    console.log(`      a new handheld among 5 deaf addresses: connected after ${seconds} s`);
    assert.ok(seconds <= 30, `${seconds} s`);
  });

  it("goes through another adapter where one fails to reach a handheld", async () => {
    house.adapters = ["hci0", "hci1"];
    house.faults("hci0").room = 0;
    const unit = handheld(1, { hci0: -40, hci1: -80 });
    hub.start();
    const seconds = await hub.connected(unit, 20);
    assert.ok(seconds < 10, `${seconds} s`);
    assert.equal(hub.links("hci1"), 1);
  });

  it("learns how many links a controller bears", async () => {
    house.faults("hci0").room = 3;
    const units = Array.from({ length: 5 }, (_, n) => handheld(n));
    hub.start();
    await hub.pass(600);
    assert.equal(hub.links("hci0"), 3);
    const connects = house.told.filter((line) => line === "hci0 connect").length;
    assert.ok(connects <= 5, `${connects} connects`);
    assert.equal(house.logged.filter((line) => /bears no more than 3 links/.test(line)).length, 1);
    units.find(({ link }) => link)!.link!.end(0x13);
    await hub.pass(10);
    assert.equal(hub.links("hci0"), 3);
  });

  it("backs off, and resets the adapter, where a controller has no room though no link of ours is open", async () => {
    const unit = handheld(1);
    hub.start();
    await hub.connected(unit, 5);
    await hub.pass(60);
    Object.assign(house.faults("hci0"), { room: 0 });
    unit.link!.end(0x08);
    house.told.splice(0);
    await hub.pass(600);
    const count = (what: string) => house.told.filter((line) => line === `hci0 ${what}`).length;
    assert.ok(count("connect") >= 8 && count("connect") < 25, `${count("connect")} connects in ten minutes`);
    assert.ok(count("reset") > 0);
    assert.equal(house.logged.filter((line) => /bears no more/.test(line)).length, 0);
    house.faults("hci0").room = undefined;
    await hub.connected(unit, 80);
  });

  it("lets a silent stranger go after five seconds, and waits longer each time", async () => {
    const silent = house.add({ address: address(1), rssi: { hci0: -40 } });
    hub.start();
    await hub.pass(3600);
    assert.ok(hub.closed.every((cause) => cause === "first-frame"));
    const ends = house.logged.filter((line) => line.includes(" ended after "));
    assert.equal(ends.length, hub.closed.length);
    assert.match(ends[0]!, /ended after 5 s: first-frame; again in 4 s$/);
    assert.match(ends.at(-1)!, /ended after 5 s: first-frame; again in 60 s$/);
    assert.ok(silent.connects > 45 && silent.connects < 65, `${silent.connects} times within the hour`);
  });

  it("lets another's handheld go after half a minute though nobody waits, so that its owner's hub can have it", async () => {
    const theirs = house.add({ address: address(1), rssi: { hci0: -40 }, provesAfterMs: 1e9 });
    hub.start();
    await hub.connected(theirs, 10);
    await hub.pass(31);
    assert.equal(theirs.link, undefined);
    assert.deepEqual(hub.closed, ["refused"]);
    let heldSeconds = 0;
    for (let second = 0; second < 3600; second++) {
      await hub.pass(1);
      if (theirs.link) heldSeconds++;
    }
    // 30 s of every 90, once the pauses have grown to a minute.
    assert.ok(heldSeconds < 1500, `${heldSeconds} s of an hour`);
  });

  it("lets one without an owner go as well, and comes back within seconds each time, for whoever claims it here", async () => {
    const unclaimed = house.add({
      address: address(1),
      name: "avnode",
      rssi: { hci0: -40 },
      provesAfterMs: 1e9,
    });
    hub.start();
    await hub.connected(unclaimed, 10);
    for (let time = 0; time < 10; time++) {
      await hub.pass(31);
      const seconds = await hub.connected(unclaimed, 60);
      assert.ok(seconds < 8, `${seconds} s the ${time}th time`);
    }
    assert.ok(hub.closed.length >= 9);
  });

  it("holds a few strangers at once and no more, and each in turn", async () => {
    // They talk, so that the relay keeps them, but the store knows none of them.
    const strangers = Array.from({ length: 12 }, (_, n) =>
      house.add({ address: address(n), rssi: { hci0: -40 }, provesAfterMs: 1e9 }),
    );
    hub.start();
    let most = 0;
    for (let i = 0; i < 3000; i++) {
      await hub.pass(0.1);
      most = Math.max(most, hub.links("hci0"));
    }
    assert.equal(most, 3);
    assert.deepEqual(
      strangers.map(({ connects }) => connects > 0),
      strangers.map(() => true),
    );
    const unit = handheld(50);
    const seconds = await hub.connected(unit, 300);
    console.log(`      a new handheld among 12 squatting strangers: connected after ${seconds} s`);
    // Once it proved itself, they are in nobody's way.
    await hub.pass(30);
    for (let i = 0; i < 5; i++) {
      unit.link!.end(0x08);
      const again = await hub.connected(unit, 60);
      assert.ok(again <= 10, `${again} s`);
      await hub.pass(60);
    }
  });

  it("lets a stranger go at once when a known handheld finds every place taken", async () => {
    await hub.stop();
    begin({ links: 2, strangers: 2 });
    const unit = handheld(50);
    hub.start();
    await hub.connected(unit, 5);
    await hub.pass(30);
    const { rssi } = unit;
    unit.rssi = {};
    unit.link!.end(0x08);
    for (let n = 0; n < 2; n++) house.add({ address: address(n), rssi: { hci0: -40 }, provesAfterMs: 1e9 });
    await hub.pass(20);
    assert.equal(hub.links("hci0"), 2);
    unit.rssi = rssi;
    const seconds = await hub.connected(unit, 30);
    assert.ok(seconds <= 2, `${seconds} s`);
  });

  it("forgets no known handheld among 10,000 addresses that come and go, and grows no further", async () => {
    const unit = handheld(1);
    hub.start();
    await hub.connected(unit, 5);
    await hub.pass(30);
    unit.link!.end(0x08);
    unit.rssi = {};
    // Two hundred a second; each is heard twice, and answers a connect or does not.
    let worst = 0;
    for (let n = 0; n < 10000; n++) {
      const flood = house.add({
        address: `e0:00:00:00:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 255).toString(16).padStart(2, "0")}`,
        rssi: { hci0: -20 },
        everyMs: 600,
        isDeaf: n % 2 === 0,
      });
      house.clock.after(1300, () => house.remove(flood));
      await hub.pass(0.005);
      if (n % 1000 === 500) {
        unit.rssi = { hci0: -90 };
        const seconds = await hub.connected(unit, 60);
        worst = Math.max(worst, seconds);
        await hub.pass(20);
        unit.link!.end(0x08);
        unit.rssi = {};
      }
    }
    console.log(
      `      a known handheld in a flood of 10,000 addresses: connected after ${worst} s at worst, of 10 times`,
    );
    assert.ok(worst <= 10, `${worst} s`);
    const { neighbours } = hub.radio as unknown as { neighbours: { size: number } };
    assert.ok(neighbours.size <= 320, `${neighbours.size} addresses`);
    assert.ok(hub.radio.status().nearby.length <= 32);
    await hub.pass(2 * 3600);
    assert.equal(neighbours.size, 0);
  });

  it("notices that a known handheld is not heard any more, and tries the adapter's remedies", async () => {
    const unit = handheld(1);
    hub.start();
    await hub.connected(unit, 5);
    await hub.pass(3600);
    house.told.splice(0);
    Object.assign(house.faults("hci0"), { isSilent: true, curedBy: "open" });
    unit.link!.end(0x08);
    await hub.pass(1);
    // It was heard so long ago that nothing is dialled before it is heard again.
    const seconds = await hub.connected(unit, 120);
    console.log(`      a scan that died while a handheld was connected: it was back after ${seconds} s`);
    assert.deepEqual(
      house.told.filter((line) => /unscan|reset|close|open/.test(line)),
      ["hci0 unscan", "hci0 reset", "hci0 close", "hci0 open"],
    );
  });

  it("says that it is unhealthy only when no adapter has worked for minutes", async () => {
    house.adapters = ["hci0", "hci1"];
    hub.start();
    await hub.pass(10);
    house.faults("hci0").becomes = "gone";
    house.centrals.get("hci0")!.become("gone");
    await hub.pass(900);
    assert.equal(hub.radio.status().healthy, true);
    house.faults("hci1").becomes = "starting";
    house.centrals.get("hci1")!.become("gone");
    await hub.pass(200);
    assert.equal(hub.radio.status().healthy, true);
    await hub.pass(200);
    assert.equal(hub.radio.status().healthy, false);
    house.faults("hci1").becomes = "on";
    await hub.pass(120);
    assert.equal(hub.radio.status().healthy, true);
  });

  it("stops at once although a dial hangs, and leaves nothing of it", async () => {
    house.dial = dialler(house.clock, DIAL_LIMITS);
    const unit = house.add({ address: address(1), rssi: { hci0: -40 }, isStuck: true });
    hub.start();
    await hub.pass(2.5);
    assert.equal(hub.radio.status().closes.connect ?? 0, 0, "it is under way");
    assert.ok(unit.link);
    let isStopped = false;
    const stopped = hub.radio.stop().then(() => {
      isStopped = true;
    });
    await hub.pass(0);
    assert.ok(isStopped);
    await stopped;
    assert.equal(unit.link, undefined);
    assert.deepEqual(hub.radio.status().closes, { stopping: 1 });
  });

  it("stops within three seconds with a connect under way, and tells every open link", async () => {
    const unit = handheld(1);
    hub.start();
    await hub.connected(unit, 5);
    house.add({ address: address(2), rssi: { hci0: -40 }, isDeaf: true });
    await hub.pass(1.5);
    const stopped = hub.radio.stop();
    await hub.pass(0);
    await stopped;
    assert.deepEqual(hub.closed, ["stopping"]);
    assert.equal(house.told.at(-1), "hci0 close");
    await hub.pass(60);
    assert.deepEqual(hub.radio.status().links, []);
  });
});
