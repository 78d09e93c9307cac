import assert from "node:assert/strict";
import { probabilities } from "../../../gateway/rhythm/trees/forest";
import { forestOf, unpack } from "../../../gateway/rhythm/trees/levels";
import { binOf } from "../../../tools/rhythm/bins";
import { type BoostSettings, boost, type Table } from "../../../tools/rhythm/boost";
import { pack } from "../../../tools/rhythm/pack";
import { Random } from "../../../tools/sim/random";

const settings: BoostSettings = {
  seed: 1,
  classes: 3,
  rounds: 40,
  depth: 3,
  learning: 0.3,
  lambda: 1,
  least: 1,
  rowShare: 0.8,
  columnShare: 1,
  bins: 16,
};

/** Which of three classes depends on two features together; a third feature means nothing, a fourth is often unknown. */
function problem(seed: number, rows: number): { table: Table; labels: Uint8Array } {
  const random = new Random(seed);
  const values = new Float64Array(rows * 4);
  const labels = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    const [a, b] = [random.next(), random.next()];
    values.set([a, b, random.next(), random.chance(0.5) ? Number.NaN : a], i * 4);
    labels[i] = a > 0.5 !== b > 0.5 ? 1 : a > 0.5 ? 2 : 0;
  }
  return { table: { features: ["a", "b", "c", "d"], values, rows }, labels };
}

describe("boosted trees", () => {
  const { table, labels } = problem(1, 600);
  const rows = Int32Array.from(labels.keys());
  const weights = new Float64Array(600).fill(1);
  const model = boost(table, labels, weights, rows, settings);
  const forest = forestOf(model);

  it("learn what no feature tells alone, and answer rows that they have not seen", () => {
    const fresh = problem(2, 400);
    let right = 0;
    for (let i = 0; i < 400; i++) {
      const said = probabilities(forest, fresh.table.values.subarray(4 * i, 4 * i + 4));
      assert.ok(Math.abs(said.reduce((a, b) => a + b) - 1) < 1e-9);
      if (said.indexOf(Math.max(...said)) === fresh.labels[i]) right++;
    }
    assert.ok(right > 370, `${right} of 400`);
  });

  it("are the same from the same seed", () => {
    assert.deepEqual(boost(table, labels, weights, rows, settings), model);
    assert.notDeepEqual(boost(table, labels, weights, rows, { ...settings, seed: 2 }).columns, model.columns);
  });

  it("answer alike when they were packed, without the features that they do not need", () => {
    const shipped = unpack(pack(model));
    for (let i = 0; i < 100; i++) {
      const row = table.values.subarray(4 * i, 4 * i + 4);
      const own = shipped.names.map((name) => row[table.features.indexOf(name)]!);
      const [a, b] = [probabilities(forest, row), probabilities(shipped, own)];
      for (let k = 0; k < 3; k++) assert.ok(Math.abs(a[k]! - b[k]!) < 1e-3, `row ${i}: ${a} ${b}`);
    }
    const constant = { ...table, values: table.values.map((value, i) => (i % 4 === 2 ? 1 : value)) };
    const packed = pack(boost(constant, labels, weights, rows, settings));
    assert.ok(!packed.features.split(" ").includes("c"));
  });

  it("give two classes one tree a round", () => {
    const two = boost(
      table,
      labels.map((label) => (label === 1 ? 1 : 0)),
      weights,
      rows,
      {
        ...settings,
        classes: 2,
      },
    );
    assert.equal(two.leaves.length, settings.rounds * 8);
    const said = probabilities(forestOf(two), [0.9, 0.1, 0.5, Number.NaN]);
    assert.ok(said[1]! > 0.9, `${said}`);
  });

  it("answer as their bins and levels say", () => {
    for (const [row, label] of labels.entries()) {
      if (row % 7 !== 0) continue;
      const values = table.values.subarray(4 * row, 4 * row + 4);
      const scores = [0, 0, 0];
      for (let tree = 0; tree * 7 < model.columns.length; tree++) {
        let node = 0;
        while (node < 7) {
          const column = model.columns[tree * 7 + node]!;
          node =
            2 * node + (binOf(model.edges[column]!, values[column]!) > model.cuts[tree * 7 + node]! ? 2 : 1);
        }
        scores[tree % 3]! += model.leaves[tree * 8 + node - 7]!;
      }
      const sum = scores.reduce((all, score) => all + Math.exp(score), 0);
      const said = probabilities(forest, values);
      for (const [k, score] of scores.entries())
        assert.ok(Math.abs(said[k]! - Math.exp(score) / sum) < 1e-12, `row ${row} of class ${label}`);
    }
  });

  it("put what is not known in the lowest bin, and a bound in the bin below it", () => {
    const edges = Float32Array.of(1, 2, 3);
    assert.deepEqual(
      [Number.NaN, 0, 1, 1.5, 3, 4].map((value) => binOf(edges, value)),
      [0, 0, 0, 1, 2, 3],
    );
  });
});
