import assert from "node:assert/strict";
import { DELAY_SECONDS } from "../../../gateway/rhythm/beats/classifier";
import { BeatReader } from "../../../gateway/rhythm/beats/read";
import { SETTLE_SECONDS } from "../../../gateway/rhythm/episodes/windows";
import { BeatDetector, DELAY_SECONDS as DETECTOR_DELAY_SECONDS } from "../../../gateway/rhythm/qrs/detector";
import { readRecord } from "../../../gateway/wfdb/read";
import { Random } from "../../../tools/sim/random";
import { ecgFiles, skipUnlessEcg } from "../../machine";
import { GAIN, RAIL, TABLE } from "./signals";

/** A live handheld's blocks are no longer. */
const BLOCK_SECONDS = 1;

interface Lateness {
  /** Seconds from a beat to the sample with which it became final, at most. */
  found: number;
  classed: number;
}

/** @param gapAt samples behind which some are missing */
function lateness(signal: Int32Array, rate: number, gain: number, gapAt: number[] = []): Lateness {
  const detector = new BeatDetector({ rate, gains: [gain] });
  const reader = new BeatReader({ rate, gain, rails: { low: -RAIL * GAIN, high: RAIL * GAIN } });
  const step = Math.max(1, Math.floor(rate / 40));
  const latest: Lateness = { found: 0, classed: 0 };
  let missing = 0;
  for (let at = 0; at < signal.length; at += step) {
    const block = signal.subarray(at, at + step);
    const now = missing + at + block.length;
    const late = (sample: number) => (now - sample) / rate;
    for (const beat of detector.push([block])) latest.found = Math.max(latest.found, late(beat));
    for (const { sample } of reader.push(block).beats)
      latest.classed = Math.max(latest.classed, late(sample));
    if (!gapAt.some((gap) => gap > at && gap <= at + step)) continue;
    for (const beat of detector.gap(rate)) latest.found = Math.max(latest.found, late(beat));
    for (const { sample } of reader.gap(rate)) latest.classed = Math.max(latest.classed, late(sample));
    missing += rate;
  }
  return latest;
}

function assertInTime({ found, classed }: Lateness, rate: number, what: string) {
  // As a block is taken whole, its own length comes on top.
  const block = Math.floor(rate / 40) / rate;
  assert.ok(found <= DETECTOR_DELAY_SECONDS + block, `${what}: found after ${found} s`);
  assert.ok(classed <= DELAY_SECONDS + block, `${what}: classed after ${classed} s`);
}

describe("the delay from a beat to its class", function () {
  it("leaves a rhythm's follower its time", () => {
    assert.ok(DELAY_SECONDS + BLOCK_SECONDS <= SETTLE_SECONDS);
  });

  it("is bounded in every made-up signal, with gaps and without", () => {
    const seed = Date.now() & 0xffff;
    const random = new Random(seed);
    for (const [name, signal] of TABLE)
      for (const rate of [128, 500]) {
        const samples = signal(rate);
        const gaps = Array.from({ length: 5 }, () => random.int(samples.length));
        for (const gapAt of [[], gaps])
          assertInTime(lateness(samples, rate, GAIN, gapAt), rate, `${name}, ${rate} Hz, seed ${seed}`);
      }
  });

  it("is bounded in MIT-BIH's DS1 and in electrode noise", function () {
    skipUnlessEcg(this, "mitdb");
    skipUnlessEcg(this, "nstdb");
    for (const file of [...ecgFiles("mitdb", ".hea"), ...ecgFiles("nstdb", ".hea")]) {
      const { name, rate, signals, leads } = readRecord(file);
      // Ten minutes of each hold what half an hour does.
      const signal = signals[0]!.subarray(0, 600 * rate);
      assertInTime(lateness(signal, rate, leads[0]!.gain), rate, name);
    }
  });
});
