/** Rows of paper: the grid, the calibration pulse, and the trace as it was recorded. */
import type { Lead } from "../../protocol/open";
import { countsPerMillivolt, potentialOf } from "../document/units";
import type { Words } from "../words/words";
import { MM, MM_PER_MILLIVOLT, MM_PER_SECOND, PULSE_MM, PULSE_SECONDS } from "./paper";
import { median } from "./samples";
import type { Sheet } from "./sheet";

const THIN = "#f3c4c4";
const THICK = "#dd8f8f";
const TRACE = "#000";
const TOLD = "#555";
/** Where more samples fall into a column than printers have dots, its lowest and highest stand for all. */
const COLUMN = 72 / 600;

export interface Box {
  x: number;
  y: number;
  /** Whole multiples of 5 mm. */
  width: number;
  height: number;
}

/** On what, and in whose language. */
export interface Inked {
  sheet: Sheet;
  words: Words;
}

export interface Trace {
  lead: Lead;
  label: string;
  /** Counts, NaN where there are none. */
  values: Float64Array;
  /** Samples per second. */
  rate: number;
  /** Whether the calibration pulse stands before it. */
  pulse: boolean;
}

const n = (value: number) => value.toFixed(3);
const line = (x1: number, y1: number, x2: number, y2: number) => `${n(x1)} ${n(y1)} m ${n(x2)} ${n(y2)} l `;

/** One path for each class of lines. */
export function drawGrid(sheet: Sheet, { x, y, width, height }: Box): void {
  const paths = ["", ""];
  for (const [length, isDown] of [
    [width, true],
    [height, false],
  ] as const)
    for (let mm = 0; mm <= Math.round(length / MM); mm++) {
      const at = mm * MM;
      paths[mm % 5 === 0 ? 1 : 0] += isDown
        ? line(x + at, y, x + at, y + height)
        : line(x, y + at, x + width, y + at);
    }
  sheet.stroke(paths[0]!, THIN, 0.2);
  sheet.stroke(paths[1]!, THICK, 0.4);
}

/**
 * Of a lead that is not calibrated nobody knows how high a millivolt is: its range fills the row, and the row says so.
 * @returns points of height per count
 */
function scaleOf({ lead, values }: Trace, height: number, middle: number): number {
  const counts = countsPerMillivolt(lead);
  if (counts !== undefined) return (MM_PER_MILLIVOLT * MM) / counts;
  const most = values.reduce(
    (far, value) => (Number.isNaN(value) ? far : Math.max(far, Math.abs(value - middle))),
    0,
  );
  return most === 0 ? 0 : (0.4 * height) / most;
}

export function drawPulse(sheet: Sheet, x: number, middle: number): void {
  const side = ((PULSE_MM - PULSE_SECONDS * MM_PER_SECOND) / 2) * MM;
  const top = middle - MM_PER_MILLIVOLT * MM;
  const [up, down, end] = [x + side, x + PULSE_MM * MM - side, x + PULSE_MM * MM];
  sheet.stroke(
    `${n(x)} ${n(middle)} m ${n(up)} ${n(middle)} l ${n(up)} ${n(top)} l ${n(down)} ${n(top)} l ` +
      `${n(down)} ${n(middle)} l ${n(end)} ${n(middle)} l `,
    TRACE,
    0.6,
  );
}

/**
 * The count on the row's middle line: the median, or what lies between lowest and highest where the trace fits into the
 * row that way alone.
 * @param reach of the row above and below its middle, in counts
 */
function middleOf(values: Float64Array, reach: (middle: number) => number): number {
  const middle = median(values);
  let [low, high] = [middle, middle];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const room = reach(middle);
  const isCut = high - middle > room || middle - low > room;
  return isCut && high - low <= 2 * room ? (low + high) / 2 : middle;
}

/** A trace on a grid that is there already. */
export function drawTrace({ sheet, words }: Inked, box: Box, trace: Trace): void {
  const { values, rate, lead, label, pulse } = trace;
  const left = pulse ? box.x + PULSE_MM * MM : box.x;
  const middle = box.y + box.height / 2;
  const zero = middleOf(values, (count) => box.height / 2 / scaleOf(trace, box.height, count));
  const scale = scaleOf(trace, box.height, zero);
  const step = (MM_PER_SECOND * MM) / rate;
  const calibrated = potentialOf(lead) !== undefined;
  if (pulse && calibrated) drawPulse(sheet, box.x, middle);
  let isCut = false;
  const at = (index: number) => {
    const y = middle - (values[index]! - zero) * scale;
    if (y < box.y || y > box.y + box.height) isCut = true;
    return y;
  };
  const path: string[] = [];
  let isDown = false;
  const to = (x: number, y: number) => {
    path.push(`${n(x)} ${n(y)} ${isDown ? "l" : "m"} `);
    isDown = true;
  };
  const perColumn = step < COLUMN ? Math.floor(COLUMN / step) : 1;
  for (let index = 0; index < values.length; index += perColumn) {
    const end = Math.min(values.length, index + perColumn);
    let low = -1;
    let high = -1;
    for (let i = index; i < end; i++) {
      if (Number.isNaN(values[i]!)) continue;
      if (low < 0 || values[i]! < values[low]!) low = i;
      if (high < 0 || values[i]! > values[high]!) high = i;
    }
    if (low < 0) {
      isDown = false;
      continue;
    }
    const [first, last] = low < high ? [low, high] : [high, low];
    to(left + first * step, at(first));
    if (last !== first) to(left + last * step, at(last));
    // A sample alone between two gaps is a dot.
    if (end >= values.length || Number.isNaN(values[end]!))
      path.push(`${n(left + last * step)} ${n(at(last))} l `);
  }
  const told = [
    label,
    ...(calibrated ? [] : [words.say("no-scale")]),
    ...(isCut ? [words.say("cut-off")] : []),
  ];
  drawLabel(sheet, told.join(" · "), left + 1, box.y + 7.5);
  sheet.within(box.x, box.y, box.width, box.height, () => sheet.stroke(path.join(""), TRACE, 0.6));
  drawGaps({ sheet, words }, { ...box, x: left }, trace, step);
}

/** On paper of its own, so that no grid runs through it. The trace is drawn later, so that nothing hides it. */
function drawLabel(sheet: Sheet, text: string, x: number, y: number): void {
  const width = sheet.width(text, 7, true) + 2;
  sheet.fill(`${n(x - 1)} ${n(y - 7)} ${n(width)} 9 re `, "#fff");
  sheet.write(text, x, y, { size: 7, bold: true });
}

/** Hatched and measured, never bridged. */
function drawGaps({ sheet, words }: Inked, box: Box, { values, rate }: Trace, step: number): void {
  for (let from = 0; from < values.length; from++) {
    if (!Number.isNaN(values[from]!)) continue;
    let to = from;
    while (to < values.length && Number.isNaN(values[to]!)) to++;
    const x = box.x + from * step;
    const width = (to - from) * step;
    const [y, height] = [box.y + 0.25 * box.height, 0.5 * box.height];
    let path = "";
    for (let offset = -height; offset < width; offset += 4)
      path += line(x + offset, y + height, x + offset + height, y);
    sheet.within(x, y, width, height, () => sheet.stroke(path, TOLD, 0.4));
    sheet.stroke(`${n(x)} ${n(y)} ${n(width)} ${n(height)} re `, TOLD, 0.4);
    // How long one is that goes on beyond the strip does not show on it.
    const isWhole = from > 0 && to < values.length;
    const length = isWhole
      ? words.say("no-signal", { seconds: words.number((to - from) / rate, 2) })
      : words.say("no-signal-on");
    const room = Math.min(x + width + 1, box.x + box.width - sheet.width(length, 7));
    sheet.write(length, Math.min(x, room), y - 2, { size: 7, colour: TOLD });
    from = to;
  }
}
