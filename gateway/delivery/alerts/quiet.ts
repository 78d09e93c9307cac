/** Hours of the day in which nobody is woken, by the clock on the wall. */

export interface QuietHours {
  /** HH:MM, local time; `to` is the first minute that is not quiet. Past midnight where `to` is the earlier. */
  from: string;
  to: string;
}

/** @returns minutes since midnight */
function minuteOf(text: string): number {
  const [hours, minutes] = text.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/**
 * By what the wall clock says now, so that the nights when it is put forward or back need no rule of their own: an hour
 * that comes twice is quiet both times.
 * @param at Unix ms
 * @param timeZone IANA name; the machine's own without one
 */
export function isQuiet({ from, to }: QuietHours, at: number, timeZone?: string): boolean {
  const wall = new Intl.DateTimeFormat("en-GB", {
    ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    timeZone,
  });
  const now = minuteOf(wall.format(at));
  const [first, end] = [minuteOf(from), minuteOf(to)];
  return first <= end ? now >= first && now < end : now >= first || now < end;
}
