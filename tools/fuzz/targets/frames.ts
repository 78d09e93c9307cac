/** Frames as they come by radio and broker: the clear header, what is behind a good tag, and notifications of pieces. */
import { nodeCrypto } from "../../../gateway/crypto";
import { fromHex } from "../../../protocol/bytes";
import { Reassembler } from "../../../protocol/fragments";
import { decodeHeader, encodeHeader, HEADER_BYTES, MAX_FRAME_BYTES } from "../../../protocol/header";
import { openFrame, sealFrame } from "../../../protocol/seal";
import { messageType } from "../../../protocol/session";
import { mustBeSame, type Target } from "../target";
import { type Json, listedCodes, readVectors, refusedSeeds } from "./vectors";

const vectors: Json[] = readVectors("frames.json").frames;
const key = fromHex(vectors[0].key);
const codes = listedCodes("FRAME", "MESSAGE");

const header: Target = {
  name: "header",
  seeds: () => [...vectors.map((one) => fromHex(one.frame)), ...refusedSeeds("frame")],
  codes,
  run(bytes) {
    const type = messageType(bytes);
    const read = decodeHeader(bytes);
    if (read.type !== type) throw new Error(`is a message of type ${type} and a frame of type ${read.type}`);
    mustBeSame(encodeHeader(read), bytes.subarray(0, HEADER_BYTES));
    return true;
  },
};

const frame: Target = {
  name: "frame",
  seeds: header.seeds,
  codes,
  run(bytes) {
    const body = openFrame(nodeCrypto, key, bytes);
    mustBeSame(sealFrame(nodeCrypto, key, decodeHeader(bytes), body), bytes);
    return true;
  },
};

/** Header and plaintext, sealed anew here, so that what is behind the tag is tried as well. */
const sealed: Target = {
  name: "sealed",
  seeds: () =>
    vectors.map((one) =>
      Buffer.concat([fromHex(one.frame).subarray(0, HEADER_BYTES), fromHex(one.plaintext)]),
    ),
  codes,
  run(bytes) {
    // OpenSSL makes no tag of nothing, and no frame has it.
    if (bytes.length <= HEADER_BYTES) return false;
    const nonce = new Uint8Array(13);
    const head = bytes.subarray(0, HEADER_BYTES);
    nonce.set(head);
    return frame.run(Buffer.concat([head, nodeCrypto.seal(key, nonce, bytes.subarray(HEADER_BYTES))]));
  },
};

/** Notifications of one connection, each behind a byte with its length. */
const notification: Target = {
  name: "notification",
  seeds: () => {
    const good: Json[] = readVectors("fragments.json").messages;
    const refused: Json[] = readVectors("refused.json").refused;
    /** Beginnings of more messages than are kept at once. */
    const begun = Array.from({ length: 9 }, (_, number) => `0${number}00${"aa".repeat(18)}`);
    return [...good, ...refused.filter((one) => one.decoder === "fragments"), { notifications: begun }].map(
      (one) =>
        Buffer.concat(
          one.notifications.flatMap((hex: string) => [Uint8Array.of(hex.length / 2), fromHex(hex)]),
        ),
    );
  },
  codes: listedCodes("FRAGMENT"),
  run(bytes) {
    const reassembler = new Reassembler(8);
    const held = reassembler as unknown as { partial: { parts: Uint8Array[] }[]; finished: number[] };
    let messages = 0;
    let refused: unknown;
    for (let at = 0; at < bytes.length; ) {
      const length = bytes[at++]!;
      try {
        const message = reassembler.add(bytes.slice(at, at + length));
        if (message) messages++;
        if (message && (message.length < 1 || message.length > MAX_FRAME_BYTES))
          throw new Error(`made a message of ${message.length} bytes`);
      } catch (error) {
        // A refused notification must not spoil those behind it.
        if (!notification.codes.test((error as { code?: string }).code ?? "")) throw error;
        refused = error;
      }
      if (held.partial.length > 8 || held.finished.length > 32)
        throw new Error(`holds ${held.partial.length} parts and ${held.finished.length} numbers`);
      at += length;
    }
    if (messages === 0 && refused) throw refused;
    return messages > 0;
  },
};

export const frames: Target[] = [header, frame, sealed, notification];
