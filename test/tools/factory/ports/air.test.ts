/** The station's second adapter, by the real noble, against units on the real bleno over the simulated air. */
import assert from "node:assert/strict";
import fs from "node:fs";
import type { Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../../../gateway/clock";
import { Gatt } from "../../../../protocol/names";
import type { Bench } from "../../../../tools/factory/bench";
import { attack } from "../../../../tools/factory/locking";
import { readLog } from "../../../../tools/factory/log";
import { Air as Listener } from "../../../../tools/factory/ports/air";
import type { Port, Seen } from "../../../../tools/factory/ports/port";
import { type End, Turn } from "../../../../tools/factory/turn";
import { decodeUnitLine } from "../../../../tools/factory/unitline";
import { Air } from "../../../../tools/sim/radio/air";
import { listenOnAir } from "../../../../tools/sim/radio/airserver";
import { BlenoRadio } from "../../../../tools/sim/radio/peripheral";
import { Random } from "../../../../tools/sim/random";
import { closeBench, makeStation, openBench, STATION as STATION_FILE } from "../bench";
import { FakeUnit, fakePort } from "../fakeunit";
import { AirConsole, nameField, uuidField } from "./airconsole";

/** Instead of fifteen seconds: thirty advertisements. */
const STALE_MS = 3000;
const STATION = "d0:00:00:00:00:01";
const UNIT = "c0:00:00:00:00:01";
const OTHER = "c0:00:00:00:00:02";
/** Resolvable private ones. */
const HIDDEN = ["5a:00:00:00:00:01", "5a:00:00:00:00:02"] as const;
const TAKEN = "by a new address, taken for its own";
const BOARD = { notificationBytes: 128, queue: 8, notificationsPerSecond: 40, advertisingMs: 100 };
const QUICK = { quietMs: 20, listenMs: 100, lastMs: 200, airMs: 15_000 };
/** Twenty advertisements. */
const LISTEN_MS = 2000;
const LIMIT_MS = 60_000;

describe("the station's second adapter", function () {
  this.timeout(LIMIT_MS * 2);
  let folder: string;
  let air: Air;
  let server: Server;
  let listener: Listener;
  let closers: (() => void)[];

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "av-"));
    air = new Air({ now: () => performance.now(), after: systemClock.after }, new Random(1));
    server = await listenOnAir(air, socket());
    listener = await Listener.open(`unix:${socket()}#${STATION}`, STALE_MS);
    closers = [];
  });
  afterEach(() => {
    listener.close();
    for (const close of closers) close();
    server.close();
    air.close();
    fs.rmSync(folder, { recursive: true });
  });

  const socket = () => path.join(folder, "air");

  /** As the firmware advertises, with no service but ours. */
  function locked(address: string, owned = false): BlenoRadio {
    const radio = new BlenoRadio({ ...BOARD, socket: socket(), address });
    radio.advertise(owned);
    radio.powerOn();
    closers.push(() => radio.powerOff());
    return radio;
  }

  /** Advertises as a locked one, and has a Nordic UART. @param answers to what is written to it */
  function open(address: string, answers: (bytes: Buffer) => Buffer | undefined): Buffer[] {
    const written: Buffer[] = [];
    const said = [...uuidField(Gatt.service), ...nameField("avnode")];
    const console = new AirConsole(socket(), address, said, (bytes) => {
      written.push(bytes);
      const answer = answers(bytes);
      if (answer) console.send(answer);
    });
    closers.push(() => console.close());
    return written;
  }

  /** A slot into which a unit was just plugged. */
  async function slot(name = "slot 1"): Promise<Required<Pick<Port, "seen" | "otherPaths">>> {
    const port = listener.hearing(fakePort(name, [new FakeUnit({ chip: name })]));
    await port.waitForUnit(new AbortController().signal);
    return port as Required<Port>;
  }

  async function comesToSee(port: Pick<Required<Port>, "seen">, address?: string): Promise<Seen | undefined> {
    for (const until = Date.now() + LIMIT_MS; Date.now() < until; await pause(20)) {
      const seen = await port.seen(address);
      if (seen) return seen;
    }
    return undefined;
  }

  it("hears a locked unit by the address that it said, and finds no console of it", async () => {
    const port = await slot();
    locked(UNIT);
    assert.equal(await comesToSee(port, UNIT), "by its address");
    assert.deepEqual(await port.otherPaths(UNIT), [{ name: "air", wire: undefined }]);
  });

  it("has a console over the air that echoes, which the attack hears", async () => {
    const port = await slot();
    const written = open(UNIT, (bytes) => bytes);
    const [found] = await port.otherPaths(UNIT);
    assert.equal(found?.name, "air");
    const heard = await attack(found!.wire!, QUICK);
    await found!.wire!.close();
    assert.ok(Buffer.concat(written).includes('print("open")'));
    assert.ok(heard > 0, `${heard} bytes`);
  });

  it("has one that says nothing, too", async () => {
    const port = await slot();
    open(UNIT, () => undefined);
    const [found] = await port.otherPaths(UNIT);
    assert.notEqual(found?.wire, undefined);
    assert.equal(await attack(found!.wire!, QUICK), 0);
  });

  it("does not see who is silent, who has an owner, and another where this one said its address", async () => {
    const port = await slot();
    await pause(LISTEN_MS);
    assert.equal(await port.seen(), undefined);
    locked(UNIT, true);
    locked(OTHER);
    assert.equal(await comesToSee(await slot("slot 2"), OTHER), "by its address");
    await pause(LISTEN_MS);
    assert.equal(await port.seen(UNIT), undefined);
    assert.deepEqual(await port.otherPaths(UNIT), []);
  });

  it("takes a new hidden address for the unit's, one for each slot, and none that was there before", async () => {
    const early = await slot();
    locked(HIDDEN[0]);
    assert.equal(await comesToSee(early, UNIT), TAKEN);
    const late = await slot("slot 2");
    await pause(LISTEN_MS);
    assert.equal(await late.seen(UNIT), undefined);
    locked(HIDDEN[1]);
    assert.equal(await comesToSee(late, UNIT), TAKEN);
    const third = await slot("slot 3");
    await pause(LISTEN_MS);
    assert.equal(await third.seen(UNIT), undefined);
  });

  describe("in a unit's turn", () => {
    let bench: Bench;

    beforeEach(() => {
      const station = path.join(folder, "station");
      fs.mkdirSync(station);
      makeStation(station);
      bench = openBench(station, { withoutAir: false });
    });
    afterEach(() => closeBench(bench));

    /** @param restarted what comes on the air once it has its boot code */
    async function turn(restarted: () => void): Promise<End & { checks: Record<string, string> }> {
      const unit = new FakeUnit({ chip: "c1c1c1c1-00000001" });
      const cut = unit.cut.bind(unit);
      unit.cut = () => {
        cut();
        restarted();
      };
      const port = listener.hearing(fakePort("slot 1", [unit]));
      const { signal } = new AbortController();
      const end = await new Turn(bench, port, await port.waitForUnit(signal), () => {}, signal).run();
      const { leaves } = readLog(bench.journal.db, STATION_FILE);
      return { ...end, checks: decodeUnitLine(leaves.at(-1)!).checks };
    }

    it("passes what is heard and has no console over the air, and the log says which were tried", async () => {
      const { word, detail, checks } = await turn(() => locked(UNIT));
      assert.deepEqual([word, detail], ["PASS", "unscanned"]);
      assert.deepEqual([checks.lock, checks.air], ["silent over: wire, air", `heard ${TAKEN}`]);
    });

    it("fails what has one as not locked", async () => {
      const { word, code, step, detail } = await turn(() => open(UNIT, (bytes) => bytes));
      assert.deepEqual([word, code, step], ["FAIL", "E08", "lock"]);
      assert.match(detail, /^over the air it offers a console, which answered with [1-9]\d* bytes$/);
    });

    it("fails what is not heard, and claims no look over the air", async () => {
      const { word, code, step, checks } = await turn(() => {});
      assert.deepEqual([word, code, step, checks.lock], ["FAIL", "E09", "air", "silent over: wire"]);
    });
  });

  it("says which adapter is not there, and what to do", async () => {
    await assert.rejects(Listener.open(`unix:${path.join(folder, "none")}`), {
      code: "FACTORY_ADAPTER",
      message: /there is no adapter unix:.*: name one/,
    });
  });
});
