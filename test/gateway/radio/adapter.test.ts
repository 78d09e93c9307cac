import assert from "node:assert/strict";
import { ADAPTER_LIMITS, Adapter } from "../../../gateway/radio/adapter";
import { House } from "./fakes";

/** One adapter with whatever it is told to expect. */
class Bench {
  readonly house = new House();
  expects = false;
  shared = false;
  links = 0;
  ready = 0;
  downs = 0;
  readonly adapter = new Adapter({
    id: "hci0",
    open: () => this.house.open("hci0"),
    clock: this.house.clock,
    log: this.house.log,
    random: () => 0.5,
    limits: ADAPTER_LIMITS,
    advise: (state) => (state === "no-permission" ? "run: setcap" : undefined),
    isShared: () => this.shared,
    expectsSomebody: () => this.expects,
    linkCount: () => this.links,
    onHeard: () => {},
    onReady: () => this.ready++,
    onDown: () => this.downs++,
  });

  get central() {
    return this.house.centrals.get("hci0")!;
  }
  /** What the stack was told since last asked. */
  told(): string[] {
    return this.house.told.splice(0).map((line) => line.replace("hci0 ", ""));
  }
  pass(seconds: number): Promise<void> {
    return this.house.clock.pass(seconds * 1000);
  }
}

describe("an adapter", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });
  afterEach(() => bench.adapter.stop());

  it("opens, scans, and scans again when the stack ends it by itself", async () => {
    bench.adapter.start();
    await bench.pass(1);
    assert.deepEqual(bench.told(), ["open", "scan"]);
    assert.equal(bench.adapter.status().state, "on");
    assert.equal(bench.adapter.status().scanning, true);
    bench.central.endScan();
    assert.equal(bench.adapter.status().scanning, false);
    await bench.pass(1);
    assert.deepEqual(bench.told(), ["scan"]);
  });

  it("does not scan while it connects, and comes back behind it", async () => {
    const deaf = bench.house.add({ address: "d0:00:00:00:00:01", rssi: { hci0: -50 }, isDeaf: true });
    bench.adapter.start();
    await bench.pass(1);
    const connect = bench.adapter.connect(deaf.address);
    await assert.rejects(bench.adapter.connect(deaf.address), { code: "ADAPTER_BUSY" });
    bench.told();
    await bench.pass(5);
    assert.deepEqual([bench.told(), bench.adapter.isReady], [[], false]);
    bench.adapter.cancel(deaf.address);
    await assert.rejects(connect, { code: "CONNECT_CANCELLED" });
    await bench.pass(1);
    assert.deepEqual([bench.told(), bench.adapter.isReady], [["scan"], true]);
  });

  it("treats a scan that hears nothing by ever stronger remedies, in order", async () => {
    bench.house.faults("hci0").isSilent = true;
    bench.adapter.start();
    bench.expects = true;
    await bench.pass(31);
    assert.deepEqual(bench.told(), ["open", "scan", "unscan", "scan"]);
    await bench.pass(15);
    assert.deepEqual(bench.told(), ["reset", "scan"]);
    await bench.pass(15);
    assert.deepEqual(bench.told(), ["close", "open", "scan"]);
    assert.deepEqual(
      bench.house.logged.filter((line) => line.includes("attempt")),
      ["30 s; scan restarted, attempt 1", "45 s; reset, attempt 2", "60 s; opened anew, attempt 3"].map(
        (end) =>
          `hci0: heard nothing for ${end}`.replace("; ", " although a known handheld should be near; "),
      ),
    );
    assert.match(bench.adapter.status().advice!, /3 attempts did not help: unplug it and plug it in again/);
    assert.equal(bench.adapter.status().recoveries, 3);
    // From here on the pauses double, up to ten minutes.
    await bench.pass(3600);
    const opened = bench.told().filter((line) => line === "open").length;
    assert.ok(opened >= 7 && opened <= 12, `${opened} times opened within the hour`);
    // It may be that she left the house: no reason to restart the hub at once.
    assert.equal(bench.adapter.isBeyondHelp, false);
  });

  it("stays in trouble after a whole ladder in vain though nobody is expected any more, until anything is heard", async () => {
    bench.adapter.start();
    await bench.pass(1);
    bench.house.faults("hci0").isSilent = true;
    bench.expects = true;
    await bench.pass(65);
    bench.expects = false;
    for (let minute = 0; minute < 60; minute++) {
      await bench.pass(60);
      assert.match(bench.adapter.status().advice ?? "", /attempts did not help/);
    }
    assert.equal(bench.adapter.isBeyondHelp, false, "the hub may have been restarted for that an hour ago");
    await bench.pass(4 * 3600);
    assert.equal(bench.adapter.isBeyondHelp, true);
    assert.equal(bench.house.logged.filter((line) => /a restart of the hub may/.test(line)).length, 1);
    bench.house.faults("hci0").isSilent = false;
    bench.central.hearsOther();
    await bench.pass(10);
    assert.deepEqual([bench.adapter.isBeyondHelp, bench.adapter.status().advice], [false, undefined]);
    assert.ok(bench.house.logged.includes("hci0: works again"));
  });

  it("takes no handheld's absence for a dead scan while it hears any other device", async () => {
    bench.adapter.start();
    await bench.pass(1);
    bench.told();
    bench.expects = true;
    for (let second = 0; second < 600; second++) {
      await bench.pass(1);
      if (second % 20 === 0) bench.central.hearsOther();
    }
    assert.deepEqual([bench.told(), bench.adapter.status().advice], [[], undefined]);
  });

  it("asks for no restart for a dead scan while a link is open on it", async () => {
    bench.adapter.start();
    await bench.pass(5 * 3600);
    bench.house.faults("hci0").isSilent = true;
    bench.expects = true;
    await bench.pass(100);
    bench.links = 1;
    await bench.pass(3600);
    assert.equal(bench.adapter.isBeyondHelp, false);
    bench.links = 0;
    await bench.pass(330);
    assert.equal(bench.adapter.isBeyondHelp, true);
  });

  for (const [cure, seconds] of [
    ["scan", 35],
    ["reset", 50],
    ["open", 65],
  ] as const)
    it(`stops at the remedy that helped: ${cure}`, async () => {
      bench.adapter.start();
      await bench.pass(1);
      Object.assign(bench.house.faults("hci0"), { isSilent: true, curedBy: cure });
      bench.house.add({ address: "d0:00:00:00:00:01", rssi: { hci0: -50 } });
      bench.expects = true;
      await bench.pass(seconds + 5);
      assert.equal(bench.house.faults("hci0").isSilent, false);
      assert.ok(bench.house.logged.includes("hci0: works again"), bench.house.logged.join("\n"));
      assert.equal(bench.adapter.status().recoveries, 0);
      bench.told();
      await bench.pass(300);
      assert.deepEqual(bench.told(), []);
    });

  it("spares the links that are open on it: they are data, and say that it works", async () => {
    bench.house.faults("hci0").isSilent = true;
    bench.links = 1;
    bench.expects = true;
    bench.adapter.start();
    await bench.pass(1800);
    assert.deepEqual([...new Set(bench.told())].sort(), ["open", "scan", "unscan"]);
    assert.equal(bench.downs, 0);
  });

  it("gives links up for a scan that cannot be had beside them, after five minutes", async () => {
    bench.house.faults("hci0").neverScans = true;
    bench.links = 1;
    bench.adapter.start();
    await bench.pass(290);
    assert.equal(bench.downs, 0);
    await bench.pass(120);
    assert.ok(bench.downs > 0);
    assert.ok(bench.told().includes("close"));
  });

  it("is beyond help when it never comes on, though opened anew again and again, and not when it comes back", async () => {
    bench.house.faults("hci0").becomes = "starting";
    bench.adapter.start();
    await bench.pass(240);
    assert.equal(bench.adapter.isBeyondHelp, false);
    assert.equal(bench.adapter.status().state, "recovering");
    await bench.pass(120);
    assert.equal(bench.adapter.isBeyondHelp, true);
    assert.equal(bench.house.logged.filter((line) => /a restart of the hub may/.test(line)).length, 1);
    bench.house.faults("hci0").becomes = "on";
    await bench.pass(120);
    assert.deepEqual([bench.adapter.isBeyondHelp, bench.adapter.status().state], [false, "on"]);
  });

  it("climbs on although nothing was heard for most of an hour before its scan died", async () => {
    bench.adapter.start();
    await bench.pass(3300);
    bench.house.faults("hci0").neverScans = true;
    bench.central.endScan();
    bench.told();
    await bench.pass(120);
    const told = bench.told().filter((line) => /unscan|reset|close|open/.test(line));
    assert.deepEqual(told.slice(0, 4), ["unscan", "reset", "close", "open"]);
    await bench.pass(400);
    assert.equal(bench.adapter.isBeyondHelp, true);
  });

  it("tells its owner once what a missing right needs, and no supervisor", async () => {
    bench.house.faults("hci0").becomes = "no-permission";
    bench.adapter.start();
    await bench.pass(3600);
    assert.deepEqual(bench.house.logged, ["hci0: no-permission. run: setcap"]);
    assert.deepEqual([bench.adapter.isBeyondHelp, bench.adapter.isDisabled], [false, true]);
    assert.equal(bench.adapter.status().advice, "run: setcap");
    bench.house.faults("hci0").becomes = "on";
    await bench.pass(90);
    assert.equal(bench.adapter.status().state, "on");
  });

  it("a house where nobody is costs a scan restart, a reset and an opening anew, ten minutes apart, and no alarm", async () => {
    bench.adapter.start();
    await bench.pass(1805);
    assert.deepEqual(bench.told(), [
      "open",
      "scan",
      "unscan",
      "scan",
      "reset",
      "scan",
      "close",
      "open",
      "scan",
    ]);
    await bench.pass(3600);
    const { advice, recoveries } = bench.adapter.status();
    assert.deepEqual({ advice, recoveries }, { advice: undefined, recoveries: 0 });
  });

  it("a house where nobody is costs no more than scan restarts where another program uses the adapter too", async () => {
    bench.shared = true;
    bench.adapter.start();
    await bench.pass(5 * 3600);
    assert.deepEqual([...new Set(bench.told())], ["open", "scan", "unscan"]);
    // Somebody who should be near is worth a reset all the same.
    bench.expects = true;
    await bench.pass(120);
    assert.ok(bench.told().includes("reset"));
  });

  it("is reset when it hears known handhelds and reaches none", async () => {
    bench.adapter.start();
    await bench.pass(1);
    bench.told();
    for (let i = 0; i < 4; i++) bench.adapter.connected(false);
    await bench.pass(5);
    assert.deepEqual(bench.told(), ["reset", "scan"]);
    await bench.pass(15);
    assert.deepEqual(bench.told(), ["close", "open", "scan"]);
    bench.adapter.connected(true);
    await bench.pass(10);
    assert.ok(bench.house.logged.includes("hci0: works again"));
  });

  it("is not fooled by a wall clock that jumps by years", async () => {
    bench.house.add({ address: "d0:00:00:00:00:01", rssi: { hci0: -50 } });
    bench.adapter.start();
    bench.expects = true;
    await bench.pass(60);
    bench.told();
    for (const jumpMs of [50 * 31_557_600_000, -1e12, 0]) {
      bench.house.clock.jumpMs = jumpMs;
      await bench.pass(60);
    }
    assert.deepEqual([bench.told(), bench.adapter.isBeyondHelp], [[], false]);
  });

  it("rejects the connect under way when it goes, and leaves no timer when stopped", async () => {
    const { timerCount } = bench.house.clock;
    bench.adapter.start();
    await bench.pass(1);
    const connect = bench.adapter.connect("d0:00:00:00:00:07");
    bench.adapter.stop();
    await assert.rejects(connect, { code: "ADAPTER_DOWN" });
    assert.equal(bench.house.clock.timerCount, timerCount);
    assert.equal(bench.told().at(-1), "close");
  });
});
