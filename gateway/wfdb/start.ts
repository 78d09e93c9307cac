const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Base time as header(5) has it (13:5:0 is legal) in the form HH:MM:SS with its fraction; undefined if it is none. */
export function parseTime(text: string): string | undefined {
  const match = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?$/.exec(text);
  if (match === null || Number(match[1]) > 23 || Number(match[2]) > 59 || Number(match[3]) > 59)
    return undefined;
  return `${pad(match[1]!)}:${pad(match[2]!)}:${pad(match[3]!)}${match[4] ?? ""}`;
}

/**
 * Base date in the form DD/MM/YYYY; undefined if it is none. Beside the standard's DD/MM/YYYY this takes the
 * DD-Mon-YYYY of the PhysioNet/CinC 2020 and 2021 sets.
 */
export function parseDate(text: string): string | undefined {
  const match = /^(\d{1,2})([/-])(\d{1,2}|[A-Za-z]{3})\2(\d{4})$/.exec(text);
  if (match === null) return undefined;
  const named = MONTHS.indexOf(match[3]!.toLowerCase()) + 1;
  const month = named > 0 ? named : Number(match[3]);
  const day = Number(match[1]);
  if (!(month >= 1 && month <= 12) || day < 1) return undefined;
  // Day 0 of the next month is the last day of this one; the year 2000 offset keeps Date from reading 0099 as 1999.
  const lastDay = new Date(Date.UTC(2000 + (Number(match[4]) % 400), month, 0)).getUTCDate();
  return day <= lastDay ? `${pad(match[1]!)}/${pad(String(month))}/${match[4]}` : undefined;
}

function pad(digits: string): string {
  return digits.padStart(2, "0");
}
