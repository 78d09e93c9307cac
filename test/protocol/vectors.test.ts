import { strict as assert } from "node:assert";
import { nodeCrypto } from "../../gateway/crypto";
import { signedClose } from "../../protocol/bodies";
import { fromHex, toHex } from "../../protocol/bytes";
import { chainNext, chainStart } from "../../protocol/chain";
import { claimQr, decodeClaimCode, encodeClaimCode } from "../../protocol/claim";
import { decodeBlock } from "../../protocol/codec/block";
import { fragment, Reassembler } from "../../protocol/fragments";
import { decodeHeader } from "../../protocol/header";
import {
  claimKey,
  Direction,
  firstChainKey,
  isUnownedAlias,
  linkKey,
  nextChainKey,
  receiptKey,
  recordingKey,
  unownedAlias,
} from "../../protocol/keys";
import { parseTopic, topic } from "../../protocol/names";
import { blockShape, decodeOpen } from "../../protocol/open";
import { openFrame, sealFrame } from "../../protocol/seal";
import { CODECS, fromJson, type Json, readVectors, toJson } from "./vectors";

const crypto = nodeCrypto;

function refusalCode(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return (error as Json).code;
  }
  return "accepted";
}

describe("protocol vectors", () => {
  for (const file of ["frames.json", "receipt.json", "command.json", "claim.json"]) {
    for (const v of readVectors(file).frames as Json[]) {
      it(`seals and opens ${v.name} of ${file}`, () => {
        const codec = CODECS[v.decoder]!;
        const body = codec.encode(fromJson(v.fields));
        assert.equal(toHex(body), v.body);
        assert.equal(toHex(sealFrame(crypto, fromHex(v.key), v.header, body)), v.frame);
        assert.deepEqual(decodeHeader(fromHex(v.frame)), v.header);
        const opened = openFrame(crypto, fromHex(v.key), fromHex(v.frame));
        assert.deepEqual(toJson(codec.decode(opened)), v.fields);
      });
    }
  }

  for (const v of readVectors("session.json").messages as Json[]) {
    it(`writes and reads a ${v.name}`, () => {
      const codec = CODECS[v.decoder]!;
      assert.equal(toHex(codec.encode(fromJson(v.fields))), v.message);
      assert.deepEqual(toJson(codec.decode(fromHex(v.message))), v.fields);
    });
  }

  it("derives every key from the root and from the claim code", () => {
    for (const v of readVectors("keys.json").keys) {
      const device = fromHex(v.device);
      let chainKey = firstChainKey(crypto, fromHex(v.root));
      for (const { recording, chainKey: expected, recordingKey: key } of v.recordings) {
        assert.equal(toHex(chainKey), expected);
        if (key) assert.equal(toHex(recordingKey(crypto, chainKey, device, v.epoch, recording)), key);
        chainKey = nextChainKey(crypto, chainKey);
      }
      const rk = receiptKey(crypto, fromHex(v.root));
      assert.equal(toHex(rk), v.receiptKey);
      const nonces = [fromHex(v.deviceNonce), fromHex(v.storeNonce)] as const;
      const link = (direction: number) => toHex(linkKey(crypto, rk, direction, ...nonces, fromHex(v.store)));
      const claim = (direction: number) => toHex(claimKey(crypto, fromHex(v.code), direction, ...nonces));
      assert.deepEqual([link(Direction.up), link(Direction.down)], [v.linkUp, v.linkDown]);
      assert.deepEqual([claim(Direction.up), claim(Direction.down)], [v.claimUp, v.claimDown]);
      const alias = unownedAlias(crypto, fromHex(v.code), nonces[0]);
      assert.deepEqual(
        [toHex(alias), isUnownedAlias(crypto, fromHex(v.code), alias)],
        [v.unownedAlias, true],
      );
    }
  });

  it("chains frames and states the close as signed", () => {
    for (const v of readVectors("chain.json").chains) {
      const device = fromHex(v.device);
      let head = chainStart(crypto, device, v.epoch, v.recording, fromHex(v.recordingKey));
      assert.equal(toHex(head), v.start);
      for (const step of v.steps) {
        head = chainNext(crypto, head, fromHex(step.frame));
        assert.equal(toHex(head), step.chain);
      }
      assert.equal(toHex(signedClose(device, v.epoch, v.recording, fromHex(v.closeBody))), v.signedClose);
    }
  });

  it("prints and reads claim codes", () => {
    for (const v of readVectors("claim.json").codes) {
      assert.equal(encodeClaimCode(fromHex(v.code)), v.text);
      assert.equal(claimQr(fromHex(v.code)), v.qr);
      for (const typed of [v.text, v.qr, ...v.accepted]) assert.equal(toHex(decodeClaimCode(typed)), v.code);
    }
  });

  it("cuts messages to notifications and puts them together", () => {
    for (const v of readVectors("fragments.json").messages) {
      const parts = fragment(fromHex(v.message), v.number, v.notificationBytes);
      assert.deepEqual(parts.map(toHex), v.notifications, v.name);
      const reassembler = new Reassembler(8);
      const whole = parts.map((part) => reassembler.add(part)).filter((message) => message !== undefined);
      assert.deepEqual(whole.map(toHex), [v.message], v.name);
    }
  });

  it("names and reads topics", () => {
    for (const v of readVectors("topic.json").topics) {
      assert.equal(topic(fromHex(v.alias), v.kind), v.topic);
      assert.deepEqual(toJson(parseTopic(v.topic)), { alias: v.alias, kind: v.kind });
    }
  });

  for (const v of readVectors("recording.json").recordings as Json[]) {
    it(`reads the samples of the recording ${v.name}`, () => {
      const bodyOf = (frame: Json) => openFrame(crypto, fromHex(v.key), fromHex(frame.frame));
      const shape = blockShape(decodeOpen(bodyOf(v.frames[0])));
      const data = v.frames
        .filter((frame: Json) => frame.type === "data")
        .map((f: Json) => CODECS.data!.decode(bodyOf(f)));
      const samples = data.map((d: Json) => ({
        firstSample: d.firstSample,
        leads: decodeBlock(d.block, shape).map((lead) => Array.from(lead)),
      }));
      assert.deepEqual(samples, v.samples);
    });
  }

  // Envelopes are read by the relay, not by protocol/.
  for (const v of readVectors("refused.json").refused.filter(
    (r: Json) => r.decoder !== "envelope",
  ) as Json[]) {
    it(`refuses ${v.name} with ${v.code}`, () => {
      assert.equal(
        refusalCode(() => {
          if (v.decoder === "claimCode") return decodeClaimCode(v.text);
          if (v.decoder === "topic") return parseTopic(v.text);
          if (v.decoder === "frame") return openFrame(crypto, fromHex(v.key), fromHex(v.input));
          if (v.decoder !== "fragments") return CODECS[v.decoder]!.decode(fromHex(v.input));
          const reassembler = new Reassembler(8);
          return v.notifications.map((part: string) => reassembler.add(fromHex(part)));
        }),
        v.code,
      );
    });
  }
});
