/** The real noble through our Central, over the simulated air; a handheld's radio on the real bleno at the other end. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { EventEmitter } from "node:events";
import fs from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../../gateway/clock";
import type { Advertisement, CentralError, CentralLink, CentralState } from "../../../gateway/radio/central";
import { type DialError, type DialLimits, dial } from "../../../gateway/radio/dial";
import { H4Splitter } from "../../../gateway/radio/h4";
import { HciDriver } from "../../../gateway/radio/hcisocket";
import { type HciError, NobleCentral, openNoble } from "../../../gateway/radio/noble";
import { loadNoble } from "../../../gateway/radio/nobleparts";
import type { CloseCause } from "../../../gateway/radio/radio";
import { Gatt } from "../../../protocol/names";
import { Air, type AirSettings } from "../../../tools/sim/radio/air";
import { listenOnAir } from "../../../tools/sim/radio/airserver";
import type { Controller } from "../../../tools/sim/radio/controller";
import { BlenoRadio } from "../../../tools/sim/radio/peripheral";
import { Random } from "../../../tools/sim/random";

const HUB = "d0:00:00:00:00:01";
const HANDHELD = "c0:00:00:00:00:01";
const OTHER = "c0:00:00:00:00:02";
const LIMIT_MS = 120_000;
/** As a XIAO BLE. */
const BOARD = { notificationBytes: 128, queue: 8, notificationsPerSecond: 40, advertisingMs: 100 };
/** What a controller gives out first. */
const HANDLE = 0x40;

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const since = Date.now(); !isSo(); ) {
    if (Date.now() - since > LIMIT_MS) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const refusedAs = (code: string) => (error: CentralError) => error.code === code;

/** An ATT packet as L2CAP has it. */
function att(hex: string): Buffer {
  return Buffer.from([hex.length / 2, 0, 4, 0, ...Buffer.from(hex, "hex")]);
}

interface Met {
  link: CentralLink;
  got: Buffer[];
  closed: (number | undefined)[];
}

class Opened {
  readonly states: CentralState[] = [];
  readonly heard: Advertisement[] = [];
  readonly scans: boolean[] = [];
  signs = 0;

  constructor(readonly central: NobleCentral) {
    central.open({
      onState: (state) => this.states.push(state),
      onHeard: (seen) => this.heard.push(seen),
      onSign: () => this.signs++,
      onScanning: (on) => this.scans.push(on),
    });
  }

  async hear(address: string): Promise<Advertisement> {
    await until("the adapter", () => this.central.state === "on");
    this.central.scan(true);
    const from = this.heard.length;
    const found = () => this.heard.slice(from).find((seen) => seen.address === address);
    await until(`an advertisement of ${address}`, () => found() !== undefined);
    return found()!;
  }

  async connect(address = HANDHELD): Promise<Met> {
    await this.hear(address);
    const link = await this.central.connect(address);
    const got: Buffer[] = [];
    const closed: (number | undefined)[] = [];
    link.onNotification = (bytes) => got.push(Buffer.from(bytes));
    link.onClosed = (reason) => closed.push(reason);
    return { link, got, closed };
  }

  /** As far as a dial goes. */
  async meet(address = HANDHELD): Promise<Met> {
    const met = await this.connect(address);
    await met.link.exchangeMtu();
    await met.link.discover();
    await met.link.subscribe();
    return met;
  }
}

/** Another house: an air at its socket. */
class House {
  readonly path = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "av-")), "air");
  readonly air: Air;
  private server?: Server;
  private readonly hubs: Opened[] = [];
  private readonly radios: BlenoRadio[] = [];

  /** @param speed of the air, against that of the house */
  constructor(settings: Partial<AirSettings> = {}, speed = 10) {
    const clock = {
      now: () => performance.now() * speed,
      after: (ms: number, run: () => void) => systemClock.after(ms / speed, run),
    };
    this.air = new Air(clock, new Random(1), settings);
  }

  async listen(): Promise<this> {
    this.server = await listenOnAir(this.air, this.path);
    return this;
  }

  hub(address = HUB): Opened {
    return this.take(openNoble(`unix:${this.path}#${address}`, { exclusive: false }));
  }

  /** As an adapter that the kernel uses too. */
  sharedHub(): Opened {
    const place = { hciDriver: HciDriver.socket, bindParams: { path: this.path, address: HUB } };
    return this.take(new NobleCentral(`unix:${this.path}`, loadNoble(), place, false));
  }

  private take(central: NobleCentral): Opened {
    const made = new Opened(central);
    this.hubs.push(made);
    return made;
  }

  handheld(address = HANDHELD): BlenoRadio & { written: Buffer[] } {
    const radio = new BlenoRadio({ ...BOARD, socket: this.path, address });
    const written: Buffer[] = [];
    radio.peripheral.onWrite = (bytes) => written.push(Buffer.from(bytes));
    radio.powerOn();
    this.radios.push(radio);
    return Object.assign(radio, { written });
  }

  close(): void {
    for (const { central } of this.hubs) central.close();
    for (const radio of this.radios) radio.powerOff();
    this.server?.close();
    this.air.close();
    fs.rmSync(path.dirname(this.path), { recursive: true });
  }
}

describe("noble as one adapter", function () {
  let house: House;
  let hub: Opened;
  let radio: ReturnType<House["handheld"]>;

  beforeEach(async () => {
    house = await new House().listen();
    hub = house.hub();
    radio = house.handheld();
  });
  afterEach(() => house.close());

  it("hears who has our service, with the name of one that nobody owns", async () => {
    const seen = await hub.hear(HANDHELD);
    assert.deepEqual(seen, {
      ...{ address: HANDHELD, name: "avnode", service: Gatt.service },
      ...{ rssi: -55, connectable: true },
    });
    assert.deepEqual(hub.states, ["on"]);
    assert.deepEqual(hub.scans, [true]);
  });

  it("takes anybody's advertisement for a sign of its scan, and tells of nobody but handhelds", async () => {
    await until("the adapter", () => hub.central.state === "on");
    const { hci } = hub.central as unknown as { hci: EventEmitter };
    const flags = Buffer.from([2, 1, 6]);
    hci.emit("leAdvertisingReport", 0, 3, "11:22:33:44:55:66", "public", flags, -40);
    hci.emit("leExtendedAdvertisingReport", 0, 0, "11:22:33:44:55:66", "public", 0, -40, flags);
    assert.deepEqual([hub.signs, hub.heard], [2, []]);
  });

  it("connects, agrees on the MTU, discovers, subscribes; carries both ways bit for bit; ends", async () => {
    const { link, got, closed } = await hub.meet();
    assert.equal(link.payloadBytes, BOARD.notificationBytes);
    // As asked for: 24 units of 1.25 ms, 500 of 10 ms.
    const [made] = house.air.links();
    assert.deepEqual([made!.intervalMs, made!.supervisionMs], [30, 5000]);
    // An answer that was lost keeps no later question from being asked.
    const lost = assert.rejects(link.rssi(), { code: "SUPERSEDED" });
    assert.equal(await link.rssi(), -55);
    await lost;

    const up = Array.from({ length: 40 }, (_, i) => randomBytes(1 + ((i * 13) % BOARD.notificationBytes)));
    for (const bytes of up) {
      radio.peripheral.notify(bytes);
      await until("its notification", () => got.at(-1)?.equals(bytes) === true);
    }
    assert.deepEqual(got, up);
    const down = Array.from({ length: 40 }, (_, i) => randomBytes(1 + ((i * 29) % BOARD.notificationBytes)));
    for (const bytes of down) await link.write(bytes);
    await until("the writes", () => radio.written.length === down.length);
    assert.deepEqual(radio.written, down);

    link.disconnect();
    await until("the end", () => closed.length > 0 && !radio.status().linked);
    assert.deepEqual([closed, link.refused], [[0x16], false]);
    await assert.rejects(link.write(Buffer.alloc(1)), refusedAs("LINK_ENDED"));
    assert.deepEqual(hub.central.counters, { refused: 0, choked: 0 });
  });

  it("rests its scan while it connects, and goes on with it", async () => {
    await hub.hear(HANDHELD);
    house.air.deafen(HANDHELD, true);
    const connecting = hub.central.connect(HANDHELD);
    connecting.catch(() => {});
    await until("the rest", () => hub.scans.at(-1) === false);
    hub.central.cancel(HANDHELD);
    await until("the scan", () => hub.scans.at(-1) === true);
    await hub.hear(HANDHELD);
  });

  it("refuses what a link cannot do: to write before discovery, to write too much, two things at once", async () => {
    const { link } = await hub.connect();
    assert.equal(link.payloadBytes, 20);
    await assert.rejects(link.write(Buffer.alloc(1)), refusedAs("NOT_DISCOVERED"));
    await assert.rejects(link.subscribe(), refusedAs("NOT_DISCOVERED"));
    const exchanged = link.exchangeMtu();
    await assert.rejects(link.discover(), refusedAs("BUSY"));
    await exchanged;
    await link.discover();
    await assert.rejects(link.write(Buffer.alloc(BOARD.notificationBytes + 1)), refusedAs("WRITE_LENGTH"));
  });

  it("listens all of the time for whom it connects to, as whoever wants the same handheld does", async () => {
    await hub.hear(HANDHELD);
    house.air.deafen(HANDHELD, true);
    const connecting = hub.central.connect(HANDHELD);
    connecting.catch(() => {});
    const { controllers } = house.air as unknown as { controllers: Set<Controller> };
    const initiating = () => [...controllers].find(({ address }) => address === HUB)?.initiating;
    await until("the controller to look for it", () => initiating() !== undefined);
    assert.equal(initiating()!.duty, 1);
    hub.central.cancel(HANDHELD);
  });

  it("tells why the controller cannot connect, by its HCI error", async () => {
    await hub.meet();
    const again = hub.central.connect(HANDHELD);
    await assert.rejects(again, (error: HciError) => error.code === "HCI" && error.reason === 0x0b);
    await assert.rejects(hub.central.connect("elsewhere"), refusedAs("ADDRESS"));
  });

  describe("of a connect that is given up", () => {
    it("goes on with the next one, once the controller has forgotten it", async () => {
      const other = house.handheld(OTHER);
      await hub.hear(OTHER);
      house.air.deafen(HANDHELD, true);
      for (let times = 0; times < 5; times++) {
        const connecting = hub.central.connect(HANDHELD);
        const rejected = assert.rejects(connecting, refusedAs("CONNECT_CANCELLED"));
        if (times % 2) await new Promise((resolve) => setTimeout(resolve, 20));
        hub.central.cancel(HANDHELD);
        await rejected;
        // At once: the controller has not even heard of the cancel.
        const link = await hub.central.connect(OTHER);
        assert.equal(link.address, OTHER);
        link.disconnect();
        await until("the end", () => other.status().connects === times + 1 && !other.status().linked);
        await hub.hear(OTHER);
      }
      house.air.deafen(HANDHELD, false);
      await hub.meet();
    });

    it("lets go of the link that comes all the same", async () => {
      house.close();
      // Slow between controller and host: it is connected before the hub knows.
      house = await new House({ transportMs: [1000, 1000] }).listen();
      hub = house.hub();
      radio = house.handheld();
      await hub.hear(HANDHELD);
      const connecting = hub.central.connect(HANDHELD);
      const rejected = assert.rejects(connecting, refusedAs("CONNECT_CANCELLED"));
      await until("a link that the hub does not know of", () => house.air.links().length === 1);
      hub.central.cancel(HANDHELD);
      await rejected;
      await until("its end", () => house.air.links().length === 0);
      await until("the same at the other end", () => radio.status().connects === 1 && !radio.status().linked);
      const { link } = await hub.meet();
      link.disconnect();
    });
  });

  describe("of a handheld that does not do as it should", () => {
    it("keeps 20 bytes where the MTU is refused, and goes on", async () => {
      // Not supported; and at these noble would wait for ever: Invalid PDU, what would have it pair.
      for (const error of [0x06, 0x04, 0x05, 0x08, 0x0f]) {
        house.air.refuse(HANDHELD, 0x02, error);
        const { link, closed } = await hub.meet();
        assert.equal(link.payloadBytes, 20);
        link.disconnect();
        await until("the end", () => closed.length === 1);
      }
    });

    it("takes an MTU that it asks for later", async () => {
      const { link } = await hub.meet();
      assert.equal(link.payloadBytes, 128);
      for (const [mtu, bytes] of [
        [64, 61],
        [517, 244],
        [5, 20],
      ] as const) {
        const asked = Buffer.alloc(2);
        asked.writeUInt16LE(mtu);
        house.air.inject(HUB, HANDLE, att(`02${asked.toString("hex")}`));
        await until("the new one", () => link.payloadBytes === bytes);
      }
    });

    it("tells of a subscription that is refused, and never pairs", async () => {
      // Write Not Permitted, and what would have noble pair: Authentication, Authorization, Encryption.
      for (const error of [0x03, 0x05, 0x08, 0x0f]) {
        house.air.refuse(HANDHELD, 0x12, error);
        const { link, closed } = await hub.connect();
        await link.exchangeMtu();
        await link.discover();
        await assert.rejects(link.subscribe(), (refused: CentralError) => {
          return refused.code === "ATT" && refused.message.includes(`0x0${error.toString(16)}`);
        });
        link.disconnect();
        await until("its end", () => closed.length === 1);
      }
    });

    it("says so where the service is not there", async () => {
      // Read By Group Type Request: Attribute Not Found.
      house.air.refuse(HANDHELD, 0x10, 0x0a);
      const { link } = await hub.connect();
      await link.exchangeMtu();
      await assert.rejects(link.discover(), refusedAs("NO_SERVICE"));
    });

    it("ends a step that is never answered with its link", async () => {
      for (const opcode of [0x02, 0x10, 0x08]) {
        const { swallowed } = house.air.stats();
        house.air.swallow(HANDHELD, opcode);
        const rejected = assert.rejects(hub.meet(), refusedAs("LINK_ENDED"));
        await until("what is swallowed", () => house.air.stats().swallowed > swallowed);
        house.air.cut(HANDHELD);
        await rejected;
        await until("its end", () => !radio.status().linked);
        house.air.swallow(HANDHELD);
      }
      await hub.meet();
    });

    it("is dialled in vain, each time by the step that failed, and then with success", async () => {
      const patient = { connectMs: LIMIT_MS, mtuMs: LIMIT_MS, discoveryMs: LIMIT_MS, subscribeMs: LIMIT_MS };
      const attempt = async (cause: CloseCause, limit: Partial<DialLimits>) => {
        await hub.hear(HANDHELD);
        const dialled = dial(hub.central, HANDHELD, { ...patient, ...limit }, systemClock);
        await assert.rejects(dialled, (error: DialError) => error.cause === cause);
        await until("the other end's knowledge", () => !radio.status().linked);
        house.air.swallow(HANDHELD);
      };
      house.air.deafen(HANDHELD, true);
      await attempt("connect", { connectMs: 50 });
      house.air.deafen(HANDHELD, false);
      // Exchange MTU, Read By Group Type, Write.
      house.air.swallow(HANDHELD, 0x02);
      await attempt("mtu", { mtuMs: 50 });
      house.air.swallow(HANDHELD, 0x10);
      await attempt("discovery", { discoveryMs: 50 });
      house.air.swallow(HANDHELD, 0x12);
      await attempt("subscribe", { subscribeMs: 50 });
      house.air.refuse(HANDHELD, 0x12, 0x03);
      await attempt("subscribe", {});
      await hub.hear(HANDHELD);
      const { link, early } = await dial(hub.central, HANDHELD, patient, systemClock);
      assert.equal(link.payloadBytes, BOARD.notificationBytes);
      radio.peripheral.notify(Buffer.from("hello"));
      await until("its notification", () => early.length === 1);
    });

    it("holds writes back while it is out of reach, and those of others go on", async () => {
      house.close();
      // As slow as the house, so that the link outlasts it.
      house = await new House({}, 1).listen();
      hub = house.hub();
      radio = house.handheld();
      const other = house.handheld(OTHER);
      const one = await hub.meet();
      const two = await hub.meet(OTHER);
      house.air.signal(HUB, HANDHELD, null);
      let taken = 0;
      const writing = (async () => {
        for (let i = 0; i < 8; i++) {
          await one.link.write(Buffer.from([i]));
          taken++;
        }
      })();
      for (let i = 0; i < 20; i++) await two.link.write(Buffer.from([i]));
      await until("the other's", () => other.written.length === 20);
      assert.equal(taken, 2);
      house.air.signal(HUB, HANDHELD, -55);
      await writing;
      await until("all", () => radio.written.length === 8);
      assert.deepEqual(
        radio.written.map(([byte]) => byte),
        [0, 1, 2, 3, 4, 5, 6, 7],
      );
    });
  });

  describe("whose adapter goes", () => {
    it("says so, ends what was connected, and comes back when opened anew", async () => {
      const { link, closed } = await hub.meet();
      const asked = assert.rejects(link.exchangeMtu(), refusedAs("LINK_ENDED"));
      house.air.vanish(HUB);
      await asked;
      await until("its end", () => hub.states.at(-1) === "gone");
      assert.deepEqual(closed, [undefined]);
      await assert.rejects(hub.central.connect(HANDHELD), refusedAs("ADAPTER_DOWN"));
      hub.central.close();
      house.air.restore(HUB);
      await until("the handheld", () => !radio.status().linked);
      await house.hub().meet();
    });

    it("gives up the connect under way", async () => {
      await hub.hear(HANDHELD);
      house.air.deafen(HANDHELD, true);
      const rejected = assert.rejects(hub.central.connect(HANDHELD), refusedAs("ADAPTER_DOWN"));
      house.air.vanish(HUB);
      await rejected;
    });

    it("says what is missing where the system does not allow it", async () => {
      const forbidden = house.hub();
      // As Linux's driver does when it writes; noble looks for a code.
      insides(forbidden).hci._socket.emit("error", new Error("Operation not permitted"));
      await until("its state", () => forbidden.states.length > 0);
      // The air's controller answers nevertheless, sooner or later, and is on then.
      assert.equal(forbidden.states[0], "no-permission");
    });

    it("is gone from the start where nobody listens", async () => {
      const nobody = new Opened(openNoble(`unix:${house.path}.not`, { exclusive: false }));
      await until("its end", () => nobody.central.state === "gone");
      nobody.central.close();
    });
  });

  it("forgets everything at a reset, and works again after it", async () => {
    const { closed } = await hub.meet();
    house.air.benumb(HUB, "reset");
    hub.central.reset();
    await until("the adapter", () => hub.states.length === 3);
    assert.deepEqual(hub.states, ["on", "starting", "on"]);
    assert.deepEqual(closed, [undefined]);
    await until("the other end's knowledge of it", () => !radio.status().linked);
    await hub.meet();
  });

  it("survives whatever a handheld answers; the next link works", async () => {
    const seed = Number(process.env.AVNODE_SEED ?? randomBytes(4).readUInt32LE());
    console.log(`      AVNODE_SEED=${seed}`);
    const random = new Random(seed);
    const hostile = house.handheld(OTHER);
    const { link, got, closed } = await hub.meet();
    for (let round = 0; round < 40; round++) {
      const victim = await hub.connect(OTHER);
      const handle = HANDLE + 1;
      const steps = (async () => {
        await victim.link.exchangeMtu();
        await victim.link.discover();
        await victim.link.subscribe();
      })();
      steps.catch(() => {});
      // Between the steps, so that some of it comes where an answer is due.
      const shots = 1 + random.int(60);
      for (let shot = 0; shot < shots; shot++) {
        house.air.inject(HUB, handle, hostileBytes(random));
        if (random.chance(0.3)) await new Promise((resolve) => setTimeout(resolve, random.int(4)));
      }
      victim.link.disconnect();
      await until("the end of the victim", () => victim.closed.length === 1);
      await until("its own knowledge of it", () => !hostile.status().linked);
      assert.ok(victim.link.payloadBytes >= 20 && victim.link.payloadBytes <= 244);
    }
    const { refused, choked } = hub.central.counters;
    assert.ok(refused > 0, "nothing was refused: injected elsewhere?");
    console.log(`      ${refused} links ended for what came over them, noble choked on ${choked} packets`);
    // Beside all that, one that behaves.
    assert.deepEqual(closed, []);
    radio.peripheral.notify(Buffer.from("still here"));
    await until("its notification", () => got.length === 1);
    await link.write(Buffer.from("so am I"));
    await until("its write", () => radio.written.length === 1);
    const next = await hub.meet(OTHER);
    hostile.peripheral.notify(Buffer.from("well-behaved"));
    await until("the notification", () => next.got.length === 1);
  });

  describe("with handles that no request can carry", () => {
    const uuid = (text: string) => Buffer.from(text.replaceAll("-", ""), "hex").reverse().toString("hex");
    const service = (last: string) => att(`11140100${last}${uuid(Gatt.service)}`);
    const characteristic = (start: string, properties: string, value: string, of: string) =>
      `${start}${properties}${value}${uuid(of)}`;
    const uplink = characteristic("0200", "10", "0300", Gatt.uplink);
    const notFound = (request: string) => att(`01${request}01000a`);

    /** Nothing of what the hub asks arrives; the test answers. */
    async function discovering(): Promise<{ met: Met; discovered: Promise<void> }> {
      const met = await hub.connect();
      await met.link.exchangeMtu();
      for (const opcode of [0x10, 0x08]) house.air.swallow(HANDHELD, opcode);
      return { met, discovered: met.link.discover() };
    }

    it("where noble chokes on the answer, lets go of the link alone", async () => {
      const { met, discovered } = await discovering();
      const rejected = assert.rejects(discovered, refusedAs("LINK_ENDED"));
      house.air.inject(HUB, HANDLE, service("feff"));
      house.air.inject(HUB, HANDLE, notFound("10"));
      house.air.inject(HUB, HANDLE, att(`0915${characteristic("0200", "10", "ffff", Gatt.uplink)}`));
      await rejected;
      await until("its end", () => met.closed.length === 1);
      assert.deepEqual(hub.central.counters, { refused: 1, choked: 1 });
      assert.ok(met.link.refused);
      house.air.swallow(HANDHELD);
      await hub.meet();
    });

    it("where noble chokes on what is asked of it, says so", async () => {
      const { met, discovered } = await discovering();
      house.air.inject(HUB, HANDLE, service("ffff"));
      const downlink = characteristic("0000", "04", "0500", Gatt.downlink);
      house.air.inject(HUB, HANDLE, att(`0915${uplink}${downlink}`));
      house.air.inject(HUB, HANDLE, notFound("08"));
      await discovered;
      await assert.rejects(met.link.subscribe(), refusedAs("DISCOVERED"));
    });

    it("where nothing ends the discovery, lets go of the link", async () => {
      const { discovered } = await discovering();
      const rejected = assert.rejects(discovered, refusedAs("LINK_ENDED"));
      for (let answer = 0; answer < 65; answer++) house.air.inject(HUB, HANDLE, service("0100"));
      await rejected;
      assert.deepEqual(hub.central.counters, { refused: 1, choked: 0 });
    });
  });

  it("hears of advertisers whatever they send, and of ours among them", async () => {
    const random = new Random(3);
    await hub.hear(HANDHELD);
    const reported = new Set<string>();
    insides(hub).hci.on("leAdvertisingReport", (_, __, address: string) => reported.add(address));
    const nothing = { send: () => {}, congested: () => false, close: () => {} };
    const command = (opcode: number, ...bytes: number[]) =>
      Buffer.from([1, opcode & 0xff, opcode >> 8, bytes.length, ...bytes]);
    for (let round = 0; round < 20; round++) {
      const crowd = Array.from({ length: 25 }, (_, i) => {
        const one = house.air.attach(nothing, `b0:00:00:00:${hex2(round)}:${hex2(i)}`)!;
        // The fastest that there is; connectable, scannable, or neither.
        one.receive(command(0x2006, 0x20, 0, 0x20, 0, [0, 2, 3][i % 3]!, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0));
        one.receive(command(0x2008, random.int(32), ...random.bytes(31)));
        one.receive(command(0x2009, random.int(32), ...random.bytes(31)));
        one.receive(command(0x200a, 1));
        return one;
      });
      await new Promise((resolve) => setTimeout(resolve, 10));
      for (const one of crowd) one.detach();
    }
    await hub.meet();
    assert.ok(reported.size > 100, `${reported.size} reported`);
    assert.deepEqual([...new Set(hub.heard.map(({ address }) => address))], [HANDHELD]);
    assert.equal(hub.central.counters.choked, 0);
  });

  describe("on a controller of the test's own", () => {
    let controller: ScriptedController;
    let one: Opened;

    beforeEach(async () => {
      controller = await new ScriptedController().listen();
      one = controller.hub(true);
    });
    afterEach(async () => {
      one.central.close();
      await controller.close();
    });

    it("lets go of links that nobody asked for, where the adapter is the hub's alone", async () => {
      await until("the adapter", () => one.central.state === "on");
      controller.connected(0x123, "0a0b0c0d0e0f");
      await until("a disconnect", () => controller.commands.includes("06042301" + "13"));
      await one.central.close();
      one = controller.hub(false);
      await until("the adapter", () => one.central.state === "on");
      controller.commands.length = 0;
      controller.connected(0x123, "0a0b0c0d0e0f");
      one.central.scan(true);
      await until("what comes after it", () => controller.commands.includes("0c200100"));
      assert.ok(!controller.commands.some((command) => command.startsWith("0604")));
    });

    it("waits until a connect that was given up is over before it asks for the next", async () => {
      await until("the adapter", () => one.central.state === "on");
      const asked = () => controller.commands.filter((command) => command.startsWith("0d20")).length;
      const cancels = () => controller.commands.filter((command) => command === "0e20").length;
      for (const address of [HANDHELD, OTHER, HUB]) {
        const rejected = assert.rejects(one.central.connect(address), refusedAs("CONNECT_CANCELLED"));
        // As late as the controller allows: it knows of the first one only.
        if (address === HANDHELD) await until("it asks", () => asked() === 1);
        one.central.cancel(address);
        await rejected;
      }
      const last = one.central.connect(OTHER);
      one.central.scan(true);
      await until("a cancel", () => cancels() === 1);
      await assert.rejects(one.central.connect(HANDHELD), refusedAs("CONNECT_BUSY"));
      assert.deepEqual([asked(), cancels()], [1, 1]);
      // Unknown Connection Identifier, and of all zeros no address: the first one is over.
      controller.connected(0, "000000000000", 0x02);
      await until("it asks again", () => asked() === 2);
      // Failed to be Established, of yet another address.
      controller.connected(0, "0a0b0c0d0e0f", 0x3e);
      await assert.rejects(last, (error: HciError) => error.reason === 0x3e);
      await until("the scan", () => controller.commands.at(-1) === "0c200100");
      assert.equal(cancels(), 1);
    });

    it("goes on where the controller knows of no connect to give up", async () => {
      await until("the adapter", () => one.central.state === "on");
      // Command Disallowed; nothing else will come.
      controller.refusals.set("0e20", 0x0c);
      const rejected = assert.rejects(one.central.connect(HANDHELD));
      one.central.cancel(HANDHELD);
      await rejected;
      const link = one.central.connect(OTHER);
      const asked = () => controller.commands.filter((command) => command.startsWith("0d20")).length;
      await until("it asks again", () => asked() === 2);
      controller.connected(HANDLE, "0200000000c0");
      assert.equal((await link).address, OTHER);
    });

    it("survives whatever events the controller sends", async () => {
      const seed = Number(process.env.AVNODE_SEED ?? randomBytes(4).readUInt32LE());
      console.log(`      AVNODE_SEED=${seed}`);
      const random = new Random(seed);
      await until("the adapter", () => one.central.state === "on");
      one.central.scan(true);
      one.central.connect(HANDHELD).catch(() => {});
      const codes = [0x05, 0x08, 0x0e, 0x0f, 0x13, 0x3e, random.int(256)];
      for (let i = 0; i < 5000; i++) {
        const body = Buffer.from(random.bytes(random.int(60)));
        if (body.length > 3 && random.chance(0.5)) {
          // Subevents and commands that noble knows, links that it may know.
          body[0] = random.int(14);
          body.writeUInt16LE([0x0c03, 0x2003, 0x1405, 0x200c, 0x200e, 0x2002, HANDLE][random.int(7)]!, 1);
        }
        controller.event(codes[random.int(codes.length)]!, body);
        if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.event(0x0e, Buffer.from([1, 0, 0, 0]));
      const before = controller.commands.length;
      one.central.reset();
      await until("the adapter", () => one.central.state === "on");
      assert.ok(controller.commands.slice(before).includes("030c"));
      console.log(`      noble choked on ${one.central.counters.choked} packets`);
    });
  });

  describe("shared with the kernel", () => {
    beforeEach(async () => {
      hub.central.close();
      hub = house.sharedHub();
    });

    it("connects as well, one after another", async () => {
      house.handheld(OTHER);
      const { got } = await hub.meet();
      await hub.meet(OTHER);
      radio.peripheral.notify(Buffer.from("hello"));
      await until("its notification", () => got.length === 1);
    });

    it("connects after connects that were given up during the reset before them", async () => {
      await hub.hear(HANDHELD);
      for (let times = 0; times < 5; times++) {
        const rejected = assert.rejects(hub.central.connect(OTHER), refusedAs("CONNECT_CANCELLED"));
        hub.central.cancel(OTHER);
        await rejected;
      }
      const link = await hub.central.connect(HANDHELD);
      assert.equal(link.address, HANDHELD);
    });
  });

  it("hears nothing over a handle without a link, or of a link that was let go of", async () => {
    const { got, link, closed } = await hub.meet();
    const { uplink } = link as unknown as { uplink: number };
    const notification = att(`1b${hex2(uplink & 0xff)}${hex2(uplink >> 8)}aabb`);
    house.air.inject(HUB, HANDLE, notification);
    await until("the notification", () => got.length === 1);
    for (const handle of [0, 1, HANDLE + 1, 0xfff]) house.air.inject(HUB, handle, notification);
    for (const handle of [0, HANDLE + 1]) house.air.inject(HUB, handle, Buffer.alloc(3));
    link.disconnect();
    house.air.inject(HUB, HANDLE, notification);
    await until("the end", () => closed.length === 1);
    house.air.inject(HUB, HANDLE, notification);
    await hub.meet();
    assert.equal(got.length, 1);
    assert.deepEqual(hub.central.counters, { refused: 0, choked: 0 });
  });

  it("leaves no listener, timer or memory of any of 500 connections", async () => {
    house.close();
    house = await new House({}, 50).listen();
    const before = { listeners: listenersOfProcess(), resources: resources() };
    hub = house.hub();
    radio = house.handheld();
    await hub.hear(HANDHELD);
    const fresh = listenersOf(hub);
    let opens = 1;
    for (let cycle = 0; cycle < 500; cycle++) {
      // Ends everywhere: in the connect, in each step, after all of them; by the hub, the adapter, or opened anew.
      const way = cycle % 10;
      await hub.hear(HANDHELD);
      if (way === 0) {
        const rejected = assert.rejects(hub.central.connect(HANDHELD));
        hub.central.cancel(HANDHELD);
        await rejected;
        continue;
      }
      const link = await hub.central.connect(HANDHELD);
      const closed = new Promise<void>((resolve) => {
        link.onClosed = () => resolve();
      });
      if (way >= 2) await link.exchangeMtu();
      if (way >= 3) await link.discover();
      if (way >= 4) await link.subscribe();
      if (way >= 5) await link.write(Buffer.from("bye"));
      if (way === 6) link.rssi().catch(() => {});
      if (way === 7) link.write(Buffer.alloc(9)).catch(() => {});
      if (cycle % 50 === 8) hub.central.reset();
      else if (cycle % 50 === 9) {
        assert.deepEqual(listenersOf(hub), fresh);
        hub.central.close();
      } else link.disconnect();
      await closed;
      if (cycle % 50 === 9) {
        hub = house.hub();
        opens++;
      }
      await until("the other end's knowledge", () => !radio.status().linked);
    }
    await until("the last end", () => house.air.links().length === 0);
    await hub.hear(HANDHELD);
    assert.deepEqual(listenersOf(hub), fresh);
    const { hci, links, inbound, advertisers } = insides(hub);
    const { _aclConnections, _aclQueue, _handleBuffers } = hci;
    assert.deepEqual([links.size, inbound.peers.size, _aclConnections.size, _aclQueue.length], [0, 0, 0, 0]);
    assert.deepEqual([advertisers.size, _handleBuffers], [1, {}]);
    assert.ok(opens > 10);
    hub.central.close();
    assert.deepEqual(hci.eventNames(), []);
    assert.deepEqual(hci._socket.eventNames(), []);
    radio.powerOff();
    await until("the end of all timers and sockets", () => {
      return Object.entries(resources()).every(([kind, count]) => count <= (before.resources[kind] ?? 0));
    });
    assert.deepEqual(listenersOfProcess(), before.listeners);
  });

  it("takes no other id than hciN and unix:PATH", () => {
    for (const id of ["", "hci", "hci0x", "/dev/hci0", "unix:", "unix:/a#b"])
      assert.throws(() => openNoble(id, { exclusive: false }), refusedAs("ADAPTER_ID"));
  });
});

/** Of a central and the noble in it: what no interface shows. */
function insides(hub: Opened) {
  return hub.central as unknown as {
    hci: EventEmitter & {
      _socket: EventEmitter;
      _aclConnections: Map<number, object>;
      _aclQueue: object[];
      _handleBuffers: object;
    };
    links: Map<number, object>;
    inbound: { peers: Map<number, object> };
    advertisers: { size: number };
  };
}

function counts(emitter: NodeJS.EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));
}

function listenersOf(hub: Opened) {
  const { hci } = insides(hub);
  return { hci: counts(hci), socket: counts(hci._socket) };
}

const listenersOfProcess = () => counts(process);

/** Timers and sockets that keep the process alive, by kind. */
function resources(): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counted[kind] = (counted[kind] ?? 0) + 1;
  return counted;
}

const hex2 = (byte: number) => byte.toString(16).padStart(2, "0");

/** Answers every command with success, and sends what the test wants. */
class ScriptedController {
  /** Hex, from the opcode on, without the length. */
  readonly commands: string[] = [];
  /** HCI errors by opcode, as hex on the wire. */
  readonly refusals = new Map<string, number>();
  private readonly path = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "av-")), "hci");
  private readonly server = createServer((socket) => this.serve(socket));
  private socket?: Socket;

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(this.path, resolve));
    return this;
  }

  async close(): Promise<void> {
    this.socket?.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    fs.rmSync(path.dirname(this.path), { recursive: true });
  }

  hub(exclusive: boolean): Opened {
    const place = { hciDriver: HciDriver.socket, bindParams: { path: this.path } };
    return new Opened(new NobleCentral(`unix:${this.path}`, loadNoble(), place, exclusive));
  }

  event(code: number, body: Buffer): void {
    this.socket!.write(Buffer.concat([Buffer.from([4, code, body.length]), body]));
  }

  /** @param address hex, as on the wire */
  connected(handle: number, address: string, status = 0): void {
    const at = Buffer.alloc(2);
    at.writeUInt16LE(handle);
    this.event(
      0x3e,
      Buffer.from(`01${hex2(status)}${at.toString("hex")}0000${address}180000002a0000`, "hex"),
    );
  }

  private serve(socket: Socket): void {
    this.socket = socket;
    socket.on("error", () => {});
    const splitter = new H4Splitter((packet) => {
      if (packet[0] !== 1) return;
      const opcode = packet.toString("hex", 1, 3);
      this.commands.push(opcode + packet.toString("hex", 4));
      const isStarting = ["0604", "0d20", "1320"].includes(opcode);
      // Create Connection, Disconnect and Connection Update: Command Status; else Command Complete, as version 5.0.
      if (isStarting) this.event(0x0f, Buffer.from(`0001${opcode}`, "hex"));
      else {
        const returned = opcode === "0110" ? "0900000900000000" : "fb00080000000000";
        this.event(0x0e, Buffer.from(`01${opcode}${hex2(this.refusals.get(opcode) ?? 0)}${returned}`, "hex"));
      }
    });
    socket.on("data", (chunk) => splitter.push(chunk));
  }
}

/** An L2CAP packet that a handheld may send: noise, ATT with an opcode that noble reads, or a well-formed answer. */
function hostileBytes(random: Random): Buffer {
  if (random.chance(0.1)) return Buffer.from(random.bytes(random.int(40)));
  const opcodes = [0x01, 0x02, 0x03, 0x05, 0x07, 0x09, 0x0b, 0x11, 0x13, 0x1b, 0x1d, random.int(256)];
  let data = Buffer.concat([
    Buffer.from([opcodes[random.int(opcodes.length)]!]),
    Buffer.from(random.bytes(random.int(50))),
  ]);
  // Answers to a discovery, as long as they say, with handles of all sizes.
  if (random.chance(0.5)) {
    const [opcode, size] = random.chance(0.5) ? [0x11, [6, 20]] : [0x09, [4, 7, 21]];
    const each = size[random.int(size.length)]!;
    const records = Buffer.from(random.bytes(each * (1 + random.int(3))));
    for (let at = 0; at < records.length; at += each) {
      const ends = [0, 1, 0xfffe, 0xffff, random.int(0x10000)];
      records.writeUInt16LE(ends[random.int(ends.length)]!, at);
      records.writeUInt16LE(ends[random.int(ends.length)]!, at + 2);
    }
    data = Buffer.concat([Buffer.from([opcode, each]), records]);
  }
  // ATT, signaling, SMP, others; and not always as long as it says.
  const cid = random.chance(0.8) ? 4 : [5, 6, 0x40][random.int(3)]!;
  const header = Buffer.alloc(4);
  header.writeUInt16LE(random.chance(0.95) ? data.length : random.int(0x10000), 0);
  header.writeUInt16LE(cid, 2);
  return Buffer.concat([header, data]);
}
