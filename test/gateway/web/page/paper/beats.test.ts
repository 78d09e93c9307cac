import assert from "node:assert/strict";
import {
  type Beats,
  beatsOf,
  classOf,
  firstFrom,
  intervalsOf,
} from "../../../../../gateway/web/page/paper/beats";
import { drawBeats } from "../../../../../gateway/web/page/paper/beatsdrawn";
import { LIGHT } from "../../../../../gateway/web/page/paper/ink";
import { rateColumns, rateY } from "../../../../../gateway/web/page/paper/rates";
import { drawRibbon } from "../../../../../gateway/web/page/paper/ribbon";
import { screenScale } from "../../../../../gateway/web/page/paper/scale";
import { scatterCells } from "../../../../../gateway/web/page/paper/scatter";
import { Recorder } from "./recorder";

const beatsAt = (samples: number[], classes = "N".repeat(samples.length)): Beats => ({
  samples: Uint32Array.from(samples),
  classes: Uint8Array.from(classes, (name) => "NSVFQ".indexOf(name)),
  confidences: new Uint8Array(samples.length).fill(255),
});
const AREA = { left: 0, top: 0, width: 1000, height: 100 };
const SCALE = screenScale(25, 10, 1, 4);

describe("page: beats", () => {
  it("are read little-endian, eight bytes each, as the API has them", () => {
    const bytes = Uint8Array.from([0x01, 0x02, 0x00, 0x80, 2, 128, 0, 0, 0xff, 0, 0, 0x80, 0, 255, 0, 0, 9]);
    const beats = beatsOf(bytes.buffer);
    assert.deepEqual([...beats.samples], [0x80000201, 0x800000ff]);
    assert.deepEqual([classOf(beats, 0), classOf(beats, 1)], ["V", "N"]);
    assert.deepEqual([...beats.confidences], [128, 255]);
  });

  it("are found by sample", () => {
    const beats = beatsAt([10, 20, 30]);
    assert.deepEqual(
      [0, 10, 11, 30, 31].map((sample) => firstFrom(beats, sample)),
      [0, 0, 1, 2, 3],
    );
  });

  it("have no interval across a gap, since others may have been in it", () => {
    const gaps = [
      { from: 0, to: 5 },
      { from: 250, to: 260 },
      { from: 400, to: 450 },
    ];
    const intervals = intervalsOf(beatsAt([100, 200, 300, 400, 500, 600]), gaps, 100);
    assert.deepEqual([...intervals], [Number.NaN, 1, Number.NaN, 1, Number.NaN, 1]);
  });

  it("rates: least, median and most of each column; a column without beats is none", () => {
    const beats = beatsAt([0, 50, 150, 900]);
    const intervals = intervalsOf(beats, [{ from: 200, to: 210 }], 100);
    const [first, second] = rateColumns(beats, intervals, 1000, 2);
    assert.deepEqual(first, { least: 60, median: 120, most: 120 });
    assert.equal(second, undefined);
    assert.equal(rateY(AREA, 30), 100);
    assert.equal(rateY(AREA, 190), 0);
    assert.equal(rateY(AREA, 500), 0);
  });

  it("scatter: an even rhythm is one cell on the diagonal, two in turn are two beside it", () => {
    const cells = 18;
    // Each cell is 0.1 s wide, from 0.2 s on.
    assert.deepEqual(
      [...scatterCells(Float64Array.of(Number.NaN, 0.85, 0.85, 0.85), cells)],
      [[6 * cells + 6, 2]],
    );
    const turns = scatterCells(Float64Array.of(0.65, 1.05, 0.65, 1.05, 9), cells);
    assert.deepEqual(
      [...turns].sort(([a], [b]) => a - b),
      [
        [4 * cells + 8, 1],
        [8 * cells + 4, 2],
      ],
    );
  });

  it("on paper: a tick each, a letter for what is not normal, and never a blot", () => {
    const place = { x0: 0, pxPerSample: 1, y0: 50, pxPerCount: 1, baseline: 0 };
    const recorder = new Recorder();
    drawBeats(recorder, AREA, beatsAt([100, 200, 300, 1500], "NVNV"), place, SCALE, "black");
    assert.deepEqual(
      recorder.strokes[0]!.lines.map(([[x]]) => x),
      [100, 200, 300],
    );
    assert.deepEqual(recorder.texts, ["V"]);
    const crowd = new Recorder();
    const many = Array.from({ length: 1000 }, (_, n) => n);
    drawBeats(crowd, AREA, beatsAt(many, "NV".repeat(500)), place, SCALE, "black");
    assert.ok(crowd.texts.length * 15 < 1000, `${crowd.texts.length} letters on 1,000 px`);
  });

  it("ribbon: pauses lie over the rhythm that they are in, names where there is room", () => {
    const recorder = new Recorder();
    const episodes = [
      { rhythm: "pause", from: 500, to: 501, name: "Pause" },
      { rhythm: "sinus", from: 0, to: 600, name: "Regular" },
      { rhythm: "af", from: 600, to: 640, name: "Possible AF" },
    ] as const;
    drawRibbon(recorder, AREA, [...episodes], (sample) => sample, 1, LIGHT);
    assert.deepEqual(
      recorder.filled.map(({ ink, area }) => [ink, area.left, area.width]),
      [
        [LIGHT.rhythms.sinus, 0, 600],
        [LIGHT.rhythms.af, 600, 40],
        [LIGHT.rhythms.pause, 500, 2],
      ],
    );
    assert.deepEqual(recorder.texts, ["Regular"]);
  });
});
