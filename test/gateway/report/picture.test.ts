import assert from "node:assert/strict";
import { studyOf } from "../../../gateway/document/study";
import { stripPicture } from "../../../gateway/report/picture";
import { readPng } from "../web/page/image";
import { Written } from "./made";

describe("the picture of a strip", () => {
  let written: Written;
  beforeEach(() => {
    written = new Written();
  });
  afterEach(() => written.end());

  const pictureOf = (id: string, from = 0) => readPng(stripPicture(studyOf(written.reader, id), from));

  it("is true to scale: pulses of 1 mV and 400 ms every two seconds, at 4 pixels to the millimetre", () => {
    const image = pictureOf(written.record({ seconds: 20 }));
    assert.equal(image.width, 1041);
    const edges: { x: number; height: number }[] = [];
    for (let x = 0; x < image.width; x++) {
      let first = -1;
      let last = -1;
      for (let y = 20; y < image.height; y++)
        if (image.red(x, y) < 110) {
          if (first < 0) first = y;
          last = y;
        }
      if (last - first < 30) continue;
      const before = edges.at(-1);
      if (!before || x - before.x > 3) edges.push({ x, height: last - first });
      else before.height = Math.max(before.height, last - first);
    }
    // The calibration pulse, then five.
    assert.equal(edges.length, 12);
    for (const { height } of edges) assert.ok(Math.abs(height - 40) <= 2, `${height} px for 1 mV`);
    for (const [a, b, px] of [
      [0, 1, 20],
      [2, 3, 40],
      [2, 4, 200],
      [2, 10, 800],
    ] as const)
      assert.ok(
        Math.abs(edges[b]!.x - edges[a]!.x - px) <= 2,
        `${edges[b]!.x - edges[a]!.x} instead of ${px}`,
      );
  });

  it("says that it is simulated, in red", () => {
    const image = pictureOf(written.record({ seconds: 10 }));
    let red = 0;
    for (let y = 0; y < 20; y++)
      for (let x = 800; x < image.width; x++) red += Number(image.red(x, y) > 140 && image.green(x, y) < 60);
    assert.ok(red > 100, `${red} red pixels`);
  });

  it("shows a gap as one, and is the same bytes every time", () => {
    const id = written.record({ seconds: 10, silent: [[4, 6]], value: () => 0 });
    const image = pictureOf(id);
    const black = (x: number) => {
      for (let y = 60; y < 120; y++) if (image.red(x, y) < 100) return true;
      return false;
    };
    assert.ok(black(40 + 300));
    assert.ok(!black(40 + 500));
    const study = studyOf(written.reader, id);
    assert.deepEqual(stripPicture(study, 0), stripPicture(study, 0));
  });
});
