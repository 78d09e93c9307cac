/** What an operator sees and hears of a station: the whole screen on a terminal, plain lines anywhere else. */
import type { Terminal } from "../../../gateway/cli/terminal";
import { type Clock, systemClock } from "../../../gateway/clock";
import { Bell } from "./bell";
import { drawScreen, noteOf, tallyLines } from "./draw";
import type { Word } from "./letters";

export interface SlotView {
  slot: string;
  word: Word;
  step?: string;
  /** Of the unit's steps, or of what the step has to carry over. */
  done: number;
  total: number;
  /** Of a failure. */
  code?: string;
  /** Why, what somebody is asked, or what a unit passed without. */
  detail?: string;
  serial?: string;
}

export interface TallyView {
  passed: number;
  /** Of those that are planned, so many passed before this run. */
  before: number;
  failed: number;
  /** 0 where it goes on until it is ended. */
  planned: number;
  /** Unix ms. */
  startedAt: number;
  byStep: Record<string, number>;
  /** Somebody has asked it to end. */
  isEnding?: boolean;
}

export interface Screen {
  slot(view: SlotView): void;
  tally(view: TallyView): void;
  close(): void;
}

const DRAW_MS = 100;
const RINGS: Partial<Record<Word, number>> = { PASS: 1, FAIL: 3 };
/** A screen of its own, without the cursor; and back. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** Draws on stderr: results of a station are its log. */
export function terminalScreen(terminal: Terminal, clock: Clock = systemClock): Screen {
  const { stderr, env } = terminal;
  return stderr.isTTY && env.TERM !== "dumb" ? new FullScreen(terminal, clock) : new Lines(terminal, clock);
}

class FullScreen implements Screen {
  private readonly views = new Map<string, SlotView>();
  /** A line for each unit, which stay behind when the screen goes. */
  private readonly ends: string[] = [];
  private readonly bell: Bell;
  private now: TallyView;
  private cancel?: () => void;
  private readonly onResize = () => this.soon();
  private readonly onExit = () => this.close();

  constructor(
    private readonly terminal: Terminal,
    private readonly clock: Clock,
  ) {
    const { stderr } = terminal;
    this.now = { passed: 0, before: 0, failed: 0, planned: 0, startedAt: clock.now(), byStep: {} };
    this.bell = new Bell((text) => stderr.write(text), clock);
    stderr.write(ENTER);
    stderr.on("resize", this.onResize);
    // Whatever ends the process: the shell behind would be without a cursor.
    process.on("exit", this.onExit);
  }

  slot(view: SlotView): void {
    const before = this.views.get(view.slot);
    this.views.set(view.slot, view);
    if (before?.word !== view.word) {
      this.bell.ring(RINGS[view.word] ?? 0);
      if (view.word in RINGS) this.ends.push(lineOf(view));
    }
    this.soon();
  }

  tally(view: TallyView): void {
    this.now = view;
    this.soon();
  }

  close(): void {
    this.cancel?.();
    this.bell.close();
    this.terminal.stderr.off("resize", this.onResize);
    process.off("exit", this.onExit);
    this.terminal.stderr.write(LEAVE);
    for (const line of this.ends) this.terminal.say(line);
    // How the last unit ended was on the screen for no time at all.
    this.terminal.say(this.picture().trimEnd());
  }

  /** Units change many times a second, all of them together. */
  private soon(): void {
    this.cancel ??= this.clock.after(DRAW_MS, () => {
      this.cancel = undefined;
      // Each line is emptied before it is written: behind the last column some would lose what stands there.
      this.terminal.stderr.write(`\x1b[H\x1b[K${this.picture().replace(/\n/g, "\r\n\x1b[K")}`);
    });
  }

  private picture(): string {
    const { columns, rows } = this.terminal.stderr;
    const coloured = !this.terminal.env.NO_COLOR;
    // A terminal that nobody told its size says 0.
    return drawScreen(
      [...this.views.values()],
      this.now,
      columns || 80,
      rows || 24,
      this.clock.now(),
      coloured,
    );
  }
}

function lineOf(view: SlotView): string {
  const { slot, serial, word, code, step } = view;
  const at = word === "BUSY" ? step : code;
  const line = [`${slot}:`, word, at, serial, noteOf(view)].filter(Boolean).join(" ");
  return line.replace(/\p{C}/gu, "·");
}

/** A line for each step that begins and each unit that ends. */
class Lines implements Screen {
  private readonly told = new Map<string, string>();

  constructor(
    private readonly terminal: Terminal,
    private readonly clock: Clock,
  ) {}

  slot(view: SlotView): void {
    const { slot } = view;
    const line = lineOf(view);
    if (this.told.get(slot) === line) return;
    this.told.set(slot, line);
    this.terminal.say(line);
  }

  tally(view: TallyView): void {
    const [figures, steps] = tallyLines(view, this.clock.now());
    const line = [figures, steps].filter(Boolean).join("; ");
    if (this.told.get("") === line) return;
    this.told.set("", line);
    this.terminal.say(line);
  }

  close(): void {}
}
