/** A station's screen as text: every slot with one huge word, and how the batch goes. */
import { shortened } from "../../../gateway/cli/text";
import { adviceFor } from "../codes";
import { bigHeight, bigLines, bigWidth, SIGNS, type Word } from "./letters";
import type { SlotView, TallyView } from "./screen";

const HOUR_MS = 3_600_000;
/** Before it a pace says nothing. */
const MIN_PACE_MS = 60_000;
/** The longest of the words that every cell has room for, if it has room for one. */
const WIDEST: [string, Word] = ["PASS", "PASS"];
const MAX_SCALE = 8;
const MIN_BAR = 8;
/** " 100 %" */
const COUNT = 6;
/** Characters that are left of each in a narrow cell. */
const MIN_SLOT = 2;
const MIN_SERIAL = 4;
/** Title, bar and a line that says why, where there is room. */
const AROUND = 3;
const COLOURS: Record<Word, string> = { PASS: "1;32", FAIL: "1;31", BUSY: "1;36", WAIT: "1" };

/** @param now Unix ms; @returns `rows` lines, none longer than `columns` but for its colours */
export function drawScreen(
  views: SlotView[],
  tally: TallyView,
  columns: number,
  rows: number,
  now: number,
  coloured = true,
): string {
  const head = tallyLines(tally, now).map((line) => shortened(line, columns).padEnd(columns));
  const grid = gridFor(views.length, columns, Math.max(0, rows - head.length));
  const lines = [...head];
  for (let first = 0; first < views.length; first += grid.across) {
    const cells = views.slice(first, first + grid.across).map((view) => drawCell(view, grid, coloured));
    for (let row = 0; row < grid.height; row++) lines.push(cells.map((cell) => cell[row]).join(" "));
  }
  // Once more where rows are left: a narrow cell has cut it off.
  const isPass = ({ word }: SlotView) => Number(word === "PASS");
  // What somebody is to do comes first.
  const noted = views.filter((view) => noteOf(view) !== "").sort((a, b) => isPass(a) - isPass(b));
  lines.push(...noted.map((view) => fill(`${view.slot}: ${noteOf(view)}`, columns)));
  while (lines.length < rows) lines.push("");
  return lines.slice(0, rows).join("\n");
}

/** What stands above the slots, and in a line of a log. */
export function tallyLines(tally: TallyView, now: number): string[] {
  const { passed, before, failed, planned, startedAt, byStep, isEnding } = tally;
  const ended = passed + failed;
  const spent = now - startedAt;
  const figures = [
    planned > 0 ? `${before + passed}/${planned} passed` : `${passed} passed`,
    `${failed} failed`,
    ended === 0 ? "no yield yet" : `yield ${((100 * passed) / ended).toFixed(1)} %`,
    ...(isEnding ? ["ending"] : []),
    ...(ended === 0 || spent < MIN_PACE_MS ? [] : [`${Math.round((ended * HOUR_MS) / spent)} an hour`]),
  ];
  const steps = Object.entries(byStep)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([step, count]) => `${step} ${count}`);
  return [figures.join(" · "), steps.length === 0 ? "" : `failed at: ${steps.join(", ")}`];
}

interface Grid {
  across: number;
  width: number;
  height: number;
  /** 0 where no big word fits. */
  scale: number;
}

/** As many cells beside each other as make the words largest, then the fewest; one, where there is no column at all. */
function gridFor(count: number, columns: number, rows: number): Grid {
  let best: Grid = { across: 1, width: columns, height: Math.floor(rows / Math.max(1, count)), scale: 0 };
  for (let across = 1; across <= Math.max(1, count); across++) {
    const width = Math.floor((columns + 1) / across) - 1;
    const height = Math.floor(rows / Math.max(1, Math.ceil(count / across)));
    let scale = MAX_SCALE;
    while (scale > 0 && !hasRoom(width, height, scale)) scale--;
    // Where nothing big fits, each still has a line.
    const better = scale > best.scale || (best.height < 1 && height >= 1);
    if (better && width >= 1) best = { across, width, height, scale };
  }
  return best;
}

function hasRoom(width: number, height: number, scale: number): boolean {
  const around = scale === 1 ? 1 : AROUND;
  return bigWidth(...WIDEST, scale) <= width && bigHeight(scale) + around <= height;
}

/**
 * `height` lines, each `width` wide: title, big word, bar, notes. Where lines are few the note stands behind the title, or
 * the bar does.
 */
function drawCell(view: SlotView, { width, height, scale }: Grid, coloured: boolean): string[] {
  const { word, code, step } = view;
  const said = word === "FAIL" && code !== undefined ? `${word} ${code}` : word;
  const big = bigWord(said, view, width, scale);
  const small = big.said === said ? "" : `${SIGNS[word]} ${said}`;
  const note = noteOf(view);
  const below = height - big.lines.length - 1;
  const few = below < (note === "" ? 1 : 2);
  const half = Math.floor(width / 2);
  const title = titleOf(view, small, word === "BUSY" ? step : "", few ? width - half - 1 : width);
  const short = note === "" ? `${fill(title, width - half - 1)} ${barOf(view, half)}` : `${title}: ${note}`;
  const first = few ? short : title;
  const last = below < 1 ? [] : [barOf(view, width), ...wrap(note, width)];
  const lines = [first, ...big.lines, ...last, ...new Array<string>(height).fill("")].slice(0, height);
  return lines.map((line, row) => {
    const text = fill(line, width);
    const isWord = big.lines.length === 0 ? row === 0 : row >= 1 && row <= big.lines.length;
    return isWord && coloured ? `\x1b[${COLOURS[word]}m${text}\x1b[0m` : text;
  });
}

/** Units side by side differ in how their names end: beginnings go first, the slot's before the serial number's. */
function titleOf(
  { slot, serial = "" }: SlotView,
  small: string,
  step: string | undefined,
  width: number,
): string {
  const fixed = [small, step].reduce((sum, word) => sum + (word ? word.length + 1 : 0), 0);
  const place = tailOf(slot, Math.max(MIN_SLOT, width - fixed - (serial === "" ? 0 : serial.length + 1)));
  const name = tailOf(serial, Math.max(MIN_SERIAL, width - fixed - place.length - 1));
  return [small, place, name, step].filter(Boolean).join(" ");
}

function tailOf(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(1 - length)}`;
}

/** A failure's code alone where both would be smaller than another slot's word: the shape says that it failed. */
function bigWord(
  said: string,
  { word, code }: SlotView,
  width: number,
  scale: number,
): { said: string; lines: string[] } {
  if (scale === 0) return { said: "", lines: [] };
  const chosen = code === undefined || bigWidth(said, word, scale) <= width ? said : code;
  return { said: chosen, lines: bigLines(chosen, word, scale) };
}

function barOf({ done, total }: SlotView, width: number): string {
  const count = `${Math.round((100 * Math.min(done, total)) / total)} %`.padStart(COUNT);
  const long = width - count.length;
  if (total === 0 || long < MIN_BAR) return fill(total === 0 ? "" : count.trim(), width);
  const full = Math.round((long * Math.min(done, total)) / total);
  return `${"█".repeat(full)}${"░".repeat(long - full)}${count}`;
}

/** Why, and what to do next; of a unit that passed, what it passed without. */
export function noteOf({ word, code, detail, step }: SlotView): string {
  const at = word === "FAIL" && step !== undefined ? `${step}: ` : "";
  const why = detail === undefined ? "" : `${at}${detail}`;
  if (word !== "FAIL" || code === undefined) return why;
  return [why, adviceFor(code)].filter((part) => part !== "").join(" → ");
}

/** A unit may say anything, and a terminal obeys what is no letter. */
function fill(text: string, width: number): string {
  return shortened(text.replace(/\p{C}/gu, "·"), Math.max(0, width)).padEnd(width);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else if (word !== "") lines.push(word);
  }
  return lines;
}
