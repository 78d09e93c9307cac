import assert from "node:assert/strict";
import { drawScreen } from "../../../../tools/factory/screen/draw";
import { bigLines, type Word } from "../../../../tools/factory/screen/letters";
import type { SlotView, TallyView } from "../../../../tools/factory/screen/screen";

const START = Date.UTC(2026, 10, 29);
const TALLY: TallyView = {
  ...{ passed: 417, before: 0, failed: 7, planned: 1000, startedAt: START },
  byStep: { upload: 2, "self-test": 5, erase: 0 },
};
const WORDS: Word[] = ["WAIT", "BUSY", "PASS", "FAIL"];

const view = (slot: string, word: Word, more: Partial<SlotView> = {}): SlotView => ({
  ...{ slot, word, done: 3, total: 11 },
  ...more,
});

/** Without its colours. */
function plain(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is the terminal's own
  return text.replace(/\x1b\[[\d;]+m/g, "").split("\n");
}

function screen(views: SlotView[], columns = 80, rows = 24, tally = TALLY): string[] {
  return plain(drawScreen(views, tally, columns, rows, START + 2 * 3_600_000));
}

describe("a station's screen", () => {
  it("has a huge word and a shape for a slot, and what the unit is at", () => {
    assert.deepEqual(bigLines("FAIL E07", "FAIL", 1), [
      "█▀▀▀▀ ▄▀▀▀▄  ▀█▀  █           █▀▀▀▀ ▄▀▀▀▄ ▀▀▀▀█  █▄   ▄█",
      "█▄▄▄  █▄▄▄█   █   █           █▄▄▄  █ ▄▀█   ▄▀    ▀█▄█▀ ",
      "█     █   █   █   █           █     █▀  █  █     ▄█▀ ▀█▄",
      "▀     ▀   ▀  ▀▀▀  ▀▀▀▀▀       ▀▀▀▀▀  ▀▀▀   ▀     ▀     ▀",
    ]);
    const lines = screen([view("ttyUSB0", "PASS", { serial: "AVN-000417", done: 11 })]);
    assert.match(lines[2]!, /^ttyUSB0 AVN-000417 +$/);
    assert.deepEqual(
      lines.slice(3, 10).map((line) => line.trimEnd()),
      [
        "████████      ██████      ████████    ████████    ██████████████████",
        "██      ██  ██      ██  ██          ██            ██████████████  ██",
        "██      ██  ██      ██  ██          ██            ████████████  ████",
        "████████    ██████████    ██████      ██████      ██  ██████  ██████",
        "██          ██      ██          ██          ██    ████  ██  ████████",
        "██          ██      ██          ██          ██    ██████  ██████████",
        "██          ██      ██  ████████    ████████      ██████████████████",
      ],
    );
    assert.match(lines[10]!, /^█{74} 100 %$/);
    const busy = screen([view("ttyUSB0", "BUSY", { step: "upload", done: 1, total: 2 })]);
    assert.match(busy[2]!, /^ttyUSB0 upload/);
    assert.match(busy[10]!, /^█{37}░{37} {2}50 %$/);
  });

  it("tells the words apart without a colour, by letters and by outline", () => {
    const outlines = WORDS.map((word) => bigLines("", word, 2).join("\n"));
    assert.equal(new Set(outlines).size, WORDS.length);
    const small = WORDS.map((word) => screen([view("a", word)], 40, 4)[2]!.slice(0, 6));
    assert.deepEqual(small, ["… WAIT", "▶ BUSY", "✔ PASS", "✖ FAIL"]);
    const colours = WORDS.map((word) => {
      const text = drawScreen([view("a", word)], TALLY, 80, 24, START);
      assert.equal(drawScreen([view("a", word)], TALLY, 80, 24, START, false), plain(text).join("\n"));
      return text.split("\x1b[")[1]!.slice(0, 4);
    });
    assert.equal(new Set(colours).size, WORDS.length);
  });

  it("keeps of eight units what tells them apart, and the step, on a small terminal", () => {
    for (const [step, ends] of [
      ["upload", (n: number) => `…${n} AV-00002${n} upload`],
      ["self-test", (n: number) => `…${n} …0002${n} self-test`],
    ] as const) {
      const eight = Array.from({ length: 8 }, (_, i) =>
        view(`virtual ${i + 1}`, "BUSY", { serial: `AV-00002${i + 1}`, step }),
      );
      const text = screen(eight).join("\n");
      for (let n = 1; n <= 8; n++) assert.ok(text.includes(ends(n)), `${n}: ${text}`);
    }
  });

  it("says how the batch goes: passed of planned, yield, pace, and failures by step, most first", () => {
    const [figures, steps] = screen([]);
    // 417 of 424; 424 in two hours.
    assert.equal(figures!.trimEnd(), "417/1000 passed · 7 failed · yield 98.3 % · 212 an hour");
    assert.equal(steps!.trimEnd(), "failed at: self-test 5, upload 2");
    const [endless] = screen([], 80, 24, { ...TALLY, planned: 0 });
    assert.match(endless!, /^417 passed · 7 failed/);
    const none = { ...TALLY, passed: 0, failed: 0, byStep: {} };
    const [first, second] = screen([], 80, 24, none);
    assert.equal(first!.trimEnd(), "0/1000 passed · 0 failed · no yield yet");
    assert.equal(second!.trim(), "");
  });

  it("says of a failure why, and what to do next, if need be below the slots", () => {
    const failed = view("ttyUSB1", "FAIL", { code: "E07", step: "self-test", detail: "noise 31 µV" });
    const alone = screen([failed]).join("\n").replace(/\s+/g, " ");
    assert.match(alone, /self-test: noise 31 µV → read which check failed/);
    const eight = Array.from({ length: 7 }, (_, n) => view(`port ${n}`, "BUSY"));
    const waiting = view("port 7", "WAIT", { detail: "scan the label of AVN-7" });
    assert.match(screen([...eight, waiting])[17]!, / port 7: scan the label of AVN-7 *$/);
    const lines = screen([...eight, failed]);
    assert.match(lines[22]!, /^ttyUSB1: self-test: noise 31 µV → read which check failed/);
    assert.match(lines.join("\n"), /✖ FAIL E07 ttyUSB1/);
  });

  it("says of a pass what it is without, behind what somebody is to do", () => {
    const passed = (slot: string) => view(slot, "PASS", { serial: "AV-000417", detail: "unseen, unscanned" });
    assert.match(screen([passed("ttyUSB0")])[11]!, /^unseen, unscanned +$/);
    const seven = Array.from({ length: 7 }, (_, n) => passed(`port ${n}`));
    for (const rows of [24, 50])
      assert.ok(
        screen(seven, 80, rows).join().split("unseen, unscanned").length > seven.length,
        `${rows} rows`,
      );
    const waiting = view("port 7", "WAIT", { detail: "scan the label of AVN-7" });
    const lines = screen([...seven, waiting], 80, 11);
    assert.match(lines[10]!, /^port 7: scan the label of AVN-7 *$/);
  });

  it("makes the words as large as eight slots have room for, and leaves the code of a failure", () => {
    const eight = (word: Word) => Array.from({ length: 8 }, (_, n) => view(`${n}`, word, { code: "E12" }));
    for (const [columns, rows, scale] of [
      [80, 24, 1],
      [160, 50, 2],
    ] as const)
      for (const [n, line] of bigLines("WAIT", "WAIT", scale).entries())
        assert.ok(screen(eight("WAIT"), columns, rows)[3 + n]!.startsWith(line), `${columns} x ${rows}`);
    const code = bigLines("E12", "FAIL", 1);
    const lines = screen(eight("FAIL"), 80, 24);
    for (const [n, line] of code.entries()) assert.ok(lines[3 + n]!.startsWith(line), lines[3 + n]);
  });

  it("is drawn where there is no room at all", () => {
    for (const [columns, rows] of [
      [0, 0],
      [0, 24],
      [80, 0],
    ] as const)
      assert.equal(screen([view("a", "BUSY"), view("b", "PASS")], columns, rows).length, Math.max(1, rows));
  });

  it("fits every terminal, whatever a unit says", () => {
    const hostile = "\x1b[2J\x1b]0;owned\x07\r\n\u202eabc\u0000 " + "x".repeat(300);
    for (const count of [0, 1, 2, 3, 5, 8])
      for (const columns of [1, 7, 20, 39, 40, 79, 80, 120, 213])
        for (const rows of [1, 2, 3, 5, 9, 24, 25, 60]) {
          const views = Array.from({ length: count }, (_, n) =>
            view(hostile, WORDS[n % 4]!, { code: "E07", detail: hostile, serial: hostile, step: hostile }),
          );
          const lines = screen(views, columns, rows);
          assert.equal(lines.length, rows);
          for (const line of lines) {
            assert.ok([...line].length <= columns, `${[...line].length} in ${columns} x ${rows}: ${line}`);
            assert.doesNotMatch(line, /\p{C}/u);
          }
        }
  });
});
