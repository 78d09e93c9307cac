import assert from "node:assert/strict";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { systemClock } from "../../../../gateway/clock";
import { Alerts, type AlertsParts, type Tell } from "../../../../gateway/delivery/alerts/alerts";
import type { Wanted } from "../../../../gateway/delivery/alerts/book";
import type { Pile, Wrong } from "../../../../gateway/delivery/alerts/pile";
import { Watcher } from "../../../../gateway/delivery/watcher";
import type { AlertTopic } from "../../../../gateway/schema/alerts";
import { silentLog } from "../../../../gateway/store/log";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ALL: AlertTopic[] = ["hub", "handheld", "delivery", "finding"];
const NIGHT = { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" };

describe("alerts and the watcher", () => {
  let time: SinonFakeTimers;
  let wrong: Map<string, Wrong>;
  let told: { at: string; to: number; title: string; lines: string[] }[];
  let ends: { stop(): void }[];
  /** As on disk: a hub that starts again finds it. */
  let kept: string;
  let wanted: Wanted & { paused: boolean };

  beforeEach(() => {
    // 23:30 in Berlin, half an hour before midnight of the night that lasts an hour longer.
    time = useFakeTimers({ now: Date.parse("2026-10-24T21:30Z") });
    [wrong, told, ends, kept] = [new Map(), [], [], "[]"];
    const way = { kind: "webhook", url: "https://a.example/" } as const;
    wanted = {
      listeners: [{ id: 1, way, tells: ALL }],
      times: { gatherMinutes: 5, silentHours: 24 },
      ...{ nextId: 2, paused: false },
    };
  });
  afterEach(() => {
    for (const one of ends) one.stop();
    time.restore();
  });

  const book: AlertsParts["book"] = {
    wanted: () => wanted,
    told: () => JSON.parse(kept) as Pile[],
    keep: (piles) => {
      kept = JSON.stringify(piles);
    },
  };
  const keep: Tell = async ({ id }, { title, lines }) =>
    void told.push({ at: new Date(Date.now()).toISOString().slice(0, 16), to: id, title, lines });
  const start = (changes: Partial<AlertsParts> = {}) => {
    const parts = { lookout: () => wrong, tell: keep, clock: systemClock, log: silentLog, random: () => 0.5 };
    const alerts = new Alerts({ ...parts, book, ...changes });
    ends.push(alerts);
    return alerts;
  };
  const happens = (key: string, text: string, more: Partial<Wrong> = {}) =>
    wrong.set(key, { text, topic: "hub", ...more });
  const lines = () => told.map((one) => one.lines);

  it("gather what goes wrong together, tell it once while it lasts, and once that it is over", async () => {
    start();
    happens("disk", "the disk is 81 % full: make room");
    await time.tickAsync(MINUTE_MS);
    happens("radio", "no adapter: plug one in", { said: { code: "no-adapter" } });
    await time.tickAsync(12 * HOUR_MS);
    assert.deepEqual(lines(), [["the disk is 81 % full: make room", "no adapter: plug one in"]]);
    wrong.delete("radio");
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(lines()[1], ["over again: no adapter"]);
    assert.deepEqual(
      book.told()[0]!.told.map(({ said }) => said),
      [[{ code: "no-adapter", over: true }], [{}, { code: "no-adapter" }]],
    );
    assert.deepEqual(
      told.map(({ title }) => title),
      ["Your ECG hub needs a look", "Your ECG hub: over again"],
    );
    happens("radio", "no adapter: plug one in");
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(lines()[2], ["no adapter: plug one in"]);
  });

  it("tell what is over in full, where a reason or a name holds a colon", async () => {
    start();
    const reason = "ENOSPC: no space left";
    happens("store", `the store cannot be written (${reason}): make room`, {
      said: { code: "store", values: { reason } },
    });
    const name = "Anna: bedroom";
    happens("silent", `nothing was heard of handheld ${name} for 24 hours: see that it is charged`, {
      said: { code: "silent", values: { name, hours: 24 } },
    });
    await time.tickAsync(HOUR_MS);
    wrong.clear();
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(lines()[1], [
      "over again: the store cannot be written (ENOSPC: no space left)",
      "over again: nothing was heard of handheld Anna: bedroom for 24 hours",
    ]);
  });

  it("tell of what comes and goes for a day as of one problem", async () => {
    start();
    for (let n = 0; n < 144; n++) {
      if (n % 2 === 0) happens("radio", "no adapter: plug one in");
      else wrong.delete("radio");
      await time.tickAsync(10 * MINUTE_MS);
    }
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(lines(), [["no adapter: plug one in"], ["over again: no adapter"]]);
  });

  it("tell nobody what was over before it was told, unless recordings were lost by it", async () => {
    start();
    happens("broker", "the broker cannot be reached: see that it runs");
    happens("ring", "the memory is 100 % full: keep it near", { urgent: true });
    happens("finding", "possible AF", { topic: "finding", once: true });
    await time.tickAsync(MINUTE_MS);
    wrong.clear();
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(lines(), [
      ["the memory is 100 % full: keep it near", "possible AF"],
      ["over again: the memory is 100 % full"],
    ]);
    wanted.times.quiet = { ...NIGHT, from: "00:00" };
    happens("broker", "the broker cannot be reached: see that it runs");
    await time.tickAsync(HOUR_MS);
    wrong.clear();
    await time.tickAsync(24 * HOUR_MS);
    assert.equal(told.length, 2);
  });

  it("tell each of what he wants to hear, and of what happened no end", async () => {
    const way = { kind: "webhook", url: "https://b.example/" } as const;
    wanted.listeners = [
      { id: 1, way, tells: ["hub"] },
      { id: 2, way, tells: ["finding", "handheld"] },
    ];
    start();
    happens("finding 1", "possible AF", { topic: "finding", once: true });
    happens("disk", "the disk is full");
    await time.tickAsync(HOUR_MS);
    wrong.clear();
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(
      told.map(({ to, lines: [line] }) => [to, line]),
      [
        [1, "the disk is full"],
        [2, "possible AF"],
        [1, "over again: the disk is full"],
      ],
    );
    // One who wants to hear of it only now hears what is still so.
    happens("ring", "the memory is 85 % full", { topic: "handheld" });
    await time.tickAsync(HOUR_MS);
    wanted.listeners[0]!.tells = ["hub", "handheld"];
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(
      told.slice(3).map(({ to }) => to),
      [2, 1],
    );
  });

  it("are kept back until seven in the morning, also the night when the clock is put back", async () => {
    wanted.times.quiet = NIGHT;
    start();
    happens("copy", "a backup is too old");
    await time.tickAsync(3 * HOUR_MS);
    happens("radio", "no adapter");
    await time.tickAsync(12 * HOUR_MS);
    const [one] = told;
    assert.deepEqual([told.length, one!.at], [1, "2026-10-25T06:00"]);
    assert.deepEqual(one!.lines, ["a backup is too old", "no adapter"]);
  });

  it("are told in quiet hours where recordings are lost, and again when it comes to that", async () => {
    wanted.times.quiet = NIGHT;
    start();
    happens("ring", "the memory is 81 % full: keep it near", { topic: "handheld" });
    await time.tickAsync(HOUR_MS);
    assert.equal(told.length, 0);
    happens("ring", "the memory is 100 % full: keep it near", { topic: "handheld", urgent: true });
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(
      told.map(({ at, lines: said }) => [at, ...said]),
      [["2026-10-24T22:30", "the memory is 100 % full: keep it near"]],
    );
    wrong.clear();
    await time.tickAsync(12 * HOUR_MS);
    assert.deepEqual(
      [told[1]!.at, ...told[1]!.lines],
      ["2026-10-25T06:00", "over again: the memory is 100 % full"],
    );
  });

  it("wait for a server that is down, without keeping another's back", async () => {
    wanted.listeners.push({ ...wanted.listeners[0]!, id: 2 });
    let isDown = true;
    const tell: Tell = async (to, message, isHealth) => {
      if (to.id === 1 && isDown) throw new Error("a.example: ECONNREFUSED");
      await keep(to, message, isHealth);
    };
    start({ tell });
    for (let n = 0; n < 60; n++) happens(`${n}`, `problem ${n}`);
    await time.tickAsync(48 * HOUR_MS);
    assert.deepEqual([told.length, told[0]!.to, told[0]!.lines.at(-1)], [1, 2, "and 10 more"]);
    assert.equal(book.told()[0]!.reason, "a.example: ECONNREFUSED");
    isDown = false;
    await time.tickAsync(2 * HOUR_MS);
    assert.deepEqual([told.length, told[1]!.lines], [2, told[0]!.lines]);
    assert.equal(book.told()[0]!.reason, undefined);
    assert.deepEqual(book.told()[0]!.told[0]!.said!.at(-1), { code: "more", values: { count: 10 } });
  });

  it("go on after the hub was ended at any point, and tell once", async () => {
    let first = start();
    happens("disk", "the disk is full");
    await time.tickAsync(MINUTE_MS);
    first.stop();
    start();
    await time.tickAsync(HOUR_MS);
    assert.equal(told.length, 1);
    ends.pop()!.stop();
    // What ended while the hub was off is told, too.
    wrong.clear();
    first = start();
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(lines().slice(1), [["over again: the disk is full"]]);
  });

  it("tell again what a server may have had when the hub was ended", async () => {
    const first = start({
      tell: async (to, message, isHealth) => keep(to, message, isHealth).then(() => new Promise(() => {})),
    });
    happens("disk", "the disk is full");
    await time.tickAsync(HOUR_MS);
    first.stop();
    start();
    await time.tickAsync(HOUR_MS);
    assert.deepEqual(lines(), [["the disk is full"], ["the disk is full"]]);
  });

  it("tell of a full disk although nothing can be noted there, and once", async () => {
    const full = () => {
      throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
    };
    start({ book: { ...book, keep: full } });
    happens("disk", "the disk is full");
    await time.tickAsync(24 * HOUR_MS);
    assert.deepEqual(lines(), [["the disk is full"]]);
  });

  it("tell nobody anything after a restore, until the times are said again", async () => {
    wanted.paused = true;
    start();
    happens("disk", "the disk is full");
    await time.tickAsync(24 * HOUR_MS);
    assert.equal(told.length, 0);
    wanted.paused = false;
    await time.tickAsync(HOUR_MS);
    assert.equal(told.length, 1);
  });

  it("tell the watcher every minute while all is well, nothing else, and go on after it failed", async () => {
    let [isWell, pings, isUp] = [true, 0, false];
    let url: string | undefined = "https://watch.example/secret";
    const ping = async () => {
      pings++;
      if (!isUp) throw new Error("unreached");
    };
    const parts = { url: () => url, clock: systemClock, log: silentLog, ping };
    const watcher = new Watcher({ ...parts, isWell: () => isWell });
    ends.push(watcher);
    await time.tickAsync(10 * MINUTE_MS);
    assert.equal(pings, 10);
    assert.equal(watcher.watched.failingSince, Date.parse("2026-10-24T21:31Z"));
    isUp = true;
    await time.tickAsync(MINUTE_MS);
    assert.deepEqual(watcher.watched, { pingedAt: Date.parse("2026-10-24T21:41Z") });
    isWell = false;
    await time.tickAsync(10 * MINUTE_MS);
    await assert.rejects(watcher.ping(), /the hub is not well/);
    assert.equal(pings, 11);
    [isWell, url] = [true, undefined];
    await time.tickAsync(10 * MINUTE_MS);
    assert.equal(pings, 11);
  });
});
