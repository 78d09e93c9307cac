/**
 * Somebody who has heard everything on radio and MQTT, with the passwords of relay and store at the broker, and says it
 * again: forged, altered, replayed, spliced, out of order.
 */

import type { BrokerAddress } from "../../../gateway/mqtt/client";
import { Connection } from "../../../gateway/mqtt/client";
import { decodeEnvelope, encodeEnvelope } from "../../../gateway/mqtt/envelope";
import { silentLog } from "../../../gateway/store/log";
import { concat } from "../../../protocol/bytes";
import { fragment, Reassembler } from "../../../protocol/fragments";
import { HEADER_BYTES } from "../../../protocol/header";
import { TOPIC_PREFIX, TopicKind } from "../../../protocol/names";
import type { Random } from "../random";
import type { Chronicle } from "./chronicle";
import type { Unit } from "./unit";

type Way = "up" | "down";

const REMEMBERED = 256;
const WAYS: Way[] = ["up", "down"];
const KINDS = ["forged", "altered", "replayed", "spliced", "reordered", "truncated", "noise"] as const;

export class Attacker {
  private readonly heard: Record<Way, Uint8Array[]> = { up: [], down: [] };
  private readonly topics: string[] = [];
  /** As whom it can publish: what goes up as the relay, what goes down as the store. */
  private readonly connections: Record<Way, Connection>;

  constructor(
    private readonly random: Random,
    private readonly chronicle: Chronicle,
    private readonly units: Unit[],
    broker: BrokerAddress,
  ) {
    const overhear = (topic: string, payload: Buffer) => this.overhear(topic, payload);
    this.connections = {
      up: new Connection("relay", broker, silentLog, overhear),
      down: new Connection("store", broker, silentLog, overhear),
    };
    this.connections.up.subscribe(`${TOPIC_PREFIX}+/${TopicKind.downlink}`);
    this.connections.down.subscribe(`${TOPIC_PREFIX}+/${TopicKind.frames}`);
    for (const { radio } of units) this.tap(radio);
  }

  /** One attempt, anywhere. */
  strike(): void {
    const way = WAYS[this.random.int(2)]!;
    const kind = KINDS[this.random.int(KINDS.length)]!;
    const messages = this.make(kind, this.heard[way]);
    if (messages.length === 0) return;
    const overRadio = this.random.chance(0.5);
    this.chronicle.event("attack", kind, way, overRadio ? "radio" : "mqtt", messages.length);
    if (overRadio) for (const message of messages) this.say(way, message, kind === "noise");
    else this.publish(way, messages, kind === "noise");
  }

  async close(): Promise<void> {
    await this.connections.up.close();
    await this.connections.down.close();
  }

  private make(kind: (typeof KINDS)[number], heard: Uint8Array[]): Uint8Array[] {
    const { random } = this;
    if (kind === "noise") return [random.bytes(1 + random.int(200))];
    if (heard.length === 0) return [];
    const pick = () => heard[random.int(heard.length)]!.slice();
    const message = pick();
    const other = pick();
    const cut = Math.min(HEADER_BYTES, message.length - 1);
    switch (kind) {
      case "forged":
        return [concat([message.subarray(0, cut), random.bytes(message.length - cut)])];
      case "altered":
        for (let flips = 1 + random.int(3); flips > 0; flips--)
          message[random.int(message.length)]! ^= 1 << random.int(8);
        return [message];
      case "replayed":
        return [message];
      case "spliced":
        return [concat([message.subarray(0, cut), other.subarray(Math.min(cut, other.length - 1))])];
      case "reordered":
        return heard.slice(-8).reverse();
      case "truncated":
        return [message.slice(0, 1 + random.int(message.length))];
    }
  }

  /** As notifications or writes of a link that is open, to whichever handheld: also to one that the message is not of. */
  private say(way: Way, message: Uint8Array, raw: boolean): void {
    const { radio, radioFaults } = this.units[this.random.int(this.units.length)]!;
    const size = radioFaults.notificationBytes;
    const number = this.random.int(256);
    if (!radio.connected) return;
    const pieces = raw ? [message.slice(0, size)] : fragment(message, number, size);
    for (const piece of pieces) {
      // What it says may end the connection.
      if (!radio.connected) return;
      if (way === "up") radio.central.onNotification(piece);
      else radio.peripheral.onWrite(piece);
    }
  }

  private publish(way: Way, messages: Uint8Array[], raw: boolean): void {
    const kind = way === "up" ? "frames" : "downlink";
    const topics = this.topics.filter((topic) => topic.endsWith(kind));
    if (topics.length === 0) return;
    const at = Math.max(0, Date.now());
    const envelope = raw
      ? Buffer.from(messages[0]!)
      : encodeEnvelope({ v: 1, type: `avnode/${kind}`, at, messages });
    this.connections[way].publish(topics[this.random.int(topics.length)]!, envelope);
  }

  private overhear(topic: string, payload: Buffer): void {
    if (!this.topics.includes(topic)) this.topics.push(topic);
    try {
      const envelope = decodeEnvelope(payload);
      if (envelope.type === "avnode/status") return;
      this.remember(envelope.type === "avnode/frames" ? "up" : "down", envelope.messages);
    } catch {
      // Its own noise.
    }
  }

  private remember(way: Way, messages: Uint8Array[]): void {
    this.heard[way].push(...messages.map((message) => message.slice()));
    this.heard[way].splice(0, this.heard[way].length - REMEMBERED);
  }

  private tap({ peripheral, central }: Unit["radio"]): void {
    const ears = { up: new Reassembler(8), down: new Reassembler(8) };
    const listen = (way: Way, bytes: Uint8Array) => {
      try {
        const message = ears[way].add(bytes);
        if (message) this.remember(way, [message]);
      } catch {
        // A piece of which it missed the beginning.
      }
    };
    const { notify } = peripheral;
    const { write } = central;
    peripheral.notify = (bytes) => {
      listen("up", bytes);
      notify(bytes);
    };
    central.write = (bytes) => {
      listen("down", bytes);
      write(bytes);
    };
  }
}
