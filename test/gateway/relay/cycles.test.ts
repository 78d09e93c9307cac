/** A handheld that comes and goes for years leaves nothing behind in radio, relay and MQTT. */
import assert from "node:assert/strict";
import { type EventEmitter, getEventListeners } from "node:events";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import { StoreLink } from "../../../gateway/mqtt/storelink";
import { BluetoothRadio } from "../../../gateway/radio/bluetooth";
import { DIAL_LIMITS } from "../../../gateway/radio/dial";
import { dialler } from "../../../gateway/radio/open";
import { Relay } from "../../../gateway/relay/relay";
import { fragment } from "../../../protocol/fragments";
import { FrameType } from "../../../protocol/header";
import { encodeDeviceHello } from "../../../protocol/session";
import { type FakeUnit, House } from "../radio/fakes";

const CYCLES = 500;
const EARLY = 50;
const HANDHELD = "d0:00:00:00:00:01";
const RECEIPT = Uint8Array.from({ length: 60 }, (_, i) => (i === 0 ? 0x10 | FrameType.receipt : i));
/** HCI: connection timeout, ended by the remote user. */
const ENDS = [0x08, 0x13];

/** What is looked into, since nothing of it is anybody's business otherwise. */
interface Inside {
  held: Set<{ proved: boolean }>;
  byLink: Map<unknown, unknown>;
  neighbours: { size: number };
  dials: AbortController;
}
interface RelayInside {
  links: Map<unknown, unknown>;
  presences: Map<unknown, unknown>;
  connection: {
    client: EventEmitter;
    subscriptions: { wanted: Map<string, unknown>; answered: Set<string> };
    unacknowledged: number;
  };
}

describe("500 connections of a handheld, through radio, relay and broker", function () {
  let house: House;
  let unit: FakeUnit;
  let broker: Broker;
  let storeLink: StoreLink;
  let radio: BluetoothRadio;
  let relay: Relay;

  beforeEach(async () => {
    house = new House();
    house.adapters = ["hci0"];
    broker = await startBroker({ clock: house.clock });
    // Answers each hello as only a handheld's own session is answered.
    const store = {
      checkpoint: undefined,
      onCheckpoint: () => {},
      onSend: (_alias: Uint8Array, _message: Uint8Array) => {},
      receive: (alias: Uint8Array) => store.onSend(alias, RECEIPT),
      refused: () => {},
    };
    storeLink = new StoreLink({ store, broker, clock: house.clock });
    radio = new BluetoothRadio({
      open: house.open,
      dial: dialler(house.clock, DIAL_LIMITS),
      list: () => house.adapters,
      clock: house.clock,
      random: () => 0.5,
    });
    relay = new Relay({ radio, broker, clock: house.clock });
    unit = house.add({ address: HANDHELD, rssi: {} });
    await until("the broker", () => relay.connected && storeLink.connected);
    await house.clock.pass(5000);
  });
  afterEach(async () => {
    await Promise.all([relay.stop(), storeLink.close()]);
    await broker.close();
  });

  /** MQTT moves by the event loop, everything else by the clock of the house. */
  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (let turn = 0; turn < 5000; turn++) {
      if (isSo()) return;
      await new Promise((done) => setImmediate(done));
      if (turn % 10 === 9) await house.clock.pass(50);
    }
    throw new Error(`waited for ${what} in vain`);
  }

  const inside = () => radio as unknown as Inside;
  const relayInside = () => relay as unknown as RelayInside;

  async function appears(): Promise<void> {
    unit.rssi = { hci0: -60 };
    await until("the link", () => inside().byLink.size === 1);
  }

  async function vanishes(reason: number): Promise<void> {
    unit.rssi = {};
    unit.link!.end(reason);
    const { presences, connection } = relayInside();
    await until("its end", () => presences.size === 0 && connection.unacknowledged === 0);
  }

  async function cycle(n: number): Promise<void> {
    await appears();
    // As after a claim: a name of its own each time.
    const alias = Uint8Array.of(n >> 8, n & 255, 1, 2, 3, 4, 5, 6);
    const hello = encodeDeviceHello({ alias, epoch: 1, nonce: new Uint8Array(16), claimable: false });
    for (const bytes of fragment(hello, 0, 128)) unit.link!.onNotification(bytes);
    await until("its proof", () => [...inside().held].every(({ proved }) => proved));
    await house.clock.pass(12_000);
    await vanishes(ENDS[n % ENDS.length]!);
    // Once more, without a word.
    await appears();
    await vanishes(ENDS[(n + 1) % ENDS.length]!);
    // Shorter than any wait for a word or a proof that might be left, and than the pause before it is dialled again.
    await house.clock.pass(600);
    await until("MQTT", () => relayInside().connection.subscriptions.answered.size === 0);
  }

  function counts() {
    const { held, byLink, dials } = inside();
    const { links, presences, connection } = relayInside();
    const { client, subscriptions } = connection;
    return {
      timers: house.clock.timerCount,
      held: held.size,
      byLink: byLink.size,
      links: links.size,
      presences: presences.size,
      subscriptions: subscriptions.wanted.size,
      confirmed: subscriptions.answered.size,
      aborts: getEventListeners(dials.signal, "abort").length,
      mqtt: client.eventNames().reduce((sum, name) => sum + client.listenerCount(name), 0),
      process: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    };
  }

  it("leave as many timers, links, subscriptions and listeners as none", async () => {
    const before = counts();
    const { held, byLink, links, presences, subscriptions } = before;
    assert.deepEqual(
      { held, byLink, links, presences, subscriptions },
      { held: 0, byLink: 0, links: 0, presences: 0, subscriptions: 0 },
    );
    for (let n = 0; n < CYCLES; n++) {
      await cycle(n);
      if (n + 1 === EARLY || n + 1 === CYCLES) assert.deepEqual(counts(), before, `after ${n + 1} cycles`);
    }
    assert.equal(radio.status().connects, 2 * CYCLES);
    assert.equal(inside().neighbours.size, 1);
    assert.deepEqual(relay.refusals(), {});
  });
});
