import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { Terminal } from "../../../../gateway/cli/terminal";
import { bigLines } from "../../../../tools/factory/screen/letters";
import { type SlotView, terminalScreen } from "../../../../tools/factory/screen/screen";
import { VirtualTime } from "../../../../tools/sim/time";

const START = Date.UTC(2026, 10, 29);
const TALLY = {
  passed: 1,
  before: 0,
  failed: 1,
  planned: 1000,
  startedAt: START,
  byStep: { "self-test": 1 },
};
const CLEAN = { slot: "ttyUSB0", word: "WAIT", done: 0, total: 11 } as const satisfies SlotView;

/** A terminal of a person, or none. */
class Window extends EventEmitter {
  text = "";
  columns = 80;
  rows = 24;

  constructor(readonly isTTY: boolean) {
    super();
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  /** What was written since the last look. */
  look(): string {
    const { text } = this;
    this.text = "";
    return text;
  }
}

describe("a station's screen on a terminal", () => {
  let time: VirtualTime;
  let window: Window;
  beforeEach(() => {
    time = new VirtualTime(START);
  });
  afterEach(() => time.restore());

  function open(isTTY: boolean, env: NodeJS.ProcessEnv = {}) {
    window = new Window(isTTY);
    const stream = window as unknown as NodeJS.WriteStream;
    return terminalScreen(new Terminal(stream, stream, env));
  }

  it("is drawn whole at its size, again when that changes, and gone in the end but for the figures", async () => {
    const listeners = process.listenerCount("exit");
    const screen = open(true);
    assert.ok(window.look().startsWith("\x1b[?1049h"));
    for (let done = 0; done < 1000; done++) screen.slot({ ...CLEAN, word: "BUSY", step: "upload", done });
    screen.tally(TALLY);
    await time.pass(1000);
    const first = window.look();
    // A thousand changes, one picture.
    assert.equal(first.split("\x1b[H").length, 2);
    assert.equal(first.split("\r\n").length, 24);
    assert.match(first, / 100 %/);
    window.rows = 50;
    window.emit("resize");
    await time.pass(1000);
    assert.equal(window.look().split("\r\n").length, 50);
    screen.close();
    const last = window.look();
    assert.ok(last.startsWith("\x1b[?25h\x1b[?1049l1/1000 passed · 1 failed · yield 50.0 %"), last);
    assert.match(last, /\nfailed at: self-test 1 +\n/);
    assert.deepEqual([window.listenerCount("resize"), process.listenerCount("exit")], [0, listeners]);
  });

  it("is drawn as for 80 by 24 on a terminal that was told no size", async () => {
    const screen = open(true, { NO_COLOR: "1" });
    window.look();
    screen.slot({ ...CLEAN, word: "BUSY" });
    await time.pass(1000);
    const usual = window.look();
    assert.equal(usual.split("\r\n").length, 24);
    Object.assign(window, { columns: 0, rows: 0 });
    window.emit("resize");
    await time.pass(1000);
    assert.equal(window.look(), usual);
    screen.close();
  });

  it("leaves a line for each unit behind, and how the last of each slot ended", async () => {
    const screen = open(true, { NO_COLOR: "1" });
    for (const serial of ["AV-1", "AV-2"]) {
      screen.slot({ ...CLEAN, word: "BUSY", step: "upload" });
      await time.pass(1000);
      screen.slot({ ...CLEAN, word: "PASS", serial, done: 11 });
    }
    screen.tally({ ...TALLY, passed: 2, failed: 0, isEnding: true });
    window.look();
    screen.close();
    const [first, second, figures, ...rest] = window.look().split("\x1b[?1049l")[1]!.split("\n");
    assert.deepEqual([first, second], ["ttyUSB0: PASS AV-1", "ttyUSB0: PASS AV-2"]);
    assert.match(figures!, /^2\/1000 passed · 0 failed · yield 100.0 % · ending/);
    for (const line of bigLines("PASS", "PASS", 2)) assert.ok(rest.join("\n").includes(line), line);
  });

  it("rings once for a unit that passed and three times for one that failed, apart from each other", async () => {
    const screen = open(true);
    const rings = async (...views: SlotView[]) => {
      window.look();
      for (const view of views) screen.slot(view);
      const beats: string[] = [];
      for (let beat = 0; beat < 16; beat++) {
        beats.push(window.look().includes("\x07") ? "!" : "-");
        await time.pass(250);
      }
      return beats.join("").replace(/-+$/, "");
    };
    const passed = { ...CLEAN, word: "PASS" } as const;
    const failed = { ...CLEAN, slot: "ttyUSB1", word: "FAIL", code: "E07" } as const;
    assert.equal(await rings(passed), "!");
    assert.equal(await rings(passed), "");
    assert.equal(await rings(CLEAN), "");
    assert.equal(await rings(failed, passed), "!!!--!");
    screen.close();
  });

  it("has no colours where none are wanted", async () => {
    for (const [env, coloured] of [
      [{}, true],
      [{ NO_COLOR: "1" }, false],
    ] as const) {
      const screen = open(true, env);
      screen.slot({ ...CLEAN, word: "PASS" });
      await time.pass(1000);
      assert.equal(window.look().includes("\x1b[1;32m"), coloured);
      screen.close();
    }
  });

  it("is lines where nobody watches: a step, an end, the figures, each once, without a bell", async () => {
    for (const [isTTY, env] of [
      [false, {}],
      [true, { TERM: "dumb" }],
    ] as const) {
      const screen = open(isTTY, env);
      for (let done = 0; done < 5; done++) screen.slot({ ...CLEAN, word: "BUSY", step: "upload", done });
      screen.slot({
        ...CLEAN,
        word: "FAIL",
        code: "E12",
        step: "upload",
        detail: "gone\x1b[2J",
        serial: "AVN-7",
      });
      screen.tally(TALLY);
      screen.tally({ ...TALLY });
      screen.close();
      await time.pass(1000);
      assert.deepEqual(window.look().split("\n"), [
        "ttyUSB0: BUSY upload",
        "ttyUSB0: FAIL E12 AVN-7 upload: gone·[2J → connect it again, here or at another slot: it is recognised and finished",
        "1/1000 passed · 1 failed · yield 50.0 %; failed at: self-test 1",
        "",
      ]);
    }
  });
});
