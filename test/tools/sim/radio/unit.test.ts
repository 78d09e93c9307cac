import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import type { Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../../../gateway/clock";
import { startHub } from "../../../../gateway/hub";
import { MonitorState } from "../../../../protocol/command";
import { Gatt } from "../../../../protocol/names";
import { EcgGenerator } from "../../../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../../../tools/sim/frontend";
import { openHouse } from "../../../../tools/sim/house";
import { openKeepsake } from "../../../../tools/sim/keepsake";
import { claimIfNew } from "../../../../tools/sim/owner";
import { Air } from "../../../../tools/sim/radio/air";
import { listenOnAir } from "../../../../tools/sim/radio/airserver";
import { PERFECT } from "../../../../tools/sim/radio/lossy";
import type { UnitStatus } from "../../../../tools/sim/radio/messages";
import { BlenoRadio } from "../../../../tools/sim/radio/peripheral";
import { UnitProcess } from "../../../../tools/sim/radio/unitprocess";
import { Random } from "../../../../tools/sim/random";
import { GeneratedSource } from "../../../../tools/sim/source";
import { scratch } from "../../../e2e/rig";
import { TestCentral } from "./central";

const HANDHELD = "c0:00:00:00:00:01";
const ELSEWHERE = "c0:00:00:00:00:02";
const CENTRALS = ["d0:00:00:00:00:01", "d0:00:00:00:00:02"];
const LIMIT_MS = 120_000;
const ECG = { seed: 5, rate: 256 };
/** As a XIAO BLE. */
const BOARD = { notificationBytes: 128, queue: 8, notificationsPerSecond: 40, advertisingMs: 100 };

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const since = Date.now(); !(await isSo()); ) {
    if (Date.now() - since > LIMIT_MS) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a virtual handheld on the real bleno", function () {
  const socket = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "av-")), "air");
  const clock = { now: () => performance.now(), after: systemClock.after };
  let air: Air;
  let server: Server;
  let centrals: TestCentral[] = [];

  const central = (which = 0) => {
    const made = new TestCentral(socket, CENTRALS[which]!);
    centrals.push(made);
    return made;
  };

  before(async () => {
    air = new Air(clock, new Random(1));
    server = await listenOnAir(air, socket);
  });
  afterEach(() => {
    for (const one of centrals) one.close();
    centrals = [];
  });
  after(() => {
    server.close();
    air.close();
    fs.rmSync(path.dirname(socket), { recursive: true });
  });

  describe("as a radio", () => {
    let radio: BlenoRadio;
    let connects: number;
    let disconnects: number;
    let written: Buffer[];

    beforeEach(() => {
      radio = new BlenoRadio({ ...BOARD, socket, address: HANDHELD });
      connects = 0;
      disconnects = 0;
      written = [];
      radio.peripheral.onConnect = () => connects++;
      radio.peripheral.onDisconnect = () => disconnects++;
      radio.peripheral.onWrite = (bytes) => written.push(Buffer.from(bytes));
    });
    afterEach(() => radio.powerOff());

    it("has one service with an uplink that notifies and a downlink that is written", async () => {
      radio.powerOn();
      const { service, uplink, downlink } = await central().meet(HANDHELD);
      assert.deepEqual(uplink.properties, ["notify"]);
      assert.deepEqual([...downlink.properties].sort(), ["write", "writeWithoutResponse"]);
      assert.equal(service.characteristics.length, 2);
    });

    it("says the project's name until it is owned, then none", async () => {
      radio.powerOn();
      const one = central();
      const stranger = await one.hear(({ address }) => address === HANDHELD);
      assert.equal(stranger.name, "avnode");
      assert.deepEqual(stranger.services, [Gatt.service.replaceAll("-", "")]);
      one.close();
      radio.advertise(true);
      const owned = await central(1).hear(({ address }) => address === HANDHELD);
      assert.equal(owned.name, undefined);
      assert.deepEqual(owned.services, [Gatt.service.replaceAll("-", "")]);
    });

    it("is seen while it takes nobody, and then takes whoever waited for that", async () => {
      radio.admit(false);
      radio.powerOn();
      const { peripheral } = await central().hear(({ address }) => address === HANDHELD);
      const connecting = peripheral.connectAsync();
      const listener = central(1);
      await listener.hear(({ address }) => address === HANDHELD);
      listener.close();
      assert.equal(connects, 0);
      radio.admit(true);
      await connecting;
      await until("the connection", () => connects === 1);
    });

    it("tells the firmware of a connection when it is made, and again when it can be heard", async () => {
      radio.powerOn();
      const { uplink, peripheral } = await central().meet(HANDHELD);
      await until("the connection", () => connects === 1);
      radio.peripheral.notify(new Uint8Array(20));
      assert.equal(radio.status().vanished, 1);
      await uplink.subscribeAsync();
      await until("the subscription", () => connects === 2);
      await peripheral.disconnectAsync();
      await until("the end", () => disconnects === 1);
    });

    it("notifies 20 bytes before an MTU is agreed on, then as much as the board takes, and the hub writes no more", async () => {
      radio.powerOn();
      assert.equal(radio.peripheral.notificationBytes(), 20);
      const { uplink, downlink, peripheral } = await central().meet(HANDHELD);
      await uplink.subscribeAsync();
      await until("the MTU", () => radio.peripheral.notificationBytes() === BOARD.notificationBytes);
      assert.equal(peripheral.mtu, BOARD.notificationBytes + 3);
      const got: Buffer[] = [];
      uplink.on("data", (bytes: Buffer) => got.push(bytes));
      radio.peripheral.notify(new Uint8Array(128).fill(7));
      radio.peripheral.notify(new Uint8Array(129).fill(8));
      await downlink.writeAsync(Buffer.alloc(128, 1), false);
      await until("both ways", () => got.length === 1 && written.length === 1);
      assert.deepEqual(got, [Buffer.alloc(128, 7)]);
      assert.equal(radio.status().vanished, 1);
      assert.deepEqual(written, [Buffer.alloc(128, 1)]);
    });

    it("lets what a full queue cannot take vanish without a word, and keeps the order of the rest", async () => {
      radio.powerOn();
      const { uplink } = await central().meet(HANDHELD);
      await uplink.subscribeAsync();
      await until("the subscription", () => radio.status().subscribed);
      const got: number[] = [];
      uplink.on("data", (bytes: Buffer) => got.push(bytes[0]!));
      for (let number = 0; number < 50; number++) radio.peripheral.notify(new Uint8Array(20).fill(number));
      // The answer to the subscription may still have a place of the queue.
      const queued = 50 - radio.status().vanished;
      assert.ok(queued === BOARD.queue || queued === BOARD.queue - 1, `${queued} queued`);
      await until("what was queued", () => got.length === queued);
      assert.deepEqual(
        got,
        Array.from({ length: queued }, (_, number) => number),
      );
      radio.peripheral.notify(new Uint8Array(20).fill(99));
      await until("one more", () => got.at(-1) === 99);
    });

    it("serves one central, and the next one after that", async () => {
      radio.powerOn();
      const first = await central().meet(HANDHELD);
      const second = central(1);
      const waiting = second.meet(HANDHELD);
      await until("the connection", () => radio.status().linked);
      await first.peripheral.disconnectAsync();
      const { uplink } = await waiting;
      await uplink.subscribeAsync();
      await until("the second", () => radio.status().subscribed && disconnects === 1);
      assert.equal(radio.status().connects, 2);
    });

    it("survives attribute requests that are cut short", async () => {
      radio.powerOn();
      const { downlink } = await central().meet(HANDHELD);
      const handle = 0x40;
      for (let opcode = 0; opcode < 256; opcode++) {
        // L2CAP: length 1, channel 4 (ATT), the opcode alone; on the handles that a controller gives out first.
        for (const at of [0, 1, handle]) air.inject(HANDHELD, at, Buffer.from([1, 0, 4, 0, opcode]));
      }
      // Without response: bleno's answers to all that took noble's place.
      await downlink.writeAsync(Buffer.from([5]), true);
      await until("a write behind them", () => written.some((bytes) => bytes.equals(Buffer.from([5]))));
      assert.ok(radio.status().choked > 0, "none of them choked bleno: injected elsewhere?");
    });

    it("goes on under another address", async () => {
      radio.powerOn();
      const { peripheral } = await central().meet(HANDHELD);
      radio.moveTo(ELSEWHERE);
      await until("the end", () => disconnects === 1);
      const { uplink } = await central(1).meet(ELSEWHERE);
      await uplink.subscribeAsync();
      await until("the subscription", () => radio.status().subscribed);
      assert.equal(peripheral.address, HANDHELD);
    });

    it("waits for a controller that is gone, and comes back with it", async () => {
      air.vanish(HANDHELD);
      radio.powerOn();
      air.restore(HANDHELD);
      await central().meet(HANDHELD);
      air.vanish(HANDHELD);
      await until("the end", () => disconnects === 1);
      air.restore(HANDHELD);
      await central(1).meet(HANDHELD);
    });
  });

  describe("as a process", () => {
    const folder = scratch();
    const keepsake = path.join(folder, "handheld");
    const args = { socket, address: HANDHELD, keepsake, source: { ecg: ECG } };
    let unit: UnitProcess;

    /** Claimed over a simulated link, by a hub that is gone then. */
    before(async () => {
      const house = await openHouse({
        keepsake: openKeepsake(keepsake),
        radio: PERFECT,
        seed: 1,
        startHub: (radio) =>
          startHub({ dataDir: path.join(folder, "hub"), kind: "demo", broker: "memory", radio }),
      });
      const options = { burstMs: 125, speed: 1 };
      house.handheld.powerOn(
        new SimFrontEnd(new GeneratedSource(new EcgGenerator(ECG)), systemClock, options),
      );
      await claimIfNew(house.handheld, house.store);
      await house.close();
    });
    afterEach(() => unit?.kill());

    it("outlives SIGKILL in its flash: the same unit, owned, owing what it recorded", async () => {
      unit = await UnitProcess.start(args);
      const { papers } = unit;
      let status: UnitStatus = await unit.tell({ do: "start" });
      assert.equal(status.state, MonitorState.recording);
      await until("two seconds of recording", async () => {
        status = await unit.status();
        return status.witnessed.samples > 2 * ECG.rate;
      });
      await unit.kill();
      unit = await UnitProcess.start(args);
      assert.deepEqual(unit.papers, papers);
      status = await unit.status();
      assert.deepEqual([status.owned, status.state, status.recording], [true, MonitorState.draining, 1]);
      assert.ok(status.backlog >= 2, `${status.backlog} frames owed`);
      const { uplink } = await central().meet(HANDHELD);
      // The hello of protocol/session.ts: whoever it is that subscribed.
      const heard = once(uplink, "data");
      await uplink.subscribeAsync();
      await heard;
    });

    it("witnesses what its front end gave, as the same generator gives it elsewhere", async () => {
      unit = await UnitProcess.start(args);
      await unit.tell({ do: "start" });
      await until("a second", async () => (await unit.status()).witnessed.samples > ECG.rate);
      const { witnessed } = await unit.tell({ do: "stop" });
      const [lead] = new GeneratedSource(new EcgGenerator(ECG)).read(witnessed.samples);
      const { createHash } = await import("node:crypto");
      const expected = createHash("sha256")
        .update(new Uint8Array(lead!.buffer, lead!.byteOffset, lead!.byteLength))
        .digest("hex");
      assert.deepEqual(witnessed.leads, [expected]);
    });

    it("ends when it is switched off, and with whoever started it, however that one ended", async () => {
      unit = await UnitProcess.start(args);
      const { pid } = unit;
      await unit.powerOff();
      assert.equal(lives(pid), false);

      const program = `
        const { UnitProcess } = require(${JSON.stringify(require.resolve("../../../../tools/sim/radio/unitprocess"))});
        UnitProcess.start(${JSON.stringify(args)}).then((unit) => console.log(unit.pid));`;
      const parent = spawn(
        process.execPath,
        ["-r", require.resolve("ts-node/register/transpile-only"), "-e", program],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      const [line] = await once(parent.stdout, "data");
      const orphan = Number(line);
      assert.equal(lives(orphan), true);
      parent.kill("SIGKILL");
      await until("the orphan's end", () => !lives(orphan));
    });
  });
});

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
