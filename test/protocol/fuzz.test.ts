import { strict as assert } from "node:assert";
import { nodeCrypto } from "../../gateway/crypto";
import { fromHex, toHex } from "../../protocol/bytes";
import { decodeClaimCode, encodeClaimCode } from "../../protocol/claim";
import { Reassembler } from "../../protocol/fragments";
import { decodeHeader, encodeHeader, HEADER_BYTES, MAX_FRAME_BYTES } from "../../protocol/header";
import { parseTopic, topic } from "../../protocol/names";
import { openFrame, sealFrame } from "../../protocol/seal";
import { Random } from "../../tools/sim/random";
import { CODECS, type Json, readVectors } from "./vectors";

const COUNT = Number(process.env.AVNODE_FUZZ ?? 1_000_000);
const SEED = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

/** Valid inputs to start from, by the decoder's name in the vectors. */
function corpus(decoder: string): Uint8Array[] {
  const files = ["frames.json", "receipt.json", "command.json", "claim.json"];
  const sealed: Json[] = files.flatMap((file) => readVectors(file).frames);
  const bodies = sealed.filter((v) => v.decoder === decoder).map((v) => v.body);
  const messages: Json[] = readVectors("session.json").messages;
  const hellos = messages.filter((v) => v.decoder === decoder).map((v) => v.message);
  const all = [...bodies, ...hellos].map(fromHex);
  const short = all.filter((bytes) => bytes.length < 300);
  return short.length > 0 ? short : all;
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x10, 0x20];

/** One input in sixteen is random, the others are valid ones with up to three changes of byte or length. */
function mutate(random: Random, seeds: Uint8Array[]): Uint8Array {
  const choice = random.uint32();
  if ((choice & 15) === 0) return random.bytes(random.int(40));
  const seed = seeds[random.int(seeds.length)]!;
  const delta = (choice & 0xf0) === 0 ? random.int(9) - 4 : 0;
  const out = new Uint8Array(Math.max(0, seed.length + delta));
  out.set(seed.subarray(0, out.length));
  for (let n = (choice >>> 8) & 3; n > 0 && out.length > 0; n--) {
    const word = random.uint32();
    out[(word >>> 8) % out.length] = word & 1 ? INTERESTING[(word >>> 1) % INTERESTING.length]! : word;
  }
  return out;
}

/** @returns what was read, or undefined when it was refused with a code */
function read<T>(decode: () => T, input: () => string): T | undefined {
  try {
    return decode();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== "string" || !/^[A-Z]+(_[A-Z]+)+$/.test(code)) {
      throw new Error(`${input()} threw ${error} instead of a coded refusal`);
    }
    return undefined;
  }
}

function same(again: Uint8Array, bytes: Uint8Array): void {
  if (Buffer.compare(again, bytes) !== 0)
    assert.fail(`${toHex(bytes)} was read, but written as ${toHex(again)}`);
}

describe(`${COUNT} random and mutated inputs to each decoder, seed ${SEED}`, function () {
  this.timeout(COUNT);
  const stackTraceLimit = Error.stackTraceLimit;
  before(() => {
    Error.stackTraceLimit = 0;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  for (const [name, codec] of Object.entries(CODECS)) {
    it(`${name}: refused with a code, or written back to the same bytes`, () => {
      const random = new Random(`${SEED} ${name}`);
      const seeds = corpus(name);
      let accepted = 0;
      for (let i = 0; i < COUNT; i++) {
        const bytes = mutate(random, seeds);
        const value = read(
          () => codec.decode(bytes),
          () => toHex(bytes),
        );
        if (value === undefined) continue;
        accepted++;
        same(codec.encode(value), bytes);
      }
      assert.ok(accepted > COUNT / 100 && accepted < COUNT, `${accepted} of ${COUNT} accepted`);
    });
  }

  const key = fromHex(readVectors("frames.json").frames[0].key);
  const frames: Uint8Array[] = readVectors("frames.json")
    .frames.filter((v: Json) => v.frame.length < 300)
    .map((v: Json) => fromHex(v.frame));

  it("header: refused with a code, or written back to the same bytes", () => {
    const random = new Random(`${SEED} header`);
    for (let i = 0; i < COUNT; i++) {
      const frame = mutate(random, frames);
      const header = read(
        () => decodeHeader(frame),
        () => toHex(frame),
      );
      if (header) same(encodeHeader(header), frame.subarray(0, HEADER_BYTES));
    }
  });

  it("frame: opened only if sealing its body gives the same bytes", () => {
    const random = new Random(`${SEED} frame`);
    for (let i = 0; i < COUNT; i++) {
      let frame = mutate(random, frames);
      // One frame in 32 is sealed anew over its changed plaintext, so that padding is tried behind a good tag.
      if ((i & 31) === 0 && frame.length >= HEADER_BYTES) {
        const header = frame.subarray(0, HEADER_BYTES);
        const plain = new Uint8Array(32 * (1 + random.int(2)));
        plain.set(random.bytes(random.int(5)), 0);
        plain[0]! &= 1;
        frame = Buffer.concat([
          header,
          nodeCrypto.seal(key, Buffer.concat([header, Buffer.alloc(2)]), plain),
        ]);
      }
      const body = read(
        () => openFrame(nodeCrypto, key, frame),
        () => toHex(frame),
      );
      if (body) same(sealFrame(nodeCrypto, key, decodeHeader(frame), body), frame);
    }
  });

  it("fragments: refused with a code, or a message that may be, in bounded memory", () => {
    const random = new Random(`${SEED} fragments`);
    const vectors: Json[] = readVectors("fragments.json").messages;
    const seeds = vectors.flatMap((v) =>
      v.notifications.slice(0, 4).concat(v.notifications.slice(-2)).map(fromHex),
    );
    const reassembler = new Reassembler();
    const held = reassembler as unknown as { partial: { parts: unknown[] }[]; finished: unknown[] };
    for (let i = 0; i < COUNT; i++) {
      const notification = mutate(random, seeds);
      const message = read(
        () => reassembler.add(notification),
        () => toHex(notification),
      );
      if (message) assert.ok(message.length >= 1 && message.length <= MAX_FRAME_BYTES);
      if (held.partial.length > 8 || held.finished.length > 32) assert.fail("more is held than stated");
    }
  });

  const mutateText = (random: Random, texts: string[], alphabet: string): string => {
    let text = texts[random.int(texts.length)]!;
    for (let n = random.int(4); n > 0; n--) {
      const at = random.int(text.length + 1);
      text = text.slice(0, at) + alphabet[random.int(alphabet.length)] + text.slice(at + random.int(3));
    }
    return text;
  };

  it("claim code: refused with a code, or printed as it was typed", () => {
    const random = new Random(`${SEED} claim code`);
    const texts: string[] = readVectors("claim.json").codes.flatMap((v: Json) => [
      v.text,
      v.qr,
      ...v.accepted,
    ]);
    for (let i = 0; i < COUNT; i++) {
      const typed = mutateText(
        random,
        texts,
        "qpzry9x8gf2tvdw0s3jn54khce6mua7lQPZRY bio1-:\u212a\u0130\ud83d",
      );
      const code = read(
        () => decodeClaimCode(typed),
        () => JSON.stringify(typed),
      );
      if (!code) continue;
      const bare = typed
        .replace(/[\s-]/g, "")
        .toLowerCase()
        .replace(/^avnode:/, "")
        .replace(/^av1/, "");
      assert.equal(encodeClaimCode(code).replace(/ /g, "").slice(3), bare);
    }
  });

  it("topic: refused with a code, or named again in the same way", () => {
    const random = new Random(`${SEED} topic`);
    const texts: string[] = readVectors("topic.json").topics.map((v: Json) => v.topic);
    for (let i = 0; i < COUNT; i++) {
      const text = mutateText(random, texts, "0123456789abcdefABCDEF/framesdownlink+#\0");
      const parsed = read(
        () => parseTopic(text),
        () => JSON.stringify(text),
      );
      if (parsed) assert.equal(topic(parsed.alias, parsed.kind), text);
    }
  });
});
