import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { PERFECT, Radio, type RadioFaults, type Timers } from "../../../../tools/sim/radio/lossy";
import { Random } from "../../../../tools/sim/random";

/** A clock that stands until told. */
class VirtualClock implements Timers {
  private time = 0;
  private due: { at: number; fn: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.time + ms, fn };
    this.due.push(timer);
    return () => {
      this.due = this.due.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.due.reduce((a, b) => (b.at < a.at ? b : a), {
        at: Number.POSITIVE_INFINITY,
        fn() {},
      });
      if (next.at > end) break;
      this.due.splice(this.due.indexOf(next), 1);
      this.time = next.at;
      next.fn();
    }
    this.time = end;
  }

  get waiting(): number {
    return this.due.length;
  }
}

/** A radio with everything it says written down; notifications are numbered in their first two bytes. */
function setUp(faults: Partial<RadioFaults> = {}, seed: number | string = 1) {
  const clock = new VirtualClock();
  const radio = new Radio({ ...PERFECT, ...faults }, clock, new Random(seed));
  const events: string[] = [];
  const arrived: number[] = [];
  const written: number[] = [];
  radio.peripheral.onConnect = () => events.push(`${clock.now()} peripheral up`);
  radio.peripheral.onDisconnect = () => events.push(`${clock.now()} peripheral down`);
  radio.peripheral.onWrite = (bytes) => written.push(bytes[0]!);
  radio.central.onConnect = (bytes) => events.push(`${clock.now()} central up ${bytes}`);
  radio.central.onDisconnect = () => events.push(`${clock.now()} central down`);
  radio.central.onNotification = (bytes) => arrived.push(bytes[0]! * 256 + bytes[1]!);
  let sent = 0;
  const notify = (times = 1) => {
    for (let i = 0; i < times; i++, sent++) radio.peripheral.notify(Uint8Array.of(sent >> 8, sent & 255));
  };
  return { clock, radio, events, arrived, written, notify };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("the perfect radio", () => {
  it("connects by itself and carries everything once, in order, both ways", () => {
    const { clock, radio, events, arrived, written, notify } = setUp();
    clock.advance(1);
    assert.deepEqual(events, ["0 central up 244", "0 peripheral up"]);
    notify(1000);
    for (let i = 0; i < 5; i++) radio.central.write(Uint8Array.of(i));
    clock.advance(1000);
    assert.deepEqual(arrived, upTo(1000));
    assert.deepEqual(written, upTo(5));
    assert.equal(radio.counters.lost + radio.counters.vanished + radio.counters.duplicated, 0);
  });

  it("gives the receiver bytes of its own", () => {
    const { clock, radio } = setUp();
    clock.advance(1);
    const received: number[] = [];
    radio.central.onNotification = (bytes) => received.push(bytes[0]!);
    const mine = Uint8Array.of(7);
    radio.peripheral.notify(mine);
    mine[0] = 9;
    clock.advance(1);
    assert.deepEqual(received, [7]);
  });

  it("refuses what is longer than a notification", () => {
    const { radio } = setUp({ notificationBytes: 20 });
    assert.equal(radio.peripheral.notificationBytes(), 20);
    assert.throws(() => radio.peripheral.notify(new Uint8Array(21)), { code: "RADIO_OVERSIZE" });
    assert.throws(() => radio.central.write(new Uint8Array(21)), { code: "RADIO_OVERSIZE" });
    assert.equal(radio.counters.notified, 0);
  });

  it("refuses settings that make no sense, naming them", () => {
    for (const wrong of [
      { loss: 1.1 },
      { reorder: Number.NaN },
      { latencyMs: [2, 1] as const },
      { notificationBytes: 19 },
      { queue: 0 },
      { notificationsPerSecond: 0 },
      { absences: [{ fromMs: 5, toMs: 1 }] },
    ]) {
      assert.throws(() => setUp(wrong), {
        code: "RADIO_SETTING",
        message: new RegExp(Object.keys(wrong)[0]!),
      });
    }
  });
});

describe("a poor radio", () => {
  const faults = fc.record({
    loss: fc.double({ min: 0, max: 1, noNaN: true }),
    duplicate: fc.double({ min: 0, max: 1, noNaN: true }),
    reorder: fc.double({ min: 0, max: 1, noNaN: true }),
    latencyMs: fc.constantFrom([0, 0], [5, 80]) as fc.Arbitrary<[number, number]>,
    disconnectEveryMs: fc.constantFrom(undefined, [50, 900]) as fc.Arbitrary<[number, number] | undefined>,
    queue: fc.integer({ min: 1, max: 20 }),
    notificationsPerSecond: fc.integer({ min: 20, max: 500 }),
    connectMs: fc.constant<[number, number]>([10, 200]),
  });

  const ROUNDED = {
    ...{ loss: 0, duplicate: 0, reorder: 0, latencyMs: [5, 80] as [number, number], queue: 2 },
    disconnectEveryMs: [50, 900] as [number, number],
    ...{ notificationsPerSecond: 120, connectMs: [10, 200] as [number, number] },
  };

  it("accounts for every notification and every write", () => {
    fc.assert(
      fc.property(faults, fc.string(), (settings, seed) => {
        const { clock, radio, arrived, written, notify } = setUp(settings, seed);
        for (let i = 0; i < 100; i++) {
          notify(3);
          radio.central.write(Uint8Array.of(i));
          clock.advance(17);
        }
        clock.advance(5000);
        const { counters } = radio;
        assert.equal(counters.notified, 300);
        assert.equal(300, counters.delivered - counters.duplicated + counters.lost + counters.vanished);
        assert.equal(arrived.length, counters.delivered);
        assert.equal(new Set(arrived).size, counters.delivered - counters.duplicated);
        assert.equal(100, counters.writesDelivered + counters.writesLost);
        assert.equal(written.length, counters.writesDelivered);
      }),
    );
  });

  it("keeps the order of first arrivals, and of writes, unless asked to reorder", () => {
    fc.assert(
      fc.property(faults, fc.string(), (settings, seed) => {
        const { clock, radio, arrived, written, notify } = setUp({ ...settings, reorder: 0 }, seed);
        for (let i = 0; i < 100; i++) {
          notify(2);
          radio.central.write(Uint8Array.of(i));
          clock.advance(13);
        }
        clock.advance(5000);
        const first = [...new Set(arrived)];
        assert.deepEqual(
          first,
          [...first].sort((a, b) => a - b),
        );
        assert.deepEqual(
          written,
          [...written].sort((a, b) => a - b),
        );
        assert.equal(radio.counters.reordered, 0);
      }),
      // Two arrivals due at once, which waits rounded apart once put the wrong way round.
      { examples: [[ROUNDED, "'"]] },
    );
  });

  it("loses, duplicates and reorders about as often as asked (seed 6)", () => {
    const { clock, radio, arrived, notify } = setUp({ loss: 0.2, duplicate: 0.1, reorder: 0.1 }, 6);
    clock.advance(1);
    for (let i = 0; i < 50; i++) {
      notify(1000);
      clock.advance(200);
    }
    const { lost, duplicated, reordered } = radio.counters;
    assert.ok(Math.abs(lost / 50_000 - 0.2) < 0.01, `lost ${lost}`);
    assert.ok(Math.abs(duplicated / 40_000 - 0.1) < 0.01, `duplicated ${duplicated}`);
    assert.ok(reordered > 1000 && reordered < 4000, `reordered ${reordered}`);
    assert.notDeepEqual(
      arrived,
      [...arrived].sort((a, b) => a - b),
    );
  });

  it("behaves alike for a seed, and otherwise for another", () => {
    const run = (seed: number) => {
      const poor = {
        loss: 0.3,
        duplicate: 0.2,
        reorder: 0.2,
        latencyMs: [1, 50],
        disconnectEveryMs: [50, 300],
      } as const;
      const { clock, arrived, events, notify } = setUp(poor, seed);
      for (let i = 0; i < 200; i++) {
        notify(2);
        clock.advance(11);
      }
      return [...arrived, ...events].join();
    };
    assert.equal(run(3), run(3));
    assert.notEqual(run(3), run(4));
  });

  it("lets notifications into a full queue vanish", () => {
    const { clock, radio, arrived, notify } = setUp({ queue: 8 });
    clock.advance(1);
    notify(20);
    clock.advance(100);
    assert.deepEqual(arrived, upTo(8));
    assert.equal(radio.counters.vanished, 12);
  });

  it("sends no faster than its rate", () => {
    const { clock, arrived, notify } = setUp({ notificationsPerSecond: 50 });
    clock.advance(1);
    notify(500);
    clock.advance(2000);
    assert.ok(Math.abs(arrived.length - 100) <= 1, `${arrived.length} in 2 s at 50/s`);
  });

  it("takes its time on the way", () => {
    const { clock, arrived, written, radio, notify } = setUp({ latencyMs: [40, 40] });
    clock.advance(1);
    notify();
    radio.central.write(Uint8Array.of(1));
    clock.advance(39);
    assert.deepEqual([arrived, written], [[], []]);
    clock.advance(2);
    assert.deepEqual([arrived, written], [[0], [1]]);
  });
});

describe("a radio's connection", () => {
  it("takes everything queued and in flight with it, and comes back empty", () => {
    const settings = { disconnectEveryMs: [100, 100], connectMs: [30, 30], latencyMs: [60, 60] } as const;
    const { clock, radio, events, arrived, written, notify } = setUp({
      ...settings,
      notificationsPerSecond: 100,
    });
    clock.advance(100);
    notify(6);
    radio.central.write(Uint8Array.of(1));
    clock.advance(25);
    assert.deepEqual(events, ["30 central up 244", "30 peripheral up"]);
    clock.advance(75);
    assert.deepEqual(events.slice(2), [
      "130 peripheral down",
      "130 central down",
      "160 central up 244",
      "160 peripheral up",
    ]);
    clock.advance(55);
    assert.deepEqual([arrived, written], [[], []]);
    assert.equal(radio.counters.lost, 6);
    assert.equal(radio.counters.writesLost, 1);
    assert.equal(radio.counters.disconnects, 1);
  });

  it("is not there while the central is absent; what is notified then vanishes", () => {
    const { clock, radio, events, arrived, notify } = setUp({
      absences: [
        { fromMs: 0, toMs: 50 },
        { fromMs: 100, toMs: 300 },
        { fromMs: 200, toMs: 400 },
      ],
      connectMs: [10, 10],
    });
    for (let i = 0; i < 50; i++) {
      notify();
      clock.advance(10);
    }
    assert.deepEqual(
      events.filter((event) => event.includes("peripheral")),
      ["60 peripheral up", "100 peripheral down", "410 peripheral up"],
    );
    assert.ok(radio.connected);
    assert.equal(arrived.length + radio.counters.vanished + radio.counters.lost, 50);
    assert.ok(arrived.every((n) => (n >= 6 && n <= 10) || n >= 41));
  });

  it("ends unseen by the handheld when its power goes, and returns with the power", () => {
    const { clock, radio, events, notify } = setUp({ connectMs: [5, 5] });
    clock.advance(10);
    radio.powerOff();
    notify();
    clock.advance(10);
    radio.powerOn();
    clock.advance(10);
    assert.deepEqual(events.slice(2), ["10 central down", "25 central up 244", "25 peripheral up"]);
    assert.equal(radio.counters.vanished, 1);
  });

  it("ends unseen by the hub when its program goes, and returns with it", () => {
    const { clock, radio, events } = setUp({ connectMs: [5, 5] });
    clock.advance(10);
    radio.centralOff();
    clock.advance(10);
    radio.centralOn();
    clock.advance(10);
    assert.deepEqual(events.slice(2), ["10 peripheral down", "25 central up 244", "25 peripheral up"]);
  });

  it("can be dropped by hand, and comes back by itself", () => {
    const { clock, radio, events } = setUp({ connectMs: [5, 5] });
    clock.advance(10);
    radio.drop();
    clock.advance(10);
    assert.deepEqual(events.slice(2), [
      "10 peripheral down",
      "10 central down",
      "15 central up 244",
      "15 peripheral up",
    ]);
  });

  it("leaves no timer behind when the radio is closed", () => {
    const { clock, radio, arrived, notify } = setUp({
      absences: [{ fromMs: 1e6, toMs: 2e6 }],
      disconnectEveryMs: [500, 500],
      latencyMs: [20, 20],
    });
    clock.advance(1);
    notify(3);
    radio.close();
    assert.equal(clock.waiting, 0);
    notify();
    clock.advance(1000);
    assert.deepEqual(arrived, []);
    assert.deepEqual([radio.counters.lost, radio.counters.vanished], [3, 1]);
  });
});
