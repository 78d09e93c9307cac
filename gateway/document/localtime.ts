/** Times as clocks in the house show them, summer time included. */

export interface LocalTime {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** East of UTC. */
  offsetMinutes: number;
}

/** One costs as much as hundreds of the times that it writes. */
const formats = new Map<string | undefined, Intl.DateTimeFormat>();

function formatOf(timeZone: string | undefined): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      ...{ timeZone, hourCycle: "h23" },
      ...{ year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** @param timeZone IANA name; the machine's own by default. @throws RangeError for a zone that nobody knows */
export function localTime(unixMs: number, timeZone?: string): LocalTime {
  const whole = Math.floor(unixMs / 1000) * 1000;
  const shown = formatOf(timeZone).formatToParts(whole);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(shown.find((one) => one.type === type)!.value);
  const [year, month, day] = [part("year"), part("month"), part("day")];
  const [hour, minute, second] = [part("hour"), part("minute"), part("second")];
  const offsetMinutes = (Date.UTC(year, month - 1, day, hour, minute, second) - whole) / 60_000;
  return { year, month, day, hour, minute, second, offsetMinutes };
}

const two = (value: number) => String(value).padStart(2, "0");

/** @returns as UTC+01:00 */
export function offsetText({ offsetMinutes }: Pick<LocalTime, "offsetMinutes">): string {
  const size = Math.abs(Math.round(offsetMinutes));
  return `UTC${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export function ownTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** +01:00 */
export function offsetOf(unixMs: number, timeZone: string): string {
  return offsetText(localTime(unixMs, timeZone)).replace("UTC", "");
}

/** 2026-10-25 */
export function dayText(unixMs: number, timeZone: string): string {
  const { year, month, day } = localTime(unixMs, timeZone);
  return `${year}-${two(month)}-${two(day)}`;
}

/** 02:30:00 +01:00; the offset always, for one night of the year has an hour twice. */
export function hourText(unixMs: number, timeZone: string): string {
  const at = localTime(unixMs, timeZone);
  return `${two(at.hour)}:${two(at.minute)}:${two(at.second)} ${offsetOf(unixMs, timeZone)}`;
}

/** 2026-10-25 02:30:00 +01:00 */
export function dayHourText(unixMs: number, timeZone: string): string {
  return `${dayText(unixMs, timeZone)} ${hourText(unixMs, timeZone)}`;
}

/** 2026-10-25 02:30:00 +01:00 (Europe/Berlin) */
export function fullTime(unixMs: number, timeZone: string): string {
  return `${dayHourText(unixMs, timeZone)} (${timeZone})`;
}

/** 00:01:23, counted from a start. */
export function clockTime(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
