/** What comes to and through the broker: envelopes, topics, packets cut anywhere, and whole connections. */
import { once } from "node:events";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import { decodeEnvelope, encodeEnvelope } from "../../../gateway/mqtt/envelope";
import { PacketLimit } from "../../../gateway/mqtt/packets";
import { fromHex } from "../../../protocol/bytes";
import { parseTopic, topic } from "../../../protocol/names";
import { mustBeSame, type Target } from "../target";
import { type Json, listedCodes, readVectors, refusedSeeds } from "./vectors";

const DEEP_BYTES = 20_000;

const envelope: Target = {
  name: "envelope",
  seeds: () => {
    const good: Json[] = readVectors("envelope.json").envelopes;
    // Deeper than a stack is high.
    const nested = new Uint8Array(DEEP_BYTES).fill(0x81);
    return [...good.map((one) => fromHex(one.cbor)), ...refusedSeeds("envelope"), nested];
  },
  words: ["v", "at", "type", "messages", "online", "since", Uint8Array.of(0x9f), Uint8Array.of(0xbb, 0xff)],
  maxBytes: DEEP_BYTES,
  codes: /^ENVELOPE_(SIZE|CBOR|FORM)$/,
  run(bytes) {
    const read = decodeEnvelope(bytes);
    // The order of keys is the sender's; ours is one, and what we write must be read as the same.
    const written = encodeEnvelope(read);
    mustBeSame(encodeEnvelope(decodeEnvelope(written)), written);
    if (written.length !== bytes.length)
      throw new Error(`${bytes.length} bytes were read that take ${written.length} in their shortest form`);
    return true;
  },
};

const topicTarget: Target = {
  name: "topic",
  seeds: () => [
    ...readVectors("topic.json").topics.map((one: Json) => Buffer.from(one.topic)),
    ...refusedSeeds("topic"),
  ],
  words: ["frames", "downlink", "status", "/", "#", "+", "$SYS/", "\0"],
  maxBytes: 300,
  codes: listedCodes("TOPIC"),
  run(bytes) {
    const text = Buffer.from(bytes).toString("utf8");
    const parsed = parseTopic(text);
    if (topic(parsed.alias, parsed.kind) !== text)
      throw new Error(`${JSON.stringify(text)} has two spellings`);
    return true;
  },
};

const LIMIT = 300;

/** Lengths of the packets in a stream, as MQTT 3.1.1 2.2.3 has them; undefined where one is refused. */
function packetsIn(bytes: Uint8Array): number[] | undefined {
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    at++;
    let length = 0;
    for (let place = 0; ; place++) {
      if (at >= bytes.length) return lengths;
      const byte = bytes[at++]!;
      length += (byte & 127) * 128 ** place;
      if (length > LIMIT) return undefined;
      if (byte < 128) break;
      if (place === 3) return undefined;
    }
    lengths.push(length);
    at += length;
  }
  return lengths;
}

/** The first byte says after how many bytes the stream is cut into chunks. */
const packets: Target = {
  name: "packets",
  seeds: () => [
    fromHex("04101000044d5154540402003c000474657374c000e000"),
    fromHex("01300a000461622f6364686921c000"),
    fromHex("ff30ac02" + "00".repeat(300)),
    fromHex("0330ad02"),
    fromHex("0330ffffff7f"),
  ],
  codes: /^(?!)/,
  run(input) {
    const bytes = input.slice(1);
    const step = Math.max(1, input[0] ?? 1);
    const limit = new PacketLimit(LIMIT);
    let passed = 0;
    let failed: Error | null | undefined;
    for (let at = 0; at < bytes.length && !failed; at += step) {
      const chunk = Buffer.from(bytes.subarray(at, at + step));
      limit._transform(chunk, "utf8", (error, data) => {
        failed = error;
        passed += (data as Buffer | undefined)?.length ?? 0;
      });
    }
    const expected = packetsIn(bytes);
    if ((expected === undefined) !== (failed !== null && failed !== undefined))
      throw new Error(`${failed ? "refuses" : "passes"} what MQTT ${expected ? "allows" : "does not allow"}`);
    if (!failed && passed !== bytes.length) throw new Error(`passed ${passed} of ${bytes.length} bytes`);
    return !failed;
  },
};

/** CONNECT as "probe", a clean session, as MQTT 3.1.1 3.1 has it. */
const CONNECT = fromHex("101100044d5154540402003c000570726f6265");
const CONNECTED = fromHex("20020000");
let running: Promise<Broker> | undefined;

/** The embedded broker after anything that a stranger may send: it must go on serving the next client. */
const connection: Target = {
  name: "connection",
  seeds: () => {
    const topicBytes = Buffer.from("avnode/v1/0badcafe0badcafe/status");
    const named = Buffer.concat([Uint8Array.of(0, topicBytes.length), topicBytes]);
    const packet = (first: number, body: Uint8Array) =>
      Buffer.concat([Uint8Array.of(first, body.length), body]);
    const id = Uint8Array.of(0, 7);
    const stranger = fromHex("101000044d5154540402003c000474657374");
    const subscribe = packet(0x82, Buffer.concat([id, named, Uint8Array.of(1)]));
    return [
      Buffer.concat([
        stranger,
        packet(0x31, Buffer.concat([named, Uint8Array.of(1, 2)])),
        fromHex("c000e000"),
      ]),
      Buffer.concat([stranger, subscribe, packet(0x32, Buffer.concat([named, id, id])), fromHex("40020007")]),
      Buffer.concat([stranger, subscribe, packet(0xa2, Buffer.concat([id, named]))]),
      Buffer.concat([stranger, packet(0x34, Buffer.concat([named, id])), fromHex("62020007")]),
      // A will, a user and a password; a session to be kept; a wrong protocol; a length without end.
      fromHex("102600044d51545404c6003c000474657374000161000462796521000475736572000470617373"),
      fromHex("101000044d5154540400003c000474657374"),
      fromHex("100e00064d51497364700302003c0000"),
      fromHex("30ffffffff7f"),
    ];
  },
  maxBytes: 500,
  codes: /^(?!)/,
  async run(bytes) {
    running ??= startBroker();
    const serving = await running;
    const stranger = serving.connect();
    stranger.on("error", () => undefined);
    let answered = false;
    stranger.on("data", (data: Buffer) => {
      answered ||= data[0] === CONNECTED[0];
    });
    stranger.write(bytes);
    await new Promise((done) => setImmediate(done));
    const probe = serving.connect();
    probe.write(CONNECT);
    let answer = Buffer.alloc(0);
    // An answer comes in pieces.
    while (answer.length < CONNECTED.length) {
      const [piece] = (await once(probe, "data")) as [Buffer];
      answer = Buffer.concat([answer, piece]);
    }
    mustBeSame(answer, CONNECTED);
    stranger.destroy();
    probe.destroy();
    await new Promise((done) => setImmediate(done));
    return answered;
  },
};

export const broker: Target[] = [envelope, topicTarget, packets, connection];
