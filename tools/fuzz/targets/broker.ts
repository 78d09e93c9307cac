/** What comes through the broker: envelopes, topics, and packets cut anywhere. */
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

export const broker: Target[] = [envelope, topicTarget, packets];
