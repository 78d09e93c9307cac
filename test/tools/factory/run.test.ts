import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { passedOfBatch } from "../../../tools/factory/batches";
import type { Bench } from "../../../tools/factory/bench";
import { execPort } from "../../../tools/factory/ports/exec";
import { Run } from "../../../tools/factory/run";
import { tallyLines } from "../../../tools/factory/screen/draw";
import type { Screen, SlotView, TallyView } from "../../../tools/factory/screen/screen";
import { closeBench, makeStation, openBench } from "./bench";
import { FakeUnit, fakePort } from "./fakeunit";

describe("a station's run", function () {
  this.timeout(60_000);
  let dir: string;
  let bench: Bench;
  let slots: SlotView[];
  let tallies: TallyView[];
  let screen: Screen;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-run-"));
    makeStation(dir);
    bench = openBench(dir);
    slots = [];
    tallies = [];
    screen = {
      slot: (view) => void slots.push(view),
      tally: (view) => void tallies.push(view),
      close() {},
    };
  });
  afterEach(async () => {
    await closeBench(bench);
    rmSync(dir, { recursive: true });
  });

  it("ends when the only unit that its port has is done, although none passed", async () => {
    const { signal } = new AbortController();
    const run = new Run(bench, screen, { count: 1, signal });
    // As a unit that says nothing.
    run.serve(execPort("sleep 600"));
    const { passed, failed } = await run.ended();
    assert.deepEqual([passed, failed, slots.at(-1)!.code], [0, 1, "E01"]);
  });

  it("counts to what was planned from those that passed before, and serves nobody when they did all", async () => {
    const { signal } = new AbortController();
    const run = new Run(bench, screen, { count: 3, before: 2, signal });
    run.serve(fakePort("slot 1", [new FakeUnit({ chip: "chip-c001" }), new FakeUnit({ chip: "chip-c002" })]));
    await run.ended();
    assert.equal(tallyLines(tallies.at(-1)!, bench.now())[0]!.split(" · ")[0], "3/3 passed");
    assert.equal(passedOfBatch(bench.journal.db, "T1"), 1);
    assert.equal(passedOfBatch(bench.journal.db, "T2"), 0);
    const again = new Run(bench, screen, { count: 3, before: 3, signal });
    again.serve(fakePort("slot 1", [new FakeUnit({ chip: "chip-c002" })]));
    assert.equal((await again.ended()).passed, 0);
  });

  it("says at once that it ends, when it is asked to", async () => {
    const ending = new AbortController();
    const run = new Run(bench, screen, { count: 0, signal: ending.signal });
    run.serve(fakePort("slot 1", []));
    const ended = run.ended();
    assert.equal(tallies.at(-1)!.isEnding, undefined);
    ending.abort();
    assert.equal(tallies.at(-1)!.isEnding, true);
    await ended;
  });
});
