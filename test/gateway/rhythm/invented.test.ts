import assert from "node:assert/strict";
import { Analysis } from "../../../gateway/rhythm/analysis";
import type { Finding } from "../../../gateway/rhythm/findings";
import { invented } from "./episodes/invented";
import { beatsAt, GAIN, heart, RAIL, SECONDS, TABLE } from "./signals";

function analysed(signal: Int32Array, rate: number, gapEachMinute = false) {
  const rails = { low: -RAIL * GAIN, high: RAIL * GAIN };
  const analysis = new Analysis({ rate, gain: GAIN, rails });
  const episodes: Finding[] = [];
  for (let at = 0; at < signal.length; at += 60 * rate) {
    episodes.push(...analysis.push(signal.subarray(at, at + 60 * rate)).episodes);
    if (gapEachMinute) episodes.push(...analysis.gap(3 * rate).episodes);
  }
  episodes.push(...analysis.end().episodes);
  return { episodes, summary: analysis.summary() };
}

const isEvent = ({ rhythm }: Finding) => rhythm === "pause" || rhythm === "vrun";

describe("signals that were made up are named for what they are", function () {
  for (const [name, signal, expected] of TABLE)
    it(`${name}: ${expected.join(" or ")}`, () => {
      for (const rate of [128, 250, 360, 500]) {
        const { episodes } = analysed(signal(rate), rate);
        const found = episodes.filter((episode) => !isEvent(episode)).map(({ rhythm }) => rhythm);
        assert.ok(found.length > 0);
        for (const rhythm of found) assert.ok(expected.includes(rhythm), `${found} at ${rate} Hz`);
        if (expected.includes("unreadable"))
          assert.deepEqual(episodes.filter(isEvent), [], `pauses or runs at ${rate} Hz`);
      }
    });

  it("a gap every minute changes nothing", () => {
    const { episodes } = analysed(heart(75)(250), 250, true);
    assert.ok(episodes.every(({ rhythm }) => rhythm === "sinus"));
  });

  it("upside down, rhythm and rate are the same", () => {
    const told = (signal: Int32Array) => {
      const { episodes, summary } = analysed(signal, 250);
      return {
        rate: summary.meanRate,
        beats: summary.beats,
        episodes: episodes.map(({ from, to, rhythm }) => ({ from, to, rhythm })),
      };
    };
    for (const bpm of [30, 75, 160])
      assert.deepEqual(told(heart(bpm, -1)(250)), told(heart(bpm)(250)), `${bpm} a minute`);
  });

  it("of 20 beats a minute each interval is a pause of three seconds", () => {
    for (const rate of [128, 250, 500]) {
      const { episodes, summary } = analysed(heart(20)(rate), rate);
      const pauses = episodes.filter(({ rhythm }) => rhythm === "pause");
      assert.equal(pauses.length, SECONDS / 3 - 1);
      for (const { from, to } of pauses) assert.ok(Math.abs((to - from) / rate - 3) < 0.02);
      assert.ok(Math.abs(summary.meanRate! - 20) < 0.1, `${summary.meanRate}`);
    }
  });

  it("a heart that stops for eight seconds pauses for as long, whatever a pacemaker sends in vain", () => {
    const stops = (t: number) => t > 40.1 && t < 47.9;
    const beats = beatsAt(75, "N").filter(({ at }) => !stops(at));
    const [before, behind] = [beats.findLast(({ at }) => at < 44)!.at, beats.find(({ at }) => at > 44)!.at];
    for (const sent of [0, 3])
      for (const rate of [250, 500]) {
        const signal = invented(beats, SECONDS, rate, GAIN);
        for (let t = 41; sent > 0 && t < 47; t += 0.9) signal[Math.round(t * rate)]! += sent * GAIN;
        const { episodes } = analysed(signal, rate);
        const pauses = episodes.filter(({ rhythm }) => rhythm === "pause");
        assert.equal(pauses.length, 1, `spikes of ${sent} mV at ${rate} Hz`);
        assert.ok(Math.abs(pauses[0]!.from / rate - before) < 0.03);
        assert.ok(Math.abs(pauses[0]!.to / rate - behind) < 0.03);
        assert.ok(episodes.every(({ rhythm }) => rhythm === "pause" || rhythm === "sinus"));
      }
  });
});
