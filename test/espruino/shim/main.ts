/**
 * Loaded into the interpreter before the firmware: what an nRF52 has and Linux lacks, and a bridge to Node. Node sends
 * requests through the named pipe `down`, one at a time, and reads one answer each from `up`: the interpreter looks at its
 * own stdin only twenty times a second, and once the firmware has locked the console down nothing speaks on stdio.
 */
import { Chip, type Wiring } from "./chip";
import { installClock, pass, uptimeMs } from "./clock";
import { Pins } from "./pins";
import { Radio } from "./radio";
import { Said } from "./said";
import { Watchdog } from "./watchdog";

declare const global: { [name: string]: unknown };
declare const quit: () => void;
declare const require: (name: "Storage") => {
  read(name: string, offset?: number, length?: number): string;
};
declare const process: { memory(collect?: boolean): { usage: number; total: number } };

/** Digits that say how long the request behind them is. */
const LENGTH_DIGITS = 8;
const RANDOM_BYTES = 64;
const MAX_BOARD_BYTES = 1024;
/** Of an nRF52840 with Espruino. */
const VARIABLES = 14000;
const APPLICATION = "avnode";
/** Holds updates. */
const SLOTS = "slots";
/** Far more than that many variables hold. */
const MAX_FILLER = 1000000;
const FILLER = "every variable of a string holds a few bytes of it, so that many are needed for a long one; ";

const runtime = E as unknown as { [name: string]: unknown };
// The runtime's own timers drive the bridge; the firmware gets the shim's.
const soon = global.setTimeout as (run: () => void, ms: number) => void;
const said = new Said();
const radio = new Radio(said);
const pins = new Pins(said, function (): number {
  return uptimeMs() / 1000;
});
const watchdog = new Watchdog(said);
const board = JSON.parse(E.openFile("board", "r").read(MAX_BOARD_BYTES)!) as {
  wiring: Wiring;
  levels: { [pin: string]: number };
  inRam: boolean;
};
for (const pin in board.levels) pins.drive(pin, board.levels[pin]);
const chip = new Chip(pins, board.wiring);

/**
 * The build for Linux takes memory by 4,096 variables when the last one is used up, and until then has no room for a long
 * run of neighbours, as flat strings are. A board's are there from the start: take as many before anything else.
 */
function growTo(variables: number): void {
  let filler = "";
  while (process.memory(false).total < variables && filler.length < MAX_FILLER) filler += FILLER;
}

/** The build for Linux has `rand()` and no seed: every boot would draw the same numbers. */
function installRandom(): void {
  const file = E.openFile("random", "r");
  let drawn: Uint8Array = new Uint8Array(0);
  let at = 0;
  runtime.hwRand = function (): number {
    if (at + 4 > drawn.length) {
      const text = file.read(RANDOM_BYTES);
      if (!text || text.length < RANDOM_BYTES) throw new Error("the file of random numbers is used up");
      drawn = E.toUint8Array(text);
      at = 0;
    }
    at += 4;
    return (drawn[at - 4] << 24) | (drawn[at - 3] << 16) | (drawn[at - 2] << 8) | drawn[at - 1] | 0;
  };
}

/** Storage answers with the application in RAM, where its code is read without a system call for every few characters. */
function cacheApplication(): void {
  const storage = require("Storage");
  const read = storage.read;
  storage.read = function (name: string, offset: number, length: number): string {
    if (offset !== undefined) {
      const part = read.call(storage, name, offset, length);
      return name === SLOTS && length > MAX_BOARD_BYTES ? "" + part : part;
    }
    const text = read.call(storage, name);
    // A part of it would still be read from flash.
    return name === APPLICATION ? "" + text : text;
  };
}

const requests: { [name: string]: (a: never, b: never, c: never) => unknown } = {
  /** @param writes service, characteristic and bytes (base64) of each, before any time passes */
  pass: function (ms: number, writes: string[][]): void {
    for (let i = 0; i < writes.length; i++)
      radio.write(writes[i][0], writes[i][1], E.toUint8Array(atob(writes[i][2])).buffer as ArrayBuffer);
    pass(ms, function (error) {
      said.failed(error);
    });
  },
  connect: function (mtu: number): void {
    radio.connect(mtu);
  },
  disconnect: function (): void {
    radio.disconnect();
  },
  drive: function (pin: string, level: number): void {
    pins.drive(pin, level);
  },
  level: function (pin: string): number {
    return pins.level(pin);
  },
  battery: function (volts: number): void {
    pins.battery = volts;
  },
  seen: function (): unknown {
    return radio.seen();
  },
  watchdog: function (): unknown {
    return {
      enabled: watchdog.enabled,
      longestMs: watchdog.longestMs,
      passwordLength: watchdog.passwordLength,
      rebooted: watchdog.rebooted,
    };
  },
  electrodes: function (positive: number, negative: number): void {
    chip.electrodes(positive, negative);
  },
  chip: function (): unknown {
    return chip.counts();
  },
  /** Variables in use, garbage collected first. */
  memory: function (): unknown {
    const memory = process.memory(true);
    return { usage: memory.usage, total: memory.total };
  },
};

let down: EspruinoFile;
let up: EspruinoFile;

function serve(): void {
  const head = down.read(LENGTH_DIGITS);
  if (!head) {
    quit();
    return;
  }
  let value: unknown = null;
  try {
    const request = JSON.parse(down.read(parseInt(head, 10))!) as { name: string; with: unknown[] };
    value = requests[request.name].apply(requests, request.with as [never, never, never]);
  } catch (error) {
    said.failed(error);
  }
  const answer = {
    notified: said.notifications,
    disconnected: said.disconnected,
    errors: said.errors,
    printed: said.printed,
    value,
  };
  up.write(JSON.stringify(answer) + "\n");
  said.clear();
  soon(serve, 0);
}

growTo(VARIABLES);
if (board.inRam) cacheApplication();
installRandom();
said.install(global);
installClock(global);
radio.install(global);
pins.install(global, runtime);
watchdog.install(runtime);
chip.install(global);
soon(function () {
  down = E.openFile("down", "r");
  up = E.openFile("up", "w");
  serve();
}, 0);
