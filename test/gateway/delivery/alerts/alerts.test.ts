import assert from "node:assert/strict";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { systemClock } from "../../../../gateway/clock";
import { Alerts, type AlertsParts, type Tell } from "../../../../gateway/delivery/alerts/alerts";
import { Watcher } from "../../../../gateway/delivery/watcher";
import { silentLog } from "../../../../gateway/store/log";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe("alerts and the watcher", () => {
  let time: SinonFakeTimers;
  let wrong: Map<string, string>;
  let told: { at: string; lines: string[] }[];
  let ends: { stop(): void }[];

  beforeEach(() => {
    // 23:30 in Berlin, half an hour before midnight of the night that lasts an hour longer.
    time = useFakeTimers({ now: Date.parse("2026-10-24T21:30Z") });
    [wrong, told, ends] = [new Map(), [], []];
  });
  afterEach(() => {
    for (const one of ends) one.stop();
    time.restore();
  });

  const keep: Tell = async (lines) =>
    void told.push({ at: new Date(Date.now()).toISOString().slice(0, 16), lines });
  const start = (changes: Partial<AlertsParts> = {}) =>
    ends.push(
      new Alerts({
        ...{ lookout: () => wrong, ways: [keep], clock: systemClock, log: silentLog, random: () => 0.5 },
        ...changes,
      }),
    );

  it("gather what goes wrong together, and tell it once while it lasts", async () => {
    start();
    wrong.set("disk", "the disk is full");
    await time.tickAsync(MINUTE_MS);
    wrong.set("radio", "no adapter");
    await time.tickAsync(12 * HOUR_MS);
    assert.deepEqual(
      told.map(({ lines }) => lines),
      [["the disk is full", "no adapter"]],
    );
    wrong.delete("radio");
    await time.tickAsync(HOUR_MS);
    wrong.set("radio", "no adapter");
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(told[1]!.lines, ["no adapter"]);
  });

  it("are kept back until seven in the morning, also the night when the clock is put back", async () => {
    start({ quiet: { from: "22:00", to: "07:00" }, timeZone: "Europe/Berlin" });
    wrong.set("disk", "the disk is full");
    await time.tickAsync(3 * HOUR_MS);
    wrong.set("radio", "no adapter");
    await time.tickAsync(12 * HOUR_MS);
    assert.deepEqual(told, [{ at: "2026-10-25T06:00", lines: ["the disk is full", "no adapter"] }]);
  });

  it("wait for a server that is down, without keeping another's back", async () => {
    let isDown = true;
    const other: string[][] = [];
    const failing: Tell = async (lines) => {
      if (isDown) throw new Error("no route");
      await keep(lines);
    };
    start({ ways: [failing, async (lines) => void other.push(lines)] });
    for (let n = 0; n < 60; n++) wrong.set(`${n}`, `problem ${n}`);
    await time.tickAsync(48 * HOUR_MS);
    assert.equal(other.length, 1);
    assert.equal(other[0]!.at(-1), "and 10 more");
    isDown = false;
    await time.tickAsync(2 * HOUR_MS);
    assert.deepEqual(
      told.map(({ lines }) => lines),
      other,
    );
  });

  it("tell the watcher every minute while all is well, nothing else, and go on after it failed", async () => {
    let [isWell, pings] = [true, 0];
    const ping = async () => {
      pings++;
      throw new Error("unreached");
    };
    const parts = { url: "https://watch.example/secret", clock: systemClock, log: silentLog, ping };
    ends.push(new Watcher({ ...parts, isWell: () => isWell }));
    await time.tickAsync(10 * MINUTE_MS);
    assert.equal(pings, 10);
    isWell = false;
    await time.tickAsync(10 * MINUTE_MS);
    assert.equal(pings, 10);
  });
});
