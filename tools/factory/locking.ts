/** Whether a unit's console is dead, by trying. */
import { setTimeout as pause } from "node:timers/promises";
import type { OpenWire } from "./ports/port";

/** A runtime greets as it starts. */
const QUIET_MS = 500;
const MAX_GREETING_MS = 5000;
/** An open console answers within a tenth of a second; the last attempt gets more. */
const LISTEN_MS = 250;
const LAST_MS = 1000;

const packet = (type: number, data: string) =>
  String.fromCharCode(16, 1, type | (data.length >> 8), data.length & 255) + data;

/** What opens a console, or would show that there is one. */
const ATTEMPTS = [
  // Break, whatever runs.
  "\x03\x03\n",
  // Enquiry: any Espruino says who it is.
  "\x05\n",
  'print("open")\n',
  '\x10print("open")\n',
  '\x03\x10E.setConsole("USB",{force:true});print("open")\n',
  '\x10reset();print("open")\n',
  // EVAL and FILE_SEND, which are acknowledged by a byte.
  packet(0x20, "6*7"),
  packet(0x60, '{"fn":"open","s":4}'),
  "\n\n",
];

/** @returns how many bytes came back; none from a locked unit */
export async function attack(wire: OpenWire): Promise<number> {
  let heard = 0;
  wire.onData = (bytes) => {
    heard += bytes.length;
  };
  for (let waited = 0, before = -1; heard !== before && waited < MAX_GREETING_MS; waited += QUIET_MS) {
    before = heard;
    await pause(QUIET_MS);
  }
  heard = 0;
  for (const attempt of ATTEMPTS) {
    wire.write(Buffer.from(attempt, "latin1"));
    await pause(LISTEN_MS);
  }
  await pause(LAST_MS);
  return heard;
}
