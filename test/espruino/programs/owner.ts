/** The hub's side of a claim and of a greeting, as the programs of these tests play it. */
import type { Monitor } from "../../../firmware/monitor";
import { fromHex } from "../../../protocol/bytes";
import { encodeClaim } from "../../../protocol/claim";
import { encodeCommand, Op } from "../../../protocol/command";
import { fragment } from "../../../protocol/fragments";
import { FrameType } from "../../../protocol/header";
import { claimKey, Direction, linkKey } from "../../../protocol/keys";
import { sealFrame } from "../../../protocol/seal";
import { encodeStoreHello, type StoreHello } from "../../../protocol/session";
import type { ScriptedBoard } from "./scripted";

const ALIAS = fromHex("0badcafe0badcafe");

export function helloTo(deviceNonce: Uint8Array, alias: Uint8Array): StoreHello {
  return {
    alias,
    storeId: fromHex("5051525354555657"),
    generation: fromHex("a0a1a2a3a4a5a6a7"),
    nonce: fromHex("202122232425262728292a2b2c2d2e2f"),
    deviceNonce,
  };
}

export function claimFor(board: ScriptedBoard, monitor: Monitor): void {
  monitor.hold();
  const hello = helloTo(fromHex("101112131415161718191a1b1c1d1e1f"), ALIAS);
  const code = board.identity.claimCode;
  const key = claimKey(board.crypto, code, Direction.down, hello.deviceNonce, hello.nonce);
  const root = board.crypto.random(32);
  const body = encodeClaim({ root, alias: ALIAS, storeId: hello.storeId });
  const header = { type: FrameType.claim, epoch: 1, recording: 0, sequence: 0 };
  monitor.claim(sealFrame(board.crypto, key, header, body), hello);
}

export function say(board: ScriptedBoard, message: Uint8Array, number: number): void {
  const parts = fragment(message, number, 128);
  for (let i = 0; i < parts.length; i++) board.radio.onWrite(parts[i]);
}

/** Answers the hello of a handheld that said this nonce, and proves to hold its keys by telling the time. */
export function greet(board: ScriptedBoard, monitor: Monitor, deviceNonce: Uint8Array): void {
  const hello = helloTo(deviceNonce, ALIAS);
  say(board, encodeStoreHello(hello), 1);
  const keys = monitor.keys()!;
  const down = Direction.down;
  const key = linkKey(board.crypto, keys.receiptKey, down, deviceNonce, hello.nonce, hello.storeId);
  const header = { type: FrameType.command, epoch: keys.epoch, recording: 0, sequence: 0 };
  const body = encodeCommand({ op: Op.time, unixMs: 1767225600000, uncertaintyMs: 50 });
  say(board, sealFrame(board.crypto, key, header, body), 2);
}
