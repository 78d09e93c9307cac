/** Options --from and --to: which part of a recording a document is made of. */

import type { OpenRecording } from "../document/signal";
import type { Stretch } from "../document/study";
import { CliError, Exit } from "./terminal";

export interface StretchOptions {
  from?: string;
  to?: string;
}

export const FROM_HELP =
  "where it begins: seconds since the recording's start, or local time, as 2026-10-25T02:15:30";
export const TO_HELP = "where it ends";

const SECONDS = /^\d{1,9}(\.\d{1,6})?$/;
const LOCAL = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d{1,3})?))?(Z|[+-]\d\d:\d\d)?$/;

/** In samples: those from the first moment to before the second. @throws CliError for what is no moment of it */
export function stretchOf(info: OpenRecording, options: StretchOptions): Partial<Stretch> {
  const sample = (option: "from" | "to") => {
    const text = options[option];
    return text === undefined ? undefined : sampleAt(info, `--${option}`, text);
  };
  return { from: sample("from"), to: sample("to") };
}

function sampleAt({ id, open, startMs }: OpenRecording, option: string, text: string): number {
  const seconds = SECONDS.test(text) ? Number(text) : undefined;
  if (seconds !== undefined) return Math.round((seconds * open.rateNum) / open.rateDen);
  const wrong = (why: string) => new CliError(Exit.usage, `${option} ${text}: ${why}`);
  const at = LOCAL.exec(text);
  if (!at) throw wrong("expected seconds, or a time as 2026-10-25T02:15:30");
  if (startMs <= 0)
    throw wrong(`nobody set the handheld's clock before recording ${id}; give seconds since its start`);
  const moments = momentsOf(at);
  if (moments.length === 0) throw wrong("no clock here showed that time");
  if (moments.length > 1)
    throw wrong(
      `clocks here showed that time twice; add which is meant, as in ${text}${offsetText(moments[0]!)}`,
    );
  return Math.max(0, Math.round(((moments[0]! - startMs) * open.rateNum) / (1000 * open.rateDen)));
}

/** Unix ms: none in the hour that a clock skipped, two in the one that it repeated. */
function momentsOf([, year, month, day, hour, minute, second = "0", zone]: RegExpExecArray): number[] {
  const seconds = Math.floor(Number(second));
  const fields = [year, Number(month) - 1, day, hour, minute, seconds].map(Number);
  const utc = Date.UTC(...(fields as [number, number, number, number, number, number]));
  const said = new Date(utc);
  const isReal = [said.getUTCMonth(), said.getUTCDate(), said.getUTCHours(), said.getUTCMinutes()].every(
    (value, index) => value === fields[index + 1],
  );
  if (!isReal || said.getUTCSeconds() !== seconds) return [];
  const fraction = Math.round((Number(second) - seconds) * 1000);
  if (zone !== undefined) return [utc - offsetOf(zone) * 60_000 + fraction];
  // No zone is further than a day from UTC, and none changes twice within two.
  const offsets = [-1, 1].map((days) => -new Date(utc + days * 86_400_000).getTimezoneOffset());
  return [...new Set(offsets)]
    .map((offset) => utc - offset * 60_000)
    .filter((moment) => -new Date(moment).getTimezoneOffset() * 60_000 === utc - moment)
    .sort((a, b) => a - b)
    .map((moment) => moment + fraction);
}

/** In minutes east. */
function offsetOf(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return zone.startsWith("-") ? -minutes : minutes;
}

function offsetText(moment: number): string {
  const minutes = -new Date(moment).getTimezoneOffset();
  const two = (value: number) => String(value).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
