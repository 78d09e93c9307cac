import assert from "node:assert/strict";
import { type Board, Pattern } from "../../firmware/board/board";
import { Display, patternOf, type Situation } from "../../firmware/display";
import { MonitorState } from "../../protocol/command";

const { idle, recording, draining } = MonitorState;

function situation(changes: Partial<Situation> = {}): Situation {
  return { owned: true, state: idle, contact: true, nearlyFull: false, batteryLow: false, ...changes };
}

/** What the unit shows, in the order of what its holder must know first. */
const TABLE: [string, Partial<Situation>, number][] = [
  ["everything is at home", {}, Pattern.hubHasIt],
  ["something waits here", { state: draining }, Pattern.keptHere],
  ["it records", { state: recording }, Pattern.recording],
  ["it records without contact", { state: recording, contact: false }, Pattern.noContact],
  ["it records, nearly full", { state: recording, nearlyFull: true }, Pattern.nearlyFull],
  [
    "it records without contact, nearly full",
    { state: recording, contact: false, nearlyFull: true },
    Pattern.noContact,
  ],
  ["it records, battery low", { state: recording, batteryLow: true }, Pattern.recording],
  ["it waits, nearly full", { state: draining, nearlyFull: true }, Pattern.nearlyFull],
  ["it waits, battery low", { state: draining, batteryLow: true }, Pattern.lowBattery],
  [
    "it waits, nearly full and battery low",
    { state: draining, nearlyFull: true, batteryLow: true },
    Pattern.lowBattery,
  ],
  ["it rests, battery low", { batteryLow: true }, Pattern.lowBattery],
  ["it rests, whatever the electrodes do", { contact: false }, Pattern.hubHasIt],
  ["nobody owns it", { owned: false }, Pattern.claimMe],
  ["nobody owns it, battery low", { owned: false, batteryLow: true }, Pattern.claimMe],
];

/** A display on a board without hardware: what was shown, and a timer that runs when told. */
function onBoard() {
  const shown: number[] = [];
  const timers: { ms: number; run: () => void }[] = [];
  const state = { now: situation() };
  const board = {
    show: (pattern: number) => void shown.push(pattern),
    after: (ms: number, run: () => void) => {
      const timer = { ms, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  } as unknown as Board;
  return { shown, timers, state, display: new Display(board, () => state.now) };
}

describe("the display", () => {
  for (const [what, changes, pattern] of TABLE) {
    it(`shows pattern ${pattern} when ${what}`, () => assert.equal(patternOf(situation(changes)), pattern));
  }

  it("begins no pattern anew that goes on, except in answer to the button", () => {
    const { shown, state, display } = onBoard();
    display.update();
    display.update();
    assert.deepEqual(shown, [Pattern.hubHasIt]);
    state.now = situation({ state: draining });
    display.update();
    display.answer();
    assert.deepEqual(shown, [Pattern.hubHasIt, Pattern.keptHere, Pattern.keptHere]);
  });

  it("identifies itself for as long as asked, and then shows what has become of it", () => {
    const { shown, timers, state, display } = onBoard();
    display.update();
    display.identify(3);
    state.now = situation({ state: recording });
    display.update();
    display.answer();
    assert.deepEqual(shown, [Pattern.hubHasIt, Pattern.identify]);
    // Asked again, it begins again.
    display.identify(0);
    assert.deepEqual(
      timers.map(({ ms }) => ms),
      [1000],
    );
    timers[0]!.run();
    assert.deepEqual(shown, [Pattern.hubHasIt, Pattern.identify, Pattern.identify, Pattern.recording]);
  });
});
