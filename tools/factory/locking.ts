/** Whether a unit's console is dead, by trying. */
import { setTimeout as pause } from "node:timers/promises";
import type { OpenWire } from "./ports/port";

export interface Pace {
  /** Its runtime greets as it starts, until it is quiet for so long. */
  quietMs: number;
  /** An open console answers within a tenth of a second. */
  listenMs: number;
  lastMs: number;
  /** Until it was met on the air. */
  airMs: number;
}

export const PACE: Pace = { quietMs: 500, listenMs: 250, lastMs: 1000, airMs: 15_000 };
const MAX_GREETING = 10;

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
export async function attack(wire: OpenWire, { quietMs, listenMs, lastMs }: Pace): Promise<number> {
  let heard = 0;
  wire.onData = (bytes) => {
    heard += bytes.length;
  };
  for (let times = 0, before = -1; heard !== before && times < MAX_GREETING; times++) {
    before = heard;
    await pause(quietMs);
  }
  heard = 0;
  for (const attempt of ATTEMPTS) {
    wire.write(Buffer.from(attempt, "latin1"));
    await pause(listenMs);
  }
  await pause(lastMs);
  return heard;
}
