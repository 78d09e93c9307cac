/** Ports by the words that name them. */
import { FactoryFailure } from "../failure";
import { execPort } from "./exec";
import type { Port } from "./port";
import { serialPort } from "./serial";
import { tcpPort } from "./tcp";

/** @param word a serial port's path, tcp://host:port or exec:COMMAND; those of an adapter are in beside.ts; @throws FACTORY_PORT */
export function portNamed(word: string): Port {
  const tcp = /^tcp:\/\/(\[[^\]]+\]|[^:/]+):(\d{1,5})$/.exec(word);
  if (tcp) return tcpPort(tcp[1]!.replace(/^\[|\]$/g, ""), Number(tcp[2]));
  if (word.startsWith("exec:")) return execPort(word.slice("exec:".length));
  if (/^(\/dev\/|COM\d)/i.test(word)) return serialPort(word);
  throw new FactoryFailure(
    "FACTORY_PORT",
    `there is no port "${word}": name a serial port (/dev/ttyACM0), serial for all of them, tcp://host:port, ble, ble:ADDRESS or exec:COMMAND`,
  );
}
