/** The real noble through our Central, over the simulated air; a handheld's radio on the real bleno at the other end. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import type { Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../../gateway/clock";
import type { Advertisement, CentralError, CentralLink, CentralState } from "../../../gateway/radio/central";
import { type NobleCentral, openNoble } from "../../../gateway/radio/noble";
import { Air } from "../../../tools/sim/radio/air";
import { listenOnAir } from "../../../tools/sim/radio/airserver";
import { BlenoRadio } from "../../../tools/sim/radio/peripheral";
import { Random } from "../../../tools/sim/random";

const HUB = "d0:00:00:00:00:01";
const HANDHELD = "c0:00:00:00:00:01";
const LIMIT_MS = 30_000;
/** As a XIAO BLE. */
const BOARD = { notificationBytes: 128, queue: 8, notificationsPerSecond: 40 };

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const since = Date.now(); !isSo(); ) {
    if (Date.now() - since > LIMIT_MS) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const refusedAs = (code: string) => (error: CentralError) => error.code === code;

class Opened {
  readonly states: CentralState[] = [];
  readonly heard: Advertisement[] = [];
  readonly scans: boolean[] = [];
  readonly central: NobleCentral;

  constructor(id: string) {
    this.central = openNoble(id, { exclusive: false });
    this.central.open({
      onState: (state) => this.states.push(state),
      onHeard: (seen) => this.heard.push(seen),
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

  /** Scans, connects, and goes as far as a dial does. */
  async meet(
    address = HANDHELD,
  ): Promise<{ link: CentralLink; got: Buffer[]; closed: (number | undefined)[] }> {
    await this.hear(address);
    const link = await this.central.connect(address);
    const got: Buffer[] = [];
    const closed: (number | undefined)[] = [];
    link.onNotification = (bytes) => got.push(Buffer.from(bytes));
    link.onClosed = (reason) => closed.push(reason);
    await link.exchangeMtu();
    await link.discover();
    await link.subscribe();
    return { link, got, closed };
  }
}

describe("noble as one adapter", function () {
  this.timeout(3 * LIMIT_MS);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "av-"));
  const socket = path.join(folder, "air");
  const clock = { now: () => performance.now(), after: systemClock.after };
  let air: Air;
  let server: Server;
  let radio: BlenoRadio;
  let written: Buffer[];
  let opened: Opened[] = [];

  function open(address = HUB): Opened {
    const made = new Opened(`unix:${socket}#${address}`);
    opened.push(made);
    return made;
  }

  before(async () => {
    air = new Air(clock, new Random(1));
    server = await listenOnAir(air, socket);
  });
  beforeEach(() => {
    radio = new BlenoRadio({ ...BOARD, socket, address: HANDHELD });
    written = [];
    radio.peripheral.onWrite = (bytes) => written.push(Buffer.from(bytes));
    radio.powerOn();
  });
  afterEach(() => {
    for (const { central } of opened) central.close();
    opened = [];
    radio.powerOff();
  });
  after(() => {
    server.close();
    air.close();
    fs.rmSync(folder, { recursive: true });
  });

  it("hears who has our service, with the name of one that nobody owns", async () => {
    const hub = open();
    const seen = await hub.hear(HANDHELD);
    assert.deepEqual(seen, { address: HANDHELD, name: "avnode", rssi: -55, connectable: true });
    assert.deepEqual(hub.states, ["on"]);
    assert.deepEqual(hub.scans, [true]);
  });

  it("connects, agrees on the MTU, discovers, subscribes; carries both ways bit for bit; ends", async () => {
    const hub = open();
    const { link, got, closed } = await hub.meet();
    assert.equal(link.payloadBytes, BOARD.notificationBytes);
    // As asked for: 24 units of 1.25 ms, 500 of 10 ms.
    const [made] = air.links();
    assert.deepEqual([made!.intervalMs, made!.supervisionMs], [30, 5000]);
    assert.equal(await link.rssi(), -55);

    const up = Array.from({ length: 40 }, (_, i) => randomBytes(1 + ((i * 13) % BOARD.notificationBytes)));
    for (const bytes of up) {
      radio.peripheral.notify(bytes);
      const vanished = radio.status().vanished;
      assert.equal(vanished, 0);
      await until("its notification", () => got.length > 0 && got.at(-1)!.equals(bytes));
    }
    assert.deepEqual(got, up);
    const down = Array.from({ length: 40 }, (_, i) => randomBytes(1 + ((i * 29) % BOARD.notificationBytes)));
    for (const bytes of down) await link.write(bytes);
    await until("the writes", () => written.length === down.length);
    assert.deepEqual(written, down);

    link.disconnect();
    await until("the end", () => closed.length > 0 && !radio.status().linked);
    assert.deepEqual(closed, [0x16]);
    await assert.rejects(link.write(Buffer.alloc(1)), refusedAs("LINK_ENDED"));
    assert.deepEqual(hub.central.counters, { refused: 0, choked: 0 });
  });
});
