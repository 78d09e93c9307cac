/** A claim, two recordings with a mark, a loss and a greeting: every notification and all of flash, as lines. */
import { Monitor } from "../../../firmware/monitor";
import { toHex } from "../../../protocol/bytes";
import { Reassembler } from "../../../protocol/fragments";
import { FrameType } from "../../../protocol/header";
import { RecordingMode } from "../../../protocol/open";
import { decodeDeviceHello, messageType } from "../../../protocol/session";
import { claimFor, greet } from "./owner";
import { MemoryFlash, ScriptedBoard } from "./scripted";

/** Put before the program. */
declare const DATA: { seed: number; rate: number; seconds: number };

const PAGE_BYTES = 2048;
const ring = new MemoryFlash(24, PAGE_BYTES);
const vault = new MemoryFlash(2, 1024);
const reassembler = new Reassembler(8);
const heard = function (bytes: Uint8Array): void {
  print("NOTIFY " + toHex(bytes));
  const message = reassembler.add(bytes);
  // The answer comes a little later, as over the air.
  if (message && messageType(message) === FrameType.deviceHello)
    board.clock.after(5, function () {
      greet(board, monitor, decodeDeviceHello(message).nonce);
    });
};
const board: ScriptedBoard = new ScriptedBoard(ring, vault, DATA.rate, DATA.seed, heard);
const monitor: Monitor = new Monitor(board);
board.clock.pass(1000);
claimFor(board, monitor);
board.radio.onConnect();
board.clock.pass(1000);
monitor.start(RecordingMode.fixed, DATA.seconds);
board.clock.pass(1700);
monitor.press();
board.frontEnd.loses = 21;
board.clock.pass(DATA.seconds * 1000 + 500);
board.radio.onDisconnect();
monitor.start(RecordingMode.continuous, 0);
board.clock.pass(1500);
monitor.stop();
board.clock.pass(8000);
for (let page = 0; page < ring.pages; page++)
  print("RING " + toHex(ring.read(page * PAGE_BYTES, PAGE_BYTES)));
for (let page = 0; page < 2; page++) print("VAULT " + toHex(vault.read(page * 1024, 1024)));
