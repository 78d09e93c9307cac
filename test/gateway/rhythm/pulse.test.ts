import assert from "node:assert/strict";
import { Pulse } from "../../../gateway/rhythm/pulse";
import type { Beat, Episode } from "../../../gateway/rhythm/types";

const RATE = 250;

/** Counts beats at these times, in seconds. */
function counted(times: number[], gapBefore?: number) {
  const pulse = new Pulse(RATE);
  const judged = () => pulse.judge({ to: Number.MAX_SAFE_INTEGER, rhythm: "sinus" } as Episode);
  for (const [index, time] of times.entries()) {
    if (index === gapBefore) {
      judged();
      pulse.gap();
    }
    pulse.beat({ sample: time * RATE, class: "N", confidence: 1 } as Beat, true);
  }
  judged();
  return pulse.summary(times.at(-1)! * RATE);
}

/** Times of beats with these intervals. */
function apart(...seconds: number[]): number[] {
  const times = [0];
  for (const one of seconds) times.push(times.at(-1)! + one);
  return times;
}

describe("the pulse", () => {
  it("is slowest and fastest over eight intervals in a row: neither a pause nor an early beat is a rate", () => {
    const usual = Array(20).fill(1) as number[];
    const { meanRate, slowest, fastest } = counted(apart(...usual, 4, ...usual, 0.4, ...usual));
    assert.equal(Math.round(meanRate! * 100) / 100, Math.round((60 * 62 * 100) / 64.4) / 100);
    assert.equal(slowest!.toFixed(6), ((60 * 8) / 11).toFixed(6));
    assert.equal(fastest!.toFixed(6), ((60 * 8) / 7.4).toFixed(6));
  });

  it("has no slowest where there are less than eight intervals in a row", () => {
    const times = apart(...(Array(14).fill(0.8) as number[]));
    assert.equal(counted(times).slowest!.toFixed(6), "75.000000");
    const torn = counted(times, 7);
    assert.deepEqual([torn.slowest, torn.fastest], [undefined, undefined]);
    assert.equal(torn.meanRate!.toFixed(6), "75.000000");
  });
});
