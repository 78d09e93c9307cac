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

/** @param timeZone IANA name; the machine's own by default */
export function localTime(unixMs: number, timeZone?: string): LocalTime {
  const whole = Math.floor(unixMs / 1000) * 1000;
  const shown = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, hourCycle: "h23" },
    ...{ year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  }).formatToParts(whole);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(shown.find((one) => one.type === type)!.value);
  const [year, month, day] = [part("year"), part("month"), part("day")];
  const [hour, minute, second] = [part("hour"), part("minute"), part("second")];
  const offsetMinutes = (Date.UTC(year, month - 1, day, hour, minute, second) - whole) / 60_000;
  return { year, month, day, hour, minute, second, offsetMinutes };
}

/** @returns as UTC+01:00 */
export function offsetText({ offsetMinutes }: Pick<LocalTime, "offsetMinutes">): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const size = Math.abs(Math.round(offsetMinutes));
  return `UTC${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
