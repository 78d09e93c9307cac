import assert from "node:assert/strict";
import { survey, surveyed } from "../../../gateway/export/survey";
import type { Piece } from "../../../gateway/store/infos";
import { noise, sourceOf } from "./source";

describe("a survey of a stretch", () => {
  const signal = noise(1000, 500);
  const piece = (from: number, to: number): Piece => ({
    firstSample: from,
    samples: [signal.subarray(from, to)],
  });
  const read = (pieces: Piece[]) => {
    const source = sourceOf({ signals: [signal] });
    source.study.pieces = function* () {
      yield* pieces;
    };
    return source;
  };
  const told = (pieces: Iterable<Piece>) =>
    [...pieces].map(({ firstSample, samples }) => [firstSample, samples[0]!.length, samples[0]![0]]);

  it("says where samples are and are not, and within what they lie", () => {
    const { runs, absences, low, high } = survey(read([piece(100, 200), piece(200, 300), piece(400, 500)]));
    assert.deepEqual(runs, [
      { from: 100, to: 300 },
      { from: 400, to: 500 },
    ]);
    assert.deepEqual(
      absences.map(({ firstSample, samples }) => [firstSample, samples]),
      [
        [0, 100],
        [300, 100],
        [500, 500],
      ],
    );
    const held = [...signal.subarray(100, 300), ...signal.subarray(400, 500)];
    assert.deepEqual([low, high], [Math.min(...held), Math.max(...held)]);
  });

  it("leaves out what arrives behind it, so that what was said of the file stays true", () => {
    const { runs } = survey(read([piece(100, 200), piece(400, 500)]));
    const later = read([piece(0, 100), piece(100, 200), piece(200, 450), piece(450, 1000)]);
    assert.deepEqual(told(surveyed(later.study, runs)), [
      [100, 100, signal[100]],
      [400, 50, signal[400]],
      [450, 50, signal[450]],
    ]);
  });

  it("takes each sample once where blocks overlap", () => {
    const source = read([piece(0, 300), piece(200, 600), piece(250, 280)]);
    const { runs } = survey(source);
    assert.deepEqual(runs, [{ from: 0, to: 600 }]);
    assert.deepEqual(told(surveyed(source.study, runs)), [
      [0, 300, signal[0]],
      [300, 300, signal[300]],
    ]);
  });
});
