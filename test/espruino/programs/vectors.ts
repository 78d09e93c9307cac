/** Puts protocol/vectors, and what OpenSSL says, to protocol/ on whatever runs this. */
import { EspruinoCrypto } from "../../../firmware/espruino/crypto";
import { signedClose } from "../../../protocol/bodies";
import { fromHex, toHex } from "../../../protocol/bytes";
import { chainNext, chainStart } from "../../../protocol/chain";
import { claimQr, decodeClaimCode, encodeClaimCode } from "../../../protocol/claim";
import { decodeBlock, encodeBlock } from "../../../protocol/codec/block";
import { fragment, Reassembler } from "../../../protocol/fragments";
import { decodeHeader } from "../../../protocol/header";
import {
  claimKey,
  firstChainKey,
  linkKey,
  nextChainKey,
  receiptKey,
  recordingKey,
  unownedAlias,
} from "../../../protocol/keys";
import { parseTopic } from "../../../protocol/names";
import { openFrame, sealFrame } from "../../../protocol/seal";
import { signWithLeaf } from "../../../protocol/trees";
import { CODECS, fromJson, type Json, toJson } from "../../protocol/shapes";

/** Put before the program. */
declare const DATA: Json;

const crypto = new EspruinoCrypto();
let checked = 0;

function check(name: string, got: Json, expected: Json): void {
  checked++;
  const g = JSON.stringify(got);
  const e = JSON.stringify(expected);
  if (g !== e) print("WRONG " + name + " got " + g + " instead of " + e);
}

function codeOf(read: () => void): string {
  try {
    read();
  } catch (error) {
    const code = (error as Json).code;
    return code === undefined ? "" + error : code;
  }
  return "accepted";
}

function primitives(): void {
  DATA.sha256.forEach(function (v: Json) {
    check("SHA-256 of " + v.data, toHex(crypto.sha256(fromHex(v.data))), v.hash);
  });
  DATA.hmac.forEach(function (v: Json) {
    check("HMAC of " + v.data, toHex(crypto.hmac(fromHex(v.key), fromHex(v.data))), v.mac);
  });
  DATA.ccm.forEach(function (v: Json) {
    const key = fromHex(v.key);
    const nonce = fromHex(v.nonce);
    const sealed = crypto.seal(key, nonce, fromHex(v.plain));
    check("CCM of " + v.plain, toHex(sealed), v.sealed);
    check("CCM opened", toHex(crypto.open(key, nonce, sealed)!), v.plain);
    sealed[v.flip >> 3] ^= 1 << (v.flip & 7);
    check("CCM with bit " + v.flip + " flipped", crypto.open(key, nonce, sealed) === undefined, true);
  });
}

function layouts(): void {
  DATA.frames.forEach(function (v: Json) {
    const codec = CODECS[v.decoder];
    const body = codec.encode(fromJson(v.fields));
    check(v.name + ", body", toHex(body), v.body);
    check(v.name + ", sealed", toHex(sealFrame(crypto, fromHex(v.key), v.header, body)), v.frame);
    const header = decodeHeader(fromHex(v.frame));
    check(
      v.name + ", number",
      [header.type, header.recording, header.sequence],
      [v.header.type, v.header.recording, v.header.sequence],
    );
    const opened = openFrame(crypto, fromHex(v.key), fromHex(v.frame));
    check(v.name + ", opened", toHex(opened), v.body);
    check(v.name + ", again", toHex(codec.encode(fromJson(toJson(codec.decode(opened))))), v.body);
  });
  DATA.messages.forEach(function (v: Json) {
    const codec = CODECS[v.decoder];
    check(v.name, toHex(codec.encode(fromJson(v.fields))), v.message);
    check(v.name + ", again", toHex(codec.encode(codec.decode(fromHex(v.message)))), v.message);
  });
}

/** Nothing checks bounds here, so every reader must. Printed for comparison with Node. */
function cutAnywhere(): void {
  DATA.frames.forEach(function (v: Json) {
    const decode = CODECS[v.decoder].decode;
    const body = fromHex(v.body);
    let codes = "";
    let last = "";
    for (let length = 0; length <= body.length + 2; length++) {
      const bytes = new Uint8Array(length);
      bytes.set(body.subarray(0, Math.min(length, body.length)), 0);
      const code = codeOf(function () {
        decode(bytes);
      });
      if (code !== last) codes += " " + length + ":" + code;
      last = code;
    }
    print("CUT " + v.name + codes);
  });
}

function keys(): void {
  DATA.keys.forEach(function (v: Json) {
    let chainKey = firstChainKey(crypto, fromHex(v.root));
    v.recordings.forEach(function (r: Json) {
      check("chain key", toHex(chainKey), r.chainKey);
      if (r.recordingKey !== undefined) {
        const key = recordingKey(crypto, chainKey, fromHex(v.device), v.epoch, r.recording);
        check("recording key", toHex(key), r.recordingKey);
      }
      chainKey = nextChainKey(crypto, chainKey);
    });
    const rk = receiptKey(crypto, fromHex(v.root));
    const up = fromHex(v.deviceNonce);
    const down = fromHex(v.storeNonce);
    const code = fromHex(v.code);
    check("receipt key", toHex(rk), v.receiptKey);
    check("alias without an owner", toHex(unownedAlias(crypto, code, up)), v.unownedAlias);
    for (let d = 0; d < 2; d++) {
      const direction = d === 0 ? DATA.up : DATA.down;
      const link = linkKey(crypto, rk, direction, up, down, fromHex(v.store));
      check("link key", toHex(link), d === 0 ? v.linkUp : v.linkDown);
      const claim = claimKey(crypto, code, direction, up, down);
      check("claim key", toHex(claim), d === 0 ? v.claimUp : v.claimDown);
    }
  });
  DATA.chains.forEach(function (v: Json) {
    const device = fromHex(v.device);
    let head = chainStart(crypto, device, v.epoch, v.recording, fromHex(v.recordingKey));
    check("chain start", toHex(head), v.start);
    v.steps.forEach(function (step: Json) {
      head = chainNext(crypto, head, fromHex(step.frame));
      check("chain", toHex(head), step.chain);
    });
    const close = signedClose(device, v.epoch, v.recording, fromHex(v.closeBody));
    check("close as signed", toHex(close), v.signedClose);
  });
  DATA.codes.forEach(function (v: Json) {
    check("claim code", encodeClaimCode(fromHex(v.code)), v.text);
    check("claim QR", claimQr(fromHex(v.code)), v.qr);
    v.accepted.concat([v.text, v.qr]).forEach(function (typed: string) {
      check("typed " + typed, toHex(decodeClaimCode(typed)), v.code);
    });
  });
}

function fragments(): void {
  DATA.fragments.forEach(function (v: Json) {
    const parts = fragment(fromHex(v.message), v.number, v.notificationBytes);
    check(v.name + ", cut", parts.map(toHex), v.notifications);
    const reassembler = new Reassembler(8);
    let whole = "";
    parts.forEach(function (part) {
      const message = reassembler.add(part);
      if (message) whole += toHex(message);
    });
    check(v.name + ", whole", whole, v.message);
  });
}

function refusals(): void {
  DATA.refused.forEach(function (v: Json) {
    const code = codeOf(function () {
      if (v.decoder === "claimCode") decodeClaimCode(v.text);
      else if (v.decoder === "topic") parseTopic(v.text);
      else if (v.decoder === "frame") openFrame(crypto, fromHex(v.key), fromHex(v.input));
      else if (v.decoder !== "fragments") CODECS[v.decoder].decode(fromHex(v.input));
      else {
        const reassembler = new Reassembler(8);
        v.notifications.forEach(function (part: string) {
          reassembler.add(fromHex(part));
        });
      }
    });
    check(v.name, code, v.code);
  });
}

function blocks(): void {
  DATA.blocks.forEach(function (v: Json) {
    const leads = decodeBlock(fromHex(v.bytes), v.shape);
    check("block " + v.name, toHex(encodeOf(leads)), toHex(encodeOf(v.samples.map(int32))));
  });
  DATA.encoded.forEach(function (v: Json) {
    check("encoded " + v.name, toHex(encodeBlock(v.samples.map(int32), v.shape)), v.bytes);
  });
}

function int32(samples: number[]): Int32Array {
  return new Int32Array(samples);
}

/** Samples as bytes, for comparison. */
function encodeOf(leads: Int32Array[]): Uint8Array {
  const out = new Uint8Array(leads.length * leads[0].length * 4);
  for (let l = 0; l < leads.length; l++)
    for (let i = 0; i < leads[l].length; i++)
      for (let b = 0; b < 4; b++) out[(l * leads[l].length + i) * 4 + b] = leads[l][i] >> (8 * b);
  return out;
}

/** Additions in a plain loop: what any time on this machine is compared with. */
function reference(): number {
  const began = getTime();
  let s = 0;
  for (let i = 0; i < 20000; i++) s = (s + i) | 0;
  return getTime() - began;
}

function signatures(): void {
  DATA.signatures.forEach(function (v: Json) {
    const signing = { seed: fromHex(v.seed), trees: v.trees, height: v.height };
    const before = reference();
    const began = getTime();
    const signature = signWithLeaf(crypto, signing, v.leaf, fromHex(v.message));
    const took = getTime() - began;
    check(
      "signature of leaf " + v.leaf,
      [signature.tree, signature.leaf, toHex(signature.ots)],
      [v.tree, v.at, v.ots],
    );
    print("TIME a signature takes " + (took / ((before + reference()) / 2)).toFixed(1) + " reference loops");
  });
}

const SECTIONS: { [name: string]: () => void } = {
  primitives,
  layouts,
  cutAnywhere,
  keys,
  fragments,
  refusals,
  blocks,
  signatures,
};
SECTIONS[DATA.section]();
print("CHECKED " + checked);
