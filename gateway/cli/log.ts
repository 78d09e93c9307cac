/** The hub's log: one plain line for a person, JSON for anything else. */

import { clockTime } from "../document/localtime";
import type { Log } from "../store/log";

const LEVELS: Record<number, string> = { 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };

/** @param write called with a line each, its end not included */
export function makeLog(
  level: string,
  name: string | undefined,
  isTty: boolean,
  write: (line: string) => void,
): Log {
  const { pino } = require("pino") as typeof import("pino");
  const stream = { write: (json: string) => write(isTty ? plain(json) : json.trimEnd()) };
  return pino({ level, base: name === undefined ? undefined : { name } }, stream);
}

function plain(json: string): string {
  const { time, level, msg } = JSON.parse(json) as { time: number; level: number; msg: string };
  const date = new Date(time);
  const seconds = date.getHours() * 3600 + date.getMinutes() * 60 + date.getSeconds();
  return `${clockTime(seconds)} ${LEVELS[level] ?? level} ${msg}`;
}
