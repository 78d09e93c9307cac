import assert from "node:assert/strict";
import { LIGHT } from "../../../../../gateway/web/page/paper/ink";
import { layoutOf, layoutsFor } from "../../../../../gateway/web/page/paper/layout";
import { screenScale } from "../../../../../gateway/web/page/paper/scale";
import { bandsOf, drawStrip } from "../../../../../gateway/web/page/paper/strip";
import { Recorder } from "./recorder";

/** In an order of its own, as a front end may have them. */
const LEADS = ["V6", "V5", "V4", "V3", "V2", "V1", "AVF", "AVL", "AVR", "III", "II", "I"];

describe("page: layouts of leads", () => {
  it("three by four and lead II below, as on paper since always", () => {
    const named = layoutOf("3x4", LEADS).map((band) => band.map(({ row }) => LEADS[row]!.toLowerCase()));
    assert.deepEqual(named, [
      ["i", "avr", "v1", "v4"],
      ["ii", "avl", "v2", "v5"],
      ["iii", "avf", "v3", "v6"],
      ["ii"],
    ]);
    assert.deepEqual(
      layoutOf("6x2", LEADS).map((band) => band.map(({ row }) => LEADS[row])),
      [["I", "V1"], ["II", "V2"], ["III", "V3"], ["AVR", "V4"], ["AVL", "V5"], ["AVF", "V6"], ["II"]],
    );
  });

  it("are offered where all twelve are there", () => {
    assert.deepEqual(layoutsFor(LEADS), ["3x4", "6x2", "rows"]);
    assert.deepEqual(layoutsFor(LEADS.slice(1)), ["rows"]);
    assert.deepEqual(layoutsFor(["MLII", "V5"]), ["rows"]);
  });

  it("go on in time from column to column, with one pulse a band and a name in each cell", () => {
    const recorder = new Recorder();
    const scale = screenScale(25, 10, 1, 4);
    const area = { left: 0, top: 0, width: 1000, height: 400 };
    const strip = {
      rows: LEADS.map((name) => ({ name, lead: { unit: "mV", gain: 100, baseline: 0 }, pieces: [] })),
      layout: layoutOf("3x4", LEADS),
      bands: Array.from({ length: 4 }, () => ({ above: 20, below: 20 })),
      rate: 250,
      from: 0,
      samples: 2500,
      gaps: [],
      marks: [],
      scale,
      uncalibrated: "",
    };
    const { cells } = bandsOf(strip, area);
    assert.equal(new Set(cells.map(({ place }) => place.x0)).size, 1);
    for (const [n, { area: cell }] of cells.entries()) {
      const next = cells[n + 1]?.area;
      if (next && next.top === cell.top) assert.equal(cell.left + cell.width, next.left);
    }
    drawStrip(recorder, area, strip, LIGHT);
    assert.equal(recorder.texts.length, 13);
    // Each on bare paper: a curve does not run into it.
    assert.deepEqual(
      recorder.haloed,
      recorder.texts.map((text, n) => [text, ...recorder.textPlaces[n]!]),
    );
    const pulses = recorder.strokes.filter(
      ({ ink, lines }) =>
        ink === LIGHT.trace && lines.some((line) => line.length === 6 || lines.length === 1),
    );
    assert.equal(pulses.length, 4);
  });
});
