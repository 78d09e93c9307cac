/** What a blank unit at a station has and Linux lacks: a front end, a button, and time that passes when the station says so. */
import { type FrontEndFaults, ModelFrontEnd } from "../../../tools/factory/virtual/frontend";
import { installClock, pass, uptimeMs } from "./clock";

declare const global: { [name: string]: unknown };

const MAX_FAULTS_BYTES = 1024;

const faults = JSON.parse(E.openFile("faults", "r").read(MAX_FAULTS_BYTES)!) as FrontEndFaults;
const frontEnd = new ModelFrontEnd(uptimeMs, faults);
let held = 0;

installClock(global);
global.pinMode = function (): void {};
global.digitalWrite = function (): void {};
global.digitalRead = function (): number {
  return held;
};
// The runtime finds its own object before one of that name in its scope: its methods are replaced.
const spi = global.SPI1 as { [name: string]: unknown };
spi.setup = function (): void {};
spi.send = function (data: unknown): Uint8Array {
  return frontEnd.transfer(E.toUint8Array(data));
};
global.station = {
  pass: function (ms: number): void {
    pass(ms, function (error): void {
      throw error;
    });
  },
  electrodes: function (off: boolean): void {
    frontEnd.electrodes(off);
  },
  hold: function (down: boolean): void {
    held = down ? 1 : 0;
  },
};
