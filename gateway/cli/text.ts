/** Times and tables as people read them. */

/** 2026-11-23 13:05:01, local. */
export function localTime(unixMs: number): string {
  const date = new Date(unixMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** 5 s ago, 3 min ago, 2 h ago, 4 d ago */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} d ago`;
}

/** 4.2 GB, in powers of ten as disks are sold. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** "0 to 12, 15" */
export function runsText(runs: { from: number; length: number }[]): string {
  return runs
    .map(({ from, length }) => (length === 1 ? String(from) : `${from} to ${from + length - 1}`))
    .join(", ");
}

/** Columns as wide as their widest cell; a column of numbers is set to the right. */
export function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const numeric = head.map((_, column) => rows.every((row) => /^[-\d.]*$/.test(row[column]!)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line);
}

/** Somebody else's words, in one line: nothing of them draws over the terminal, turns the line around or begins another. */
export function printable(text: string): string {
  return text
    .replace(/[\n\t\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/\p{C}+/gu, "")
    .trimEnd();
}

/** At most so many characters, the last "…" where some are missing. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** "1 hole", "3 holes" */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}
