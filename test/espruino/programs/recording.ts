/** Boots on the interpreter's own flash: records where it is unclaimed, gives back every frame where it has recorded. */
import type { FlashRegion } from "../../../firmware/board/spec";
import { EspruinoCrypto } from "../../../firmware/espruino/crypto";
import { openFlash } from "../../../firmware/espruino/flash";
import { Monitor } from "../../../firmware/monitor";
import { toHex } from "../../../protocol/bytes";
import { RecordingMode } from "../../../protocol/open";
import { claimFor } from "./owner";
import { ScriptedBoard } from "./scripted";

/** Put before the program. */
declare const DATA: { seed: number; rate: number; seconds: number };

const PAGE_BYTES = 2048;
const VAULT: FlashRegion = { kind: "file", address: 0, name: "vault", pages: 2, pageBytes: 1024 };
const RING: FlashRegion = { kind: "file", address: 0, name: "ring", pages: 10, pageBytes: PAGE_BYTES };

const vault = openFlash(VAULT);
const ring = openFlash(RING);
let peak = 0;
const measure = function (): void {
  peak = Math.max(peak, process.memory().usage);
};
const board = new ScriptedBoard(ring, vault, DATA.rate, DATA.seed, measure);
// Deepest within a block: encoded, about to be sealed.
const crypto = new EspruinoCrypto();
board.crypto.seal = function (key, nonce, plain) {
  measure();
  return crypto.seal(key, nonce, plain);
};
const monitor = new Monitor(board);
measure();
print("BOOTED " + process.memory().usage);
if (!monitor.keys()) claimFor(board, monitor);
monitor.start(RecordingMode.continuous, 0);
for (let tick = 0; tick < DATA.seconds * 4; tick++) {
  board.clock.pass(250);
  measure();
}
monitor.stop();
board.clock.pass(5000);
measure();
for (let page = 0; page < ring.pages; page++)
  print("PAGE " + toHex(ring.read(page * PAGE_BYTES, PAGE_BYTES)));
print("PEAK " + peak + " of blocks of " + process.memory().blocksize);
