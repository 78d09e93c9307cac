/** What of Espruino 2v29 the firmware may use, and which of it a build of the runtime may leave out. */
import type { BoardSpec } from "../../firmware/board/spec";

/** The language's own objects; which of their members are missing the gate of `npm run lint` knows. */
const LANGUAGE =
  /^(?:Array|ArrayBuffer|DataView|Date|Error|JSON|Math|Number|Object|RegExp|String|(?:Syntax|Type)Error|(?:Ui|I)nt(?:8|16|32)Array|Float(?:32|64)Array|eval|isFinite|isNaN|parseFloat|parseInt)(?:\.|$)/;

/** Names that every build has unless it is marked SAVE_ON_FLASH; `test/espruino` asks the one for Linux for each. */
export const BUILTINS = (
  "E.CRC32 E.getAddressOf E.getAnalogVRef E.hwRand E.lockConsole E.mapInPlace E.nativeCall E.on E.reboot " +
  "E.setConsole E.setPassword E.toUint8Array Pin SPI1.send SPI1.setup Waveform analogRead analogWrite atob " +
  "clearInterval clearTimeout clearWatch digitalRead digitalWrite getTime pinMode print process.env " +
  "process.memory process.on process.version setInterval setTimeout setWatch"
).split(" ");

export const MODULES = ["Flash", "Storage", "crypto"];

/** Asked for by `typeof` before they are used. */
const OPTIONAL = ["LED1", "avnode"];

/** Those of a capability. */
function isOf(has: BoardSpec["has"], name: string): boolean {
  if (/^NRF(?:\.|$)/.test(name)) return has.bluetooth;
  if (/^AES(?:\.|$)/.test(name)) return has.aesCcm;
  return /^E\.(?:enable|kick)Watchdog$/.test(name) && has.watchdog;
}

/** @returns of the names and modules that a bundle uses, those that the board's runtime is not known to have */
export function missingOf({ has }: BoardSpec, builtins: string[], modules: string[]): string[] {
  const isThere = (name: string) =>
    LANGUAGE.test(name) || BUILTINS.includes(name) || OPTIONAL.includes(name) || isOf(has, name);
  return [...builtins.filter((name) => !isThere(name)), ...modules.filter((name) => !MODULES.includes(name))];
}
