import assert from "node:assert/strict";
import { logLimits } from "../../../gateway/health/limitlog";
import { type Limit, Limits } from "../../../gateway/health/limits";
import { disk, rings } from "../../../gateway/health/measures";
import { Rig } from "../store/rig";

const GB = 1e9;
const MINUTE = 60_000;

/** Virtual time, and whatever the test says. */
class Meter {
  time = 1_000_000;
  permille = 0;
  measuredAt?: number;
  private readonly runs: { at: number; run: () => void }[] = [];
  readonly clock = {
    now: () => this.time,
    after: (ms: number, run: () => void) => {
      const one = { at: this.time + ms, run };
      this.runs.push(one);
      return () => void this.runs.splice(this.runs.indexOf(one), 1);
    },
  };
  readonly limits = new Limits(
    [(now) => [{ what: "ring", device: "a", permille: this.permille, at: this.measuredAt ?? now }]],
    this.clock,
  );

  level(permille = this.permille): string {
    this.permille = permille;
    return this.limits.list()[0]!.level;
  }

  pass(ms: number): void {
    this.time += ms;
    for (const one of this.runs.filter(({ at }) => at <= this.time)) {
      this.runs.splice(this.runs.indexOf(one), 1);
      one.run();
    }
  }
}

describe("limits", () => {
  it("are near from 80 % on, full at 100 %, and what to do is said of both", () => {
    const meter = new Meter();
    for (const [permille, level] of [
      [799, "ok"],
      [800, "near"],
      [999, "near"],
      [1000, "full"],
    ] as const) {
      assert.equal(meter.level(permille), level);
      assert.equal(meter.limits.list()[0]!.advice !== undefined, level !== "ok");
    }
  });

  it("do not flap: a level ends 5 % below where it began", () => {
    const meter = new Meter();
    const levels = [800, 799, 750, 749, 799, 800, 1000, 999, 950, 949, 750, 749].map((one) =>
      meter.level(one),
    );
    assert.deepEqual(levels, "near near near ok ok near full full full near near ok".split(" "));
  });

  it("say since when", () => {
    const meter = new Meter();
    const since = () => meter.limits.list()[0]!.since;
    meter.level(810);
    const began = meter.time;
    meter.pass(MINUTE);
    meter.level(900);
    assert.equal(since(), began);
    meter.pass(MINUTE);
    meter.level(1000);
    assert.equal(since(), began + 2 * MINUTE);
  });

  it("are not called fine when nobody has heard for too long, and are called full however old that is", () => {
    const meter = new Meter();
    meter.measuredAt = meter.time;
    assert.equal(meter.level(790), "ok");
    meter.pass(15 * MINUTE);
    assert.equal(meter.level(), "ok");
    meter.pass(1);
    assert.equal(meter.level(), "unknown");
    assert.equal(meter.limits.list()[0]!.since, meter.measuredAt);
    for (const [permille, level] of [
      [800, "near"],
      [1000, "full"],
    ] as const) {
      assert.equal(meter.level(permille), level);
      meter.pass(365 * 24 * 60 * MINUTE);
      assert.equal(meter.level(), level);
    }
  });

  it("are told every ten seconds with what changed, and stand in the log once a level", () => {
    const meter = new Meter();
    const lines: string[] = [];
    const changes: string[][] = [];
    const log = (level: string) => (_: object, text: string) => void lines.push(`${level} ${text}`);
    meter.limits.listen(logLimits({ info: log("info"), warn: log("warn"), error: log("error") }));
    meter.limits.listen((_, changed) => void changes.push(changed.map(({ level }) => level)));
    for (const permille of [100, 850, 870, 1000, 100]) {
      meter.permille = permille;
      meter.pass(10_000);
    }
    assert.deepEqual(changes, [[], ["near"], [], ["full"], ["ok"]]);
    assert.equal(lines.length, 3, lines.join("\n"));
    assert.match(lines[0]!, /^warn ring of handheld a: 85 % full\. Do next: keep the handheld near/);
    assert.match(
      lines[1]!,
      /^warn ring of handheld a: 100 % full\. Do next: its oldest seconds are being lost/,
    );
    assert.equal(lines[2], "info ring of handheld a: has room again");
    meter.limits.stop();
    meter.pass(10_000);
    assert.equal(changes.length, 5);
  });

  it("that cannot be measured are told in the log, and are looked at again", () => {
    const lines: string[] = [];
    const meter = new Meter();
    let isGone = true;
    const limits = new Limits(
      [
        disk(
          () => {
            if (isGone) throw new Error("no such disk");
            return { freeBytes: 50 * GB, freePercent: 50 };
          },
          () => ({}),
        ),
      ],
      meter.clock,
      { info() {}, warn: (_, text) => void lines.push(text), error() {} },
    );
    const seen: Limit[][] = [];
    limits.listen((all) => void seen.push(all));
    meter.pass(10_000);
    assert.match(lines.join(), /could not see how full things are: no such disk/);
    isGone = false;
    meter.pass(10_000);
    assert.equal(seen.length, 1);
  });
});

describe("how full", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  it("a handheld's flash is comes from its newest status, with when that was", () => {
    const handheld = rig.claimed();
    rig.time.tick(MINUTE);
    rig.store.receive(handheld.alias, handheld.status({ ringPermille: 812 }));
    rig.time.tick(50);
    const [ring, ...more] = rings(rig.store.reader)(Date.now() + 9);
    assert.deepEqual(more, []);
    assert.deepEqual([ring!.what, ring!.device, ring!.permille], ["ring", handheld.hex, 812]);
    assert.ok(Math.abs(ring!.at - Date.now()) < 1000, String(ring!.at));
  });

  it("the disk is: few bytes are few, whatever their share, and where nothing can be written it is full", () => {
    const permille = (freeBytes: number, freePercent: number, reason?: string) =>
      disk(
        () => ({ freeBytes, freePercent }),
        () => ({ reason }),
      )(9)[0]!.permille;
    assert.equal(permille(50 * GB, 21), 790);
    assert.equal(permille(50 * GB, 20), 800);
    assert.equal(permille(0.4 * GB, 40), 900);
    assert.equal(permille(0.05 * GB, 40), 1000);
    assert.equal(permille(50 * GB, 50, "SQLITE_IOERR"), 500);

    const handheld = rig.claimed();
    const db = rig.store["db"];
    const limits = new Limits(
      [
        disk(
          () => ({ freeBytes: 50 * GB, freePercent: 50 }),
          () => rig.store.health,
        ),
      ],
      { now: () => Date.now(), after: () => () => {} },
    );
    assert.equal(limits.list()[0]!.level, "ok");
    db.pragma(`max_page_count = ${db.pragma("page_count", { simple: true })}`);
    const made = handheld.record(400);
    rig.deliver(handheld, made);
    rig.time.tick(40_000);
    assert.equal(limits.list()[0]!.level, "full");
    db.pragma("max_page_count = 1000000");
    rig.deliver(handheld, made);
    rig.time.tick(40_000);
    rig.deliver(handheld, made);
    assert.equal(limits.list()[0]!.level, "ok");
  });
});
