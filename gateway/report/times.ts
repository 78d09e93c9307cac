/** Times as a reader elsewhere takes them: local, with offset and zone. */

const pieces = new Map<string, Intl.DateTimeFormat>();

function parts(unixMs: number, timeZone: string): Record<string, string> {
  let format = pieces.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      ...{ timeZone, hourCycle: "h23", timeZoneName: "longOffset" },
      ...{ year: "numeric", month: "2-digit", day: "2-digit" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
    });
    pieces.set(timeZone, format);
  }
  return Object.fromEntries(format.formatToParts(unixMs).map(({ type, value }) => [type, value]));
}

export function ownTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @throws RangeError for a zone that nobody knows */
export function offsetOf(unixMs: number, timeZone: string): string {
  const offset = parts(unixMs, timeZone).timeZoneName!.replace("GMT", "");
  return offset === "" ? "+00:00" : offset;
}

/** 2026-10-25 02:30:00 */
export function dayTime(unixMs: number, timeZone: string): string {
  const { year, month, day, hour, minute, second } = parts(unixMs, timeZone);
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}

/** 02:30:00 +01:00; the offset always, for one night of the year has an hour twice. */
export function hourText(unixMs: number, timeZone: string): string {
  const { hour, minute, second } = parts(unixMs, timeZone);
  return `${hour}:${minute}:${second} ${offsetOf(unixMs, timeZone)}`;
}

/** 2026-10-25 02:30:00 +01:00 (Europe/Berlin) */
export function fullTime(unixMs: number, timeZone: string): string {
  return `${dayTime(unixMs, timeZone)} ${offsetOf(unixMs, timeZone)} (${timeZone})`;
}
