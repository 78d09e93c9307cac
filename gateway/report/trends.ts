/** Hours on one line: the heart rate, and which rhythm was found when. */
import { rateOf, type Study } from "../document/study";
import { rhythmText } from "../findings/words";
import type { Beat, Rhythm } from "../rhythm/types";
import { whenText } from "./facts";
import type { Page } from "./head";
import { MM } from "./paper";

const COLUMNS = 500;
const HEIGHT = 40 * MM;
const RIBBON = 5 * MM;
const LEFT = 26;
/** Beats per minute. */
const LOWEST = 30;
const HIGHEST = 190;
/** Of an interval that is longer nobody knows whether a beat was missed. */
const LONGEST_SECONDS = 3;
const QUIET = "#555";

const COLOURS: Record<Rhythm, string> = {
  sinus: "#cfe3d4",
  af: "#c23b3b",
  tachy: "#e39a3b",
  brady: "#4a78b8",
  pause: "#3c2a7a",
  ectopy: "#b79a2e",
  vrun: "#8c1f6b",
  other: "#8f7fb0",
  unreadable: "#d9d9d9",
};

interface Column {
  low: number;
  middle: number;
  high: number;
}

/** Beats per minute in each column: middle, and how far the middle nine tenths of the beats go. */
export function ratesOf(
  beats: Beat[],
  { from, to }: Pick<Study, "from" | "to">,
  rate: number,
): (Column | undefined)[] {
  const columns: number[][] = Array.from({ length: COLUMNS }, () => []);
  for (let i = 1; i < beats.length; i++) {
    const seconds = (beats[i]!.sample - beats[i - 1]!.sample) / rate;
    if (seconds <= 0 || seconds > LONGEST_SECONDS) continue;
    const column = Math.floor(((beats[i]!.sample - from) / (to - from)) * COLUMNS);
    columns[column]?.push(60 / seconds);
  }
  return columns.map((rates) => {
    if (rates.length === 0) return undefined;
    rates.sort((a, b) => a - b);
    const share = (part: number) => rates[Math.min(rates.length - 1, Math.floor(part * rates.length))]!;
    return { low: share(0.05), middle: share(0.5), high: share(0.95) };
  });
}

/** @returns the height at which they end */
export function drawTrends(page: Page, top: number): number {
  const { sheet, study, words } = page;
  const beats = study.beats()?.beats ?? [];
  const columns = ratesOf(beats, study, rateOf(study));
  const y = top + 14;
  sheet.tagged("H2", () =>
    sheet.write(words.say("trends"), sheet.paper.left, top + 8, {
      ...{ size: 8, bold: true },
    }),
  );
  if (beats.length === 0) {
    sheet.tagged("P", () => sheet.write(words.say("trends-none"), sheet.paper.left, y + 6));
    return y + 12;
  }
  const known = columns.filter((column) => column !== undefined);
  const [low, high] = [
    Math.min(...known.map((each) => each.low)),
    Math.max(...known.map((each) => each.high)),
  ];
  const spoken = words.say("trends-spoken", { low: Math.round(low), high: Math.round(high) });
  sheet.tagged("Figure", () => drawRates(page, columns, y), spoken);
  sheet.tagged("Figure", () => drawRibbon(page, y + HEIGHT + 4), words.say("trends-rhythms"));
  drawTimes(page, y + HEIGHT + RIBBON + 11);
  return drawLegend(page, y + HEIGHT + RIBBON + 21);
}

const n = (value: number) => value.toFixed(2);

function drawRates({ sheet }: Page, columns: (Column | undefined)[], top: number): void {
  const left = sheet.paper.left + LEFT;
  const width = sheet.paper.right - left;
  const height = (rate: number) =>
    top + HEIGHT * (1 - (Math.min(HIGHEST, Math.max(LOWEST, rate)) - LOWEST) / (HIGHEST - LOWEST));
  let lines = "";
  for (let rate = 40; rate <= 180; rate += 20) {
    lines += `${n(left)} ${n(height(rate))} m ${n(left + width)} ${n(height(rate))} l `;
    sheet.write(String(rate), left - 4, height(rate) + 2, { size: 6, colour: QUIET, align: "right" });
  }
  sheet.stroke(lines, "#ddd", 0.4);
  let spread = "";
  let middle = "";
  const each = width / COLUMNS;
  columns.forEach((column, index) => {
    if (!column) return;
    const x = left + index * each;
    spread += `${n(x)} ${n(height(column.high))} ${n(each)} ${n(Math.max(0.3, height(column.low) - height(column.high)))} re `;
    middle += `${n(x)} ${n(height(column.middle) - 0.4)} ${n(each)} 0.8 re `;
  });
  sheet.fill(spread, "#b9c9de");
  sheet.fill(middle, "#1d3f73");
}

function drawRibbon({ sheet, study, words }: Page, top: number): void {
  const left = sheet.paper.left + LEFT;
  const width = sheet.paper.right - left;
  const place = (sample: number) =>
    left +
    (width * (Math.min(study.to, Math.max(study.from, sample)) - study.from)) / (study.to - study.from);
  const paths = new Map<Rhythm, string>();
  for (const { from, to, rhythm } of study.analysis?.episodes ?? []) {
    if (to <= study.from || from >= study.to) continue;
    // What is short is seen, too.
    const wide = Math.max(0.5, place(to) - place(from));
    paths.set(rhythm, `${paths.get(rhythm) ?? ""}${n(place(from))} ${n(top)} ${n(wide)} ${n(RIBBON)} re `);
  }
  // The quiet ones first: nothing lies over a finding.
  const order = Object.keys(COLOURS) as Rhythm[];
  for (const rhythm of ["unreadable", ...order.filter((each) => each !== "unreadable")] as Rhythm[])
    sheet.fill(paths.get(rhythm) ?? "", COLOURS[rhythm]);
  sheet.write(words.say("rhythm"), left - 4, top + 9, { size: 6, colour: QUIET, align: "right" });
}

function drawTimes(page: Page, y: number): void {
  const { sheet, study } = page;
  const left = sheet.paper.left + LEFT;
  const width = sheet.paper.right - left;
  sheet.tagged("P", () => {
    for (let quarter = 0; quarter <= 4; quarter++) {
      const text = whenText(page, study.from + ((study.to - study.from) * quarter) / 4);
      const x = left + (width * quarter) / 4 - (quarter / 4) * sheet.width(text, 6.5);
      sheet.write(text, x, y, { size: 6.5 });
    }
  });
}

function drawLegend({ sheet, study, words }: Page, y: number): number {
  const found = new Set((study.analysis?.episodes ?? []).map(({ rhythm }) => rhythm));
  let x = sheet.paper.left + LEFT;
  sheet.tagged("P", () => {
    for (const rhythm of (Object.keys(COLOURS) as Rhythm[]).filter((each) => found.has(each))) {
      sheet.fill(`${n(x)} ${n(y - 6)} 7 7 re `, COLOURS[rhythm]);
      x += 10 + sheet.write(rhythmText(rhythm, words), x + 10, y, { size: 7 }) + 12;
    }
  });
  return y + 8;
}
