import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import { Connection } from "../../../gateway/mqtt/client";
import { decodeEnvelope } from "../../../gateway/mqtt/envelope";
import { StoreLink } from "../../../gateway/mqtt/storelink";
import {
  type CloseCause,
  NO_ADAPTERS,
  type Radio,
  type RadioHandlers,
  type RadioLink,
} from "../../../gateway/radio/radio";
import { Relay } from "../../../gateway/relay/relay";
import { silentLog } from "../../../gateway/store/log";
import { toHex } from "../../../protocol/bytes";
import { fragment, Reassembler } from "../../../protocol/fragments";
import { FrameType } from "../../../protocol/header";
import { encodeDeviceHello } from "../../../protocol/session";
import { VirtualTime } from "../../../tools/sim/time";

/** A radio whose handhelds are moved by hand. */
class FakeRadio implements Radio {
  private handlers?: RadioHandlers;
  readonly provedLinks: RadioLink[] = [];
  proved(link: RadioLink): void {
    this.provedLinks.push(link);
  }
  start(handlers: RadioHandlers): void {
    this.handlers = handlers;
  }
  async stop(): Promise<void> {
    this.handlers = undefined;
  }
  status() {
    return NO_ADAPTERS;
  }
  connect(notificationBytes = 20): FakeHandheld {
    return new FakeHandheld(this.handlers!, notificationBytes);
  }
}

class FakeHandheld {
  readonly heard: Uint8Array[] = [];
  closed = false;
  cause?: CloseCause;
  private readonly reassembler = new Reassembler(8);
  readonly link: RadioLink;
  private sent = 0;

  constructor(
    private readonly handlers: RadioHandlers,
    notificationBytes: number,
  ) {
    this.link = {
      id: "fake",
      notificationBytes,
      write: (bytes) => {
        assert.ok(bytes.length <= notificationBytes);
        const message = this.reassembler.add(bytes);
        if (message) this.heard.push(message);
      },
      close: (cause) => {
        this.cause = cause;
        this.close();
      },
    };
    handlers.onLink(this.link);
  }
  say(message: Uint8Array): void {
    for (const bytes of fragment(message, this.sent++, this.link.notificationBytes)) this.notify(bytes);
  }
  notify(bytes: Uint8Array): void {
    this.handlers.onNotification(this.link, bytes);
  }
  close(): void {
    this.closed = true;
    this.handlers.onClosed(this.link, "peer");
  }
}

/** Stands in for the store: notes what it receives. */
class FakeStore {
  checkpoint: Uint8Array | undefined;
  onCheckpoint: (note: Uint8Array) => void = () => {};
  onSend: (alias: Uint8Array, message: Uint8Array) => void = () => {};
  readonly received: { alias: string; message: Uint8Array }[] = [];
  receive(alias: Uint8Array, message: Uint8Array): void {
    this.received.push({ alias: toHex(alias), message });
  }
  readonly counted: string[] = [];
  refused(alias: Uint8Array | undefined, kind: string): void {
    this.counted.push(`${alias && toHex(alias)} ${kind}`);
  }
  get texts(): string[] {
    return this.received.map(
      ({ alias, message }) => `${alias[1]}:${message[0] === 0x1e ? "hello" : message.length}`,
    );
  }
}

const A = new Uint8Array(8).fill(0x0a);
const B = new Uint8Array(8).fill(0x0b);
const hello = (alias: Uint8Array) =>
  encodeDeviceHello({ alias, epoch: 1, nonce: new Uint8Array(16), claimable: false });
/** First byte of a data frame, then `length - 1` more. */
const frame = (length: number) => Uint8Array.from({ length }, (_, i) => (i === 0 ? 0x12 : i & 255));
const receipt = Uint8Array.from({ length: 60 }, (_, i) => (i === 0 ? 0x10 | FrameType.receipt : i));

describe("the relay", () => {
  let time: VirtualTime;
  let broker: Broker;
  let radio: FakeRadio;
  let store: FakeStore;
  let storeLink: StoreLink;
  let relay: Relay;
  /** Connections that the broker side can cut. */
  let streams: Duplex[];
  let brokerIsUp: boolean;

  const address = {
    get users() {
      return broker.users;
    },
    connect(): Duplex {
      const stream = broker.connect();
      streams.push(stream);
      if (!brokerIsUp) stream.destroy();
      return stream;
    },
  };
  const cut = () => {
    for (const stream of streams.splice(0)) stream.destroy();
  };

  beforeEach(async () => {
    time = new VirtualTime(1_700_000_000_000);
    brokerIsUp = true;
    streams = [];
    broker = await time.until(startBroker());
    radio = new FakeRadio();
    store = new FakeStore();
    storeLink = new StoreLink({ store, broker: address });
    relay = new Relay({ radio, broker: address });
    await time.pass(100);
    assert.equal(hello(A)[0], 0x1e);
  });
  afterEach(async () => {
    await time.until(Promise.all([relay.stop(), storeLink.close()]));
    await time.until(broker.close());
    time.restore();
  });

  it("brings a handheld's messages to the store whole and in order, and answers back", async () => {
    const handheld = radio.connect();
    handheld.say(hello(A));
    handheld.say(frame(2067));
    handheld.say(frame(51));
    await time.pass(100);
    assert.deepEqual(store.texts, ["a:hello", "a:2067", "a:51"]);
    assert.deepEqual(store.received[1]!.message.subarray(0), Buffer.from(frame(2067)));
    store.onSend(A, frame(600));
    store.onSend(B, frame(601));
    await time.pass(100);
    assert.deepEqual(handheld.heard, [frame(600)]);
  });

  it("keeps the log's newest checkpoint on the broker, for whoever comes later, and also from the start", async () => {
    const heard: string[] = [];
    const listen = async () => {
      const listener = new Connection("relay", address, silentLog, (_topic, payload) => {
        heard.push(payload.toString());
      });
      listener.subscribe("avnode/v1/checkpoint");
      await time.pass(100);
      await time.until(listener.close());
    };
    store.onCheckpoint(Buffer.from("first"));
    store.onCheckpoint(Buffer.from("second"));
    await time.pass(100);
    await listen();
    assert.deepEqual(heard, ["second"]);
    await time.until(storeLink.close());
    store.checkpoint = Buffer.from("third");
    storeLink = new StoreLink({ store, broker: address });
    await time.pass(100);
    await listen();
    assert.deepEqual(heard, ["second", "third"]);
  });

  it("sends what completes at one moment in one envelope of at most 64 messages", async () => {
    const envelopes: number[] = [];
    const listener = new Connection("store", address, silentLog, (_topic, payload) => {
      const envelope = decodeEnvelope(payload);
      if (envelope.type === "avnode/frames") envelopes.push(envelope.messages.length);
    });
    listener.subscribe("avnode/v1/+/frames");
    const handheld = radio.connect(244);
    handheld.say(hello(A));
    await time.pass(100);
    for (let i = 0; i < 130; i++) handheld.say(frame(100));
    await time.pass(100);
    for (let i = 0; i < 80; i++) handheld.say(frame(2067));
    await time.pass(100);
    assert.deepEqual(envelopes.slice(0, 4), [1, 64, 64, 2]);
    assert.deepEqual(
      envelopes.slice(4).map((count) => count <= 63),
      [true, true],
    );
    assert.equal(store.received.length, 1 + 130 + 80);
    await time.until(listener.close());
  });

  it("follows a handheld to the alias that a claim gave it", async () => {
    const handheld = radio.connect();
    handheld.say(hello(A));
    handheld.say(frame(40));
    handheld.say(hello(B));
    handheld.say(frame(41));
    await time.pass(100);
    assert.deepEqual(
      store.texts.filter((text) => text.startsWith("a")),
      ["a:hello", "a:40"],
    );
    assert.deepEqual(
      store.texts.filter((text) => text.startsWith("b")),
      ["b:hello", "b:41"],
    );
    store.onSend(A, frame(50));
    store.onSend(B, frame(51));
    await time.pass(100);
    assert.deepEqual(handheld.heard, [frame(51)]);
  });

  it("answers on the new link while the old one's end goes unnoticed", async () => {
    const before = radio.connect();
    before.say(hello(A));
    await time.pass(50);
    const after = radio.connect();
    after.say(hello(A));
    await time.pass(50);
    before.close();
    store.onSend(A, frame(60));
    await time.pass(50);
    assert.deepEqual(after.heard, [frame(60)]);
  });

  it("passes nothing on before a hello said whose it is", async () => {
    const handheld = radio.connect();
    handheld.say(frame(40));
    await time.pass(100);
    assert.deepEqual(store.received, []);
    assert.deepEqual(relay.refusals(), { "before-hello": 1 });
  });

  it("lets go of a link that says more than eight names, and of no other", async () => {
    const [hostile, handheld] = [radio.connect(), radio.connect()];
    handheld.say(hello(A));
    for (let n = 0; n < 8; n++) hostile.say(hello(new Uint8Array(8).fill(n)));
    assert.equal(hostile.closed, false);
    hostile.say(hello(B));
    await time.pass(100);
    assert.equal(hostile.closed, true);
    assert.equal(handheld.closed, false);
    assert.equal(relay.refusals()["many-aliases"], 1);
  });

  it("keeps the proved link, and three at most, however many say its name", async () => {
    const handheld = radio.connect();
    handheld.say(hello(A));
    await time.pass(50);
    store.onSend(A, receipt);
    await time.pass(50);
    const others = Array.from({ length: 20 }, () => radio.connect());
    for (const other of others) other.say(hello(A));
    await time.pass(50);
    assert.deepEqual(
      others.map(({ closed }) => closed),
      others.map((_, i) => i < 18),
    );
    assert.equal(relay.presenceStatus()[0]!.links.length, 3);
    assert.equal(relay.refusals()["many-links"], 18);
    store.onSend(A, frame(60));
    await time.pass(50);
    assert.deepEqual(handheld.heard, [receipt, frame(60)]);
  });

  it("lets the handheld in where strangers that say its name are there already", async () => {
    const strangers = [radio.connect(), radio.connect(), radio.connect()];
    for (const stranger of strangers) stranger.say(hello(A));
    const handheld = radio.connect();
    handheld.say(hello(A));
    await time.pass(50);
    store.onSend(A, receipt);
    await time.pass(50);
    assert.deepEqual(handheld.heard, [receipt]);
    assert.deepEqual(
      strangers.map(({ closed }) => closed),
      [true, false, false],
    );
  });

  it("credits nobody with the answers to a link that was proved before", async () => {
    const handheld = radio.connect();
    handheld.say(hello(A));
    await time.pass(50);
    store.onSend(A, receipt);
    await time.pass(50);
    const stranger = radio.connect();
    stranger.say(hello(A));
    store.onSend(A, receipt);
    await time.pass(50);
    assert.deepEqual(radio.provedLinks, [handheld.link, handheld.link]);
  });

  it("refuses and counts fragments and hellos that are none, and goes on", async () => {
    const handheld = radio.connect();
    handheld.say(hello(A));
    handheld.notify(Uint8Array.of(7, 0));
    handheld.notify(new Uint8Array(0));
    handheld.notify(new Uint8Array(300));
    handheld.say(Uint8Array.of(0x1e, 1, 2));
    handheld.say(Uint8Array.of(0xff, 1, 2));
    handheld.say(frame(40));
    await time.pass(100);
    assert.deepEqual(store.texts, ["a:hello", "a:40"]);
    assert.deepEqual(relay.refusals(), { "fragment-size": 3, "hello-truncated": 1, "frame-version": 1 });
  });

  it("refuses and counts bytes on MQTT that are no envelope, on both sides", async () => {
    const handheld = radio.connect();
    handheld.say(hello(A));
    await time.pass(100);
    const strangers = (["store", "relay"] as const).map(
      (role) => new Connection(role, address, silentLog, () => {}),
    );
    strangers[0]!.publish(`avnode/v1/${toHex(A)}/downlink`, Buffer.alloc(1000, 0x9f));
    strangers[1]!.publish(`avnode/v1/${toHex(A)}/frames`, Buffer.alloc(1000, 0x9f));
    await time.pass(100);
    assert.deepEqual(relay.refusals(), { "envelope-cbor": 1 });
    assert.deepEqual(storeLink.refusals(), { "envelope-cbor": 1 });
    assert.deepEqual(store.counted, [`${toHex(A)} envelope`]);
    await time.until(Promise.all(strangers.map((stranger) => stranger.close())));
  });

  it("lets a link go that says nothing for five seconds, and keeps one that spoke", async () => {
    const silent = radio.connect();
    const speaking = radio.connect();
    await time.pass(4900);
    speaking.say(hello(A));
    assert.equal(silent.closed, false);
    await time.pass(200);
    assert.deepEqual([silent.closed, silent.cause], [true, "first-frame"]);
    await time.pass(60_000);
    assert.equal(speaking.closed, false);
  });

  it("goes on by itself when the broker was away for ten minutes, with a bounded memory of that time", async () => {
    const handheld = radio.connect(244);
    handheld.say(hello(A));
    await time.pass(100);
    brokerIsUp = false;
    cut();
    for (let second = 0; second < 600; second++) {
      handheld.say(frame(100));
      await time.pass(1000);
    }
    assert.ok(relay.refusals().dropped! > 300, "most of them went nowhere");
    brokerIsUp = true;
    await time.pass(31_000);
    const before = store.received.length;
    handheld.say(frame(222));
    await time.pass(1000);
    assert.equal(store.texts.at(-1), "a:222");
    assert.ok(before <= 1 + 256);
    store.onSend(A, frame(70));
    await time.pass(1000);
    assert.deepEqual(handheld.heard, [frame(70)]);
  });

  it("can be killed: the next one learns everything from the next hello", async () => {
    radio.connect().say(hello(A));
    await time.pass(100);
    // As the kernel would: connections and radio end, nothing is said.
    radio.stop();
    streams[1]!.destroy();
    relay = new Relay({ radio, broker: address });
    const handheld = radio.connect();
    handheld.say(hello(A));
    handheld.say(frame(45));
    await time.pass(2000);
    assert.equal(store.texts.at(-1), "a:45");
    store.onSend(A, frame(46));
    await time.pass(100);
    assert.deepEqual(handheld.heard, [frame(46)]);
  });

  it("says who is here and since when, retained, and nothing about anybody's health", async () => {
    const handheld = radio.connect();
    handheld.say(hello(A));
    await time.pass(1000);
    const said: unknown[] = [];
    const listener = new Connection("store", address, silentLog, (topic, payload) =>
      said.push([topic, decodeEnvelope(payload)]),
    );
    listener.subscribe("avnode/v1/+/status");
    await time.pass(100);
    handheld.close();
    await time.pass(1000);
    const topic = `avnode/v1/${toHex(A)}/status`;
    const start = 1_700_000_000_100;
    assert.deepEqual(said, [
      [topic, { v: 1, type: "avnode/status", at: start, online: true, since: start }],
      [topic, { v: 1, type: "avnode/status", at: start + 1100, online: false, since: start + 1100 }],
    ]);
    await time.until(listener.close());
  });
});
