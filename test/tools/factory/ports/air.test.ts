/** The station's second adapter, by the real noble, against units on the real bleno over the simulated air. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fs from "node:fs";
import type { Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { crc32 } from "node:zlib";
import { decodeIdentity } from "../../../../firmware/identity";
import { systemClock } from "../../../../gateway/clock";
import { Gatt } from "../../../../protocol/names";
import type { Bench } from "../../../../tools/factory/bench";
import { attack } from "../../../../tools/factory/locking";
import { readLog } from "../../../../tools/factory/log";
import { Air as Listener } from "../../../../tools/factory/ports/air";
import { UART } from "../../../../tools/factory/ports/dialler";
import { type End, Turn } from "../../../../tools/factory/turn";
import { decodeUnitLine } from "../../../../tools/factory/unitline";
import { Air } from "../../../../tools/sim/radio/air";
import { listenOnAir } from "../../../../tools/sim/radio/airserver";
import { BlenoRadio } from "../../../../tools/sim/radio/peripheral";
import { Random } from "../../../../tools/sim/random";
import { closeBench, makeStation, openBench, STATION as STATION_FILE } from "../bench";
import { FakeUnit, fakePort } from "../fakeunit";
import { AirConsole, nameField, uuidField } from "./airconsole";
import { lockedRadio } from "./airunit";

/** Instead of fifteen seconds: thirty advertisements. */
const STALE_MS = 3000;
const STATION = "d0:00:00:00:00:01";
const UNIT = "c0:00:00:00:00:01";
/** A resolvable private one. */
const HIDDEN = "5a:00:00:00:00:01";
const CODE: Uint8Array = new Uint8Array(16).fill(1);
const OTHER_CODE: Uint8Array = new Uint8Array(16).fill(2);
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

  function locked(address: string, claimCode = CODE): BlenoRadio {
    const radio = lockedRadio(socket(), address, claimCode);
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

  /** Of the unit with this claim code, which said this address over its console. */
  const like = (claimCode = CODE, address?: string) => ({
    address,
    isOwn: (alias: Uint8Array) => {
      const mac = createHmac("sha256", claimCode).update("avnode/unowned/v1").update(alias.subarray(0, 4));
      return mac.digest().subarray(0, 4).equals(alias.subarray(4));
    },
  });

  it("meets a locked unit by the alias that it says, whatever its address, and finds no console of it", async () => {
    locked(HIDDEN);
    assert.deepEqual(await listener.meet(like(CODE, UNIT), LIMIT_MS), {
      address: HIDDEN,
      console: undefined,
    });
  });

  it("has a console over the air that echoes, which the attack hears", async () => {
    const written = open(UNIT, (bytes) => bytes);
    const met = await listener.meet(like(CODE, UNIT), LIMIT_MS);
    const heard = await attack(met!.console!, QUICK);
    await met!.console!.close();
    assert.ok(Buffer.concat(written).includes('print("open")'));
    assert.ok(heard > 0, `${heard} bytes`);
  });

  it("has one that says nothing, too", async () => {
    open(UNIT, () => undefined);
    const met = await listener.meet(like(CODE, UNIT), LIMIT_MS);
    assert.notEqual(met?.console, undefined);
    assert.equal(await attack(met!.console!, QUICK), 0);
  });

  it("has one, too, that advertises as a blank unit does, at its own address", async () => {
    const console = new AirConsole(
      socket(),
      UNIT,
      [...uuidField(UART.service), ...nameField("Espruino")],
      () => {},
    );
    closers.push(() => console.close());
    assert.equal(await listener.meet(like(CODE, HIDDEN), LISTEN_MS), undefined);
    const met = await listener.meet(like(CODE, UNIT), LISTEN_MS);
    assert.notEqual(met?.console, undefined);
  });

  it("does not take another unit for it, though it came at the same time, nor one that has an owner", async () => {
    assert.equal(await listener.meet(like(), LISTEN_MS), undefined);
    locked(HIDDEN, OTHER_CODE);
    const owned = new BlenoRadio({ ...BOARD, socket: socket(), address: UNIT });
    owned.advertise(true);
    owned.powerOn();
    closers.push(() => owned.powerOff());
    const [mine, others] = await Promise.all([
      listener.meet(like(CODE, UNIT), LISTEN_MS),
      listener.meet(like(OTHER_CODE), LIMIT_MS),
    ]);
    assert.deepEqual([mine, others?.address], [undefined, HIDDEN]);
  });

  describe("in a unit's turn", () => {
    let bench: Bench;

    beforeEach(() => {
      const station = path.join(folder, "station");
      fs.mkdirSync(station);
      makeStation(station);
      const pace = { ...QUICK, airMs: 5000 };
      bench = openBench(station, { withoutAir: false, pace });
    });
    afterEach(() => closeBench(bench));

    /** @param restarted what comes on the air once it has its boot code */
    async function turn(
      restarted: (claimCode: Uint8Array) => void,
    ): Promise<End & { checks: Record<string, string> }> {
      const unit = new FakeUnit({ chip: "c1c1c1c1-00000001" });
      unit.answers = (expression) => (expression.includes("NRF") ? `${UNIT} random` : undefined);
      const cut = unit.cut.bind(unit);
      unit.cut = () => {
        cut();
        const { claimCode } = decodeIdentity(unit.files.get("identity")!, (bytes) => crc32(bytes));
        restarted(claimCode);
      };
      const port = listener.hearing(fakePort("slot 1", [unit]));
      const { signal } = new AbortController();
      const end = await new Turn(bench, port, await port.waitForUnit(signal), () => {}, signal).run();
      const { leaves } = readLog(bench.journal.db, STATION_FILE);
      return { ...end, checks: decodeUnitLine(leaves.at(-1)!).checks };
    }

    it("passes what is heard and has no console over the air, and the log says which were tried", async () => {
      const { word, detail, checks } = await turn((claimCode) => locked(HIDDEN, claimCode));
      assert.deepEqual([word, detail], ["PASS", "unscanned"]);
      assert.deepEqual([checks.lock, checks.air], ["silent over: wire, air", "heard: it said its own alias"]);
    });

    it("fails what has one as not locked", async () => {
      const { word, code, step, detail } = await turn(() => open(UNIT, (bytes) => bytes));
      assert.deepEqual([word, code, step], ["FAIL", "E08", "lock"]);
      assert.match(detail, /^over the air it offers a console, which answered with [1-9]\d* bytes$/);
    });

    it("fails what is dead while another, in another slot, comes on the air", async () => {
      const { word, code } = await turn(() => locked(HIDDEN, OTHER_CODE));
      assert.deepEqual([word, code], ["FAIL", "E09"]);
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
