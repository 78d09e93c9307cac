/**
 * The process that publishes: a handheld with mqtt.js where its radio and relay would be, commanded by the process that
 * forked it. Apart from the hub's, so that sealing and encoding take none of its time.
 */
import type { Socket } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";
import { decodeEnvelope, encodeEnvelope } from "../../gateway/mqtt/envelope";
import type { BrokerUser } from "../../gateway/mqtt/users";
import { TOPIC_PREFIX, TopicKind, topic } from "../../protocol/names";
import { BenchHandheld } from "./handheld";

/** Unacknowledged messages at most, as in the relay. */
const WINDOW = 256;

export interface Orders {
  /** Connects to a hub's broker and is claimed. @returns the claim code */
  pair(port: number, user: BrokerUser): string;
  /** The owner holds the button, once the claim is filed; seals `frames` when owned. */
  own(frames: number): void;
  /** Connects to the peers' broker. */
  joinBare(port: number, user: BrokerUser): void;
  /** Makes envelopes of frames `from` on, then waits for `publish`. */
  load(from: number, count: number, perEnvelope: number): void;
  /** Publishes what is loaded as fast as the broker acknowledges. */
  publish(to: "hub" | "bare"): void;
  /** Publishes what is loaded, `perSecond`. @returns ms from each publish to the receipt that covers it */
  pace(from: number, perSecond: number): number[];
}

const handheld = new BenchHandheld((alias, message) => publish(hub!, alias, [message]));
let hub: MqttClient | undefined;
let bare: MqttClient | undefined;
let frames: Uint8Array[] = [];
let loaded: Buffer[] = [];

const orders: {
  [Name in keyof Orders]: (...args: Parameters<Orders[Name]>) => Promise<ReturnType<Orders[Name]>>;
} = {
  async pair(port, user) {
    hub = await join(port, user);
    return Buffer.from(handheld.identity.claimCode).toString("hex");
  },
  async own(count) {
    await hub!.subscribeAsync(`${TOPIC_PREFIX}+/${TopicKind.downlink}`, { qos: 1 });
    hub!.on("message", (_topic, payload) => {
      const envelope = decodeEnvelope(payload);
      if ("messages" in envelope) for (const message of envelope.messages) handheld.take(message);
    });
    await handheld.own();
    frames = handheld.frames(count);
  },
  async joinBare(port, user) {
    bare = await join(port, user);
  },
  async load(from, count, perEnvelope) {
    loaded = [];
    for (let at = from; at < from + count; at += perEnvelope)
      loaded.push(envelopeOf(frames.slice(at, Math.min(at + perEnvelope, from + count))));
  },
  publish: (to) => flood(to === "hub" ? hub! : bare!),
  pace: (from, perSecond) => pace(from, perSecond),
};

function join(port: number, user: BrokerUser): Promise<MqttClient> {
  return connectAsync(`mqtt://127.0.0.1:${port}`, {
    ...user,
    protocolVersion: 4,
    clean: true,
    timerVariant: "native",
  });
}

function envelopeOf(messages: Uint8Array[]): Buffer {
  return encodeEnvelope({ v: 1, type: "avnode/frames", at: Date.now(), messages });
}

function publish(client: MqttClient, alias: Uint8Array, messages: Uint8Array[]): void {
  client.publish(topic(alias, TopicKind.frames), envelopeOf(messages), { qos: 1 });
}

function flood(client: MqttClient): Promise<void> {
  const name = topic(handheld.alias, TopicKind.frames);
  return new Promise((resolve) => {
    let next = 0;
    let acknowledged = 0;
    const send = () => {
      while (next < loaded.length && next - acknowledged < WINDOW)
        client.publish(name, loaded[next++]!, { qos: 1 }, () => {
          if (++acknowledged === loaded.length) resolve();
          else send();
        });
    };
    send();
  });
}

function pace(from: number, perSecond: number): Promise<number[]> {
  const name = topic(handheld.alias, TopicKind.frames);
  // mqtt.js leaves Nagle's algorithm on: a message now and then would wait up to 40 ms before it leaves.
  (hub!.stream as Socket).setNoDelay(true);
  const sentAt: number[] = [];
  const latencies: number[] = [];
  return new Promise((resolve) => {
    const start = performance.now();
    const timer = setInterval(() => {
      const due = Math.min(loaded.length, Math.floor(((performance.now() - start) / 1000) * perSecond));
      while (sentAt.length < due) {
        hub!.publish(name, loaded[sentAt.length]!, { qos: 1 });
        sentAt.push(performance.now());
      }
      if (sentAt.length === loaded.length) clearInterval(timer);
    }, 1);
    handheld.onReceipt = ({ next }) => {
      const now = performance.now();
      while (latencies.length < next - from) latencies.push(now - sentAt[latencies.length]!);
      if (latencies.length === loaded.length) resolve(latencies);
    };
  });
}

process.on("message", async ({ name, args }: { name: keyof Orders; args: never }) => {
  const order = orders[name] as (...args: unknown[]) => Promise<unknown>;
  try {
    process.send!({ result: await order(...(args as unknown[])) });
  } catch (error) {
    process.send!({ error: (error as Error).stack });
  }
});

// The process that forked it is gone.
process.on("disconnect", () => process.exit());
