/** Whole connections to what listens: after anything that anybody sends, the next client must be served as ever. */
import type { Duplex } from "node:stream";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import type { BrokerUsers, HubRole } from "../../../gateway/mqtt/users";
import { fromHex } from "../../../protocol/bytes";
import { mustBeSame, type Target } from "../target";

const USERS: BrokerUsers = {
  relay: { username: "relay", password: "r".repeat(32) },
  store: { username: "store", password: "s".repeat(32) },
};
const CONNACK = 0x20;
const CONNECTED = Uint8Array.of(CONNACK, 2, 0, 0);

/** A string of MQTT: its length in two bytes first. */
function text(value: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(0, value.length), Buffer.from(value)]);
}

/** A packet of MQTT 3.1.1 of less than 128 bytes. */
function packet(first: number, ...parts: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(first, body.length), body]);
}

/** A clean session with user and password. */
function connect(role: HubRole, id: string): Uint8Array {
  const { username, password } = USERS[role];
  return packet(0x10, text("MQTT"), Uint8Array.of(4, 0xc2, 0, 60), text(id), text(username), text(password));
}

/** Resolves once so many bytes came. */
function received(stream: Duplex, length: number): Promise<Buffer> {
  return new Promise((done) => {
    let all = Buffer.alloc(0);
    stream.on("data", (piece: Buffer) => {
      all = Buffer.concat([all, piece]);
      if (all.length >= length) done(all);
    });
  });
}

const soon = () => new Promise((done) => setImmediate(done));
let running: Promise<Broker> | undefined;

const mqtt: Target = {
  name: "mqtt",
  seeds: () => {
    const topic = (kind: string) => text(`avnode/v1/0badcafe0badcafe/${kind}`);
    const id = Uint8Array.of(0, 7);
    const relay = connect("relay", "test");
    const store = connect("store", "test");
    const end = fromHex("e000");
    return [
      Buffer.concat([relay, packet(0x31, topic("status"), Uint8Array.of(1, 2)), fromHex("c000"), end]),
      Buffer.concat([relay, packet(0x32, topic("frames"), id, id), fromHex("40020007"), end]),
      Buffer.concat([
        store,
        packet(0x82, id, topic("frames"), Uint8Array.of(1)),
        packet(0xa2, id, topic("frames")),
      ]),
      Buffer.concat([store, packet(0x34, topic("downlink"), id), fromHex("62020007")]),
      // A will; a session to be kept; a wrong protocol; a length without end.
      packet(
        0x10,
        text("MQTT"),
        Uint8Array.of(4, 0xc6, 0, 60),
        text("w"),
        text("a"),
        text("b"),
        text("relay"),
        text("r"),
      ),
      packet(
        0x10,
        text("MQTT"),
        Uint8Array.of(4, 0xc0, 0, 60),
        text("k"),
        text("relay"),
        text("r".repeat(32)),
      ),
      fromHex("100e00064d51497364700302003c0000"),
      fromHex("30ffffffff7f"),
    ];
  },
  maxBytes: 500,
  codes: /^(?!)/,
  async run(bytes) {
    running ??= startBroker({ users: USERS });
    const broker = await running;
    const stranger = broker.connect();
    stranger.on("error", () => undefined);
    let answered = false;
    stranger.once("data", (data: Buffer) => {
      answered = data[0] === CONNACK;
    });
    stranger.write(bytes);
    await soon();
    const probe = broker.connect();
    const answer = received(probe, CONNECTED.length);
    probe.write(connect("store", "probe"));
    mustBeSame(await answer, CONNECTED);
    stranger.destroy();
    probe.destroy();
    await soon();
    return answered;
  },
};

export const connections: Target[] = [mqtt];
