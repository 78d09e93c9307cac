import assert from "node:assert/strict";
import { type EventEmitter, once as onceOf } from "node:events";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import mqtt, { type MqttClient } from "mqtt";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import type { BrokerUser } from "../../../gateway/mqtt/users";

/** MqttClient's own types hide that it is an emitter. */
const once = (emitter: unknown, event: string) => onceOf(emitter as EventEmitter, event);

const FRAMES = "avnode/v1/0011223344556677/frames";

/** MQTT 3.1.1 by hand: fixed header with its remaining length, then the body. */
function packet(first: number, body: Buffer, declared = body.length): Buffer {
  const length: number[] = [];
  let rest = declared;
  do {
    length.push((rest % 128) | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.of(first, ...length), body]);
}
const text = (value: string | Buffer) =>
  Buffer.concat([Buffer.of(value.length >> 8, value.length & 255), Buffer.from(value)]);
function connectPacket({ username, password }: BrokerUser): Buffer {
  const head = [text("MQTT"), Buffer.of(4, 0xc2, 0, 60), text("by-hand")];
  return packet(0x10, Buffer.concat([...head, text(username), text(password)]));
}

describe("the embedded broker", () => {
  let broker: Broker;
  const clients: MqttClient[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    broker = await startBroker({ port: 0 });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end(true);
    for (const socket of sockets.splice(0)) socket.destroy();
    await broker.close();
  });

  function client(options: mqtt.IClientOptions = {}): MqttClient {
    const made = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...broker.users.relay,
      ...options,
    });
    made.on("error", () => {});
    clients.push(made);
    return made;
  }
  async function byHand(...bytes: Buffer[]): Promise<Socket> {
    const socket = connectTcp(broker.port!, "127.0.0.1");
    socket.on("error", () => {});
    sockets.push(socket);
    await once(socket, "connect");
    for (const chunk of bytes) socket.write(chunk);
    return socket;
  }
  async function worksStill(): Promise<void> {
    const reader = client(broker.users.store);
    await reader.subscribeAsync("avnode/v1/+/frames", { qos: 1 });
    const arrived = once(reader, "message");
    await client().publishAsync(FRAMES, "x", { qos: 1 });
    assert.equal(String((await arrived)[1]), "x");
  }

  it("lets one client listen to hundreds of topics after each other, as a relay does over the years", async () => {
    const relay = client();
    for (let connection = 0; connection < 300; connection++) {
      const topic = `avnode/v1/${connection.toString(16).padStart(16, "0")}/downlink`;
      const [granted] = await relay.subscribeAsync(topic, { qos: 1 });
      assert.equal(granted?.qos, 1, `connection ${connection}`);
      await relay.unsubscribeAsync(topic);
    }
  });

  it("carries what is published under avnode's topics", worksStill);

  it("does not start where another program has the port that it was told", async () => {
    await assert.rejects(startBroker({ port: broker.port }), { code: "EADDRINUSE" });
  });

  it("takes a free port where another program has the default, and says so", async () => {
    const other = createServer().listen(1883, "127.0.0.1");
    // Whoever has it already will do.
    await once(other, "listening").catch(() => {});
    const second = await startBroker({ port: "default" });
    assert.equal(second.taken, 1883);
    assert.ok(second.port !== undefined && second.port !== 1883);
    await second.close();
    other.close();
  });

  it("ends the connection of a topic of one megabyte at its declared length, before it is here, and lives on", async () => {
    const socket = await byHand(connectPacket(broker.users.relay), packet(0x30, text("a"), 1_048_576 + 2));
    await once(socket, "close");
    assert.equal(broker.refusals()["packet-size"], 1);
    await worksStill();
  });

  it("ends the connection of a packet whose length has five digits", async () => {
    const socket = await byHand(
      connectPacket(broker.users.relay),
      Buffer.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x01),
    );
    await once(socket, "close");
    await worksStill();
  });

  it("counts packets right however TCP cuts them", async () => {
    const socket = await byHand();
    socket.setNoDelay(true);
    const publish = packet(0x30, Buffer.concat([text(FRAMES), Buffer.alloc(300, 7)]));
    const reader = client(broker.users.store);
    await reader.subscribeAsync("avnode/v1/+/frames");
    const arrived = once(reader, "message");
    for (const byte of Buffer.concat([connectPacket(broker.users.relay), publish]))
      socket.write(Buffer.of(byte));
    assert.equal((await arrived)[1].length, 300);
  });

  const foreign: [string, string][] = [
    ["65,000 characters", "a".repeat(65_000)],
    ["257 characters", `avnode/v1/${"0".repeat(247)}`],
    ["another prefix", "homeassistant/status"],
    ["an alias that is none", "avnode/v1/zz11223344556677/frames"],
    ["no known kind", "avnode/v1/0011223344556677/reboot"],
  ];
  for (const [name, topic] of foreign) {
    it(`ends the connection of whoever publishes to a topic of ${name}`, async () => {
      const sender = client();
      await once(sender, "connect");
      sender.publish(topic, "x");
      await once(sender, "close");
      assert.equal(broker.refusals().topic, 1);
      await worksStill();
    });
  }

  it("retains presence, but no frames and nothing at QoS 2", async () => {
    for (const [topic, options] of [
      [FRAMES, { qos: 1, retain: true }],
      [FRAMES, { qos: 2 }],
    ] as const) {
      const sender = client();
      await once(sender, "connect");
      sender.publish(topic, "x", options);
      await once(sender, "close");
    }
    await client().publishAsync("avnode/v1/0011223344556677/status", "here", { qos: 1, retain: true });
    const reader = client(broker.users.store);
    await reader.subscribeAsync("avnode/v1/+/status");
    assert.equal(String((await once(reader, "message"))[1]), "here");
  });

  it("goes on with whoever publishes more presences than it retains", async () => {
    const sender = client();
    const topicOf = (n: number) => `avnode/v1/${n.toString(16).padStart(16, "0")}/status`;
    for (let n = 0; n < 1025; n++) await sender.publishAsync(topicOf(n), "here", { qos: 1, retain: true });
    assert.equal(sender.connected, true);
    assert.equal(broker.refusals().retained, 1);
    const reader = client(broker.users.store);
    await reader.subscribeAsync(topicOf(1024));
    await reader.subscribeAsync(topicOf(1023));
    assert.equal((await once(reader, "message"))[0], topicOf(1023));
  });

  it("keeps no session that lasts", async () => {
    const sender = client({ clean: false, clientId: "lasting" });
    await once(sender, "close");
    assert.equal(broker.refusals()["lasting-session"], 1);
  });

  it("refuses a subscription outside avnode's topics", async () => {
    const reader = client(broker.users.store);
    await once(reader, "connect");
    const granted = await reader.subscribeAsync("#").catch((error: Error) => error);
    assert.ok(granted instanceof Error || granted[0]!.qos === 128);
  });

  it("takes 64 connections and not more", async () => {
    const here = Array.from({ length: 64 }, () => client());
    await Promise.all(here.map((each) => once(each, "connect")));
    const oneMore = client();
    await once(oneMore, "close");
    assert.equal(oneMore.connected, false);
  });
});
