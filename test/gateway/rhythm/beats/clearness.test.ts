import assert from "node:assert/strict";
import { newClearness, note, strange, unclear } from "../../../../gateway/rhythm/beats/clearness";

/** What is said of each of some beats with these likenesses, two more known behind each. */
function told(likenesses: (number | undefined)[], line = 0.01): number[] {
  const state = newClearness();
  const answers: number[] = [];
  for (let noted = 0, asked = 0; asked < likenesses.length; ) {
    if (noted < likenesses.length) note(state, noted, likenesses[noted++], line);
    while (asked < noted && (noted - asked > 2 || noted === likenesses.length))
      answers.push(unclear(state, asked++, noted));
  }
  return answers;
}

const many = (count: number, likeness: number) => new Array<number>(count).fill(likeness);

describe("how clear a lead is around a beat", () => {
  it("is enough where beats are alike, whatever every third of them does", () => {
    const every = Array.from({ length: 60 }, (_, i) => (i % 3 === 2 ? 0.3 : 0.995));
    assert.ok(told(many(60, 0.995)).every((missing) => missing < 0));
    assert.ok(told(every).every((missing) => missing < 0));
  });

  it("is not where most shapes are none that were seen, and again is some beats behind them", () => {
    const missing = told([...many(40, 0.99), ...many(20, 0.8), ...many(40, 0.99)]);
    assert.ok(missing.slice(0, 30).every((each) => each < 0));
    assert.ok(missing.slice(50, 60).every((each) => each > 0.5));
    assert.ok(missing.slice(75).every((each) => each < 0));
  });

  it("is less where the line before the complexes wanders", () => {
    const [calm, wild] = [0.01, 0.3].map((line) => told(many(30, 0.99), line)[20]!) as [number, number];
    // Only its logarithm counts: 0.7 · ln(0.31 / 0.02), a fifth less for what is then usual.
    assert.ok(Math.abs(wild - calm - 0.8 * 0.7 * Math.log(0.31 / 0.02)) < 0.01, `${wild - calm}`);
  });

  it("is measured by the patient's own: who is clearer must stay clearer", () => {
    const lead = (usual: number) => told([...many(40, usual), ...many(20, 0.985)], 0.02)[50]!;
    assert.ok(lead(0.9999) > lead(0.99) + 0.2);
  });

  it("is taken for enough while the first beats come, not for longer", () => {
    const missing = told(new Array<undefined>(30).fill(undefined));
    assert.ok(missing.slice(0, 3).every((each) => each < 0));
    assert.ok(missing.slice(20).every((each) => each > 1));
  });

  it("finds a beat strange that is like nothing known", () => {
    const state = newClearness();
    [0.99, 0.9, -1].forEach((likeness, index) => {
      note(state, index, likeness, 0.01);
    });
    assert.equal(strange(state, 0), 0);
    assert.ok(strange(state, 1) > 0 && strange(state, 2) > strange(state, 1) + 1);
  });
});
