/**
 * Espruino's packets for files and expressions, by the npm package `espruino`. Its own entry loads every plugin into this
 * process: they patch globals, look for radios and ask the internet for boards. Here three of its files get a context of
 * their own.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createContext, runInContext } from "node:vm";

const FILES = ["espruino.js", "core/utils.js", "core/serial.js"];

/** What is used of the package's class of that name. */
export interface Connection {
  /** Bytes that are handed to `writeLowLevel` at once, at most. */
  chunkSize: number;
  writeLowLevel: (data: string) => Promise<void>;
  openHandler(): void;
  rxDataHandler(data: ArrayBuffer): void;
  /** Resolves once the unit acknowledged it. */
  espruinoSendPacket(kind: "FILE_SEND" | "DATA" | "EVAL", data: string): Promise<void>;
  /** Of whole packets; type 0 is an answer. */
  on(event: "packet", heard: (type: number, data: string) => void): void;
  removeListener(event: "packet", heard: (type: number, data: string) => void): void;
}

/** The package's parts. */
export interface Parts {
  /** A connection of its own, not yet open. */
  connection: Connection;
  /** Reads what the runtime writes for a value. @throws when it is none */
  parse(text: string): unknown;
}

const deaf = () => {};

export function loadConnection(): Parts {
  const folder = dirname(require.resolve("espruino/package.json"));
  const console = { log: deaf, warn: deaf, error: deaf };
  const context = createContext({ console, setTimeout, clearTimeout, setInterval, clearInterval });
  for (const file of FILES)
    runInContext(readFileSync(join(folder, file), "utf8"), context, { filename: file });
  const { Serial, Utils } = context.Espruino.Core;
  return { connection: Serial.connection, parse: Utils.parseRJSON };
}
