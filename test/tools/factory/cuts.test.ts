import { strict as assert } from "node:assert";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../../protocol/bytes";
import type { Bench } from "../../../tools/factory/bench";
import { Journal } from "../../../tools/factory/journal";
import { StationLog } from "../../../tools/factory/log";
import { closeBench } from "../../../tools/factory/opening";
import { sweepPapers } from "../../../tools/factory/provisioning";
import type { SlotView } from "../../../tools/factory/screen/screen";
import { STEPS } from "../../../tools/factory/steps";
import { type End, Turn } from "../../../tools/factory/turn";
import { virtualPort } from "../../../tools/factory/virtual/port";
import { VirtualUnit } from "../../../tools/factory/virtual/unit";
import { filesIn, holding, Line, linesOf } from "./line";

/** Times that a unit is plugged in again at most. */
const RETURNS = 2;

async function turn(
  bench: Bench,
  unit: VirtualUnit,
  show: (view: SlotView) => void = () => {},
  signal = new AbortController().signal,
): Promise<End> {
  const port = virtualPort(`slot of ${unit.chip}`, () => unit);
  const wire = await port.waitForUnit(signal);
  try {
    return await new Turn(bench, port, wire, show, signal).run();
  } finally {
    await port.waitForRemoval!(signal);
  }
}

/** Its power goes and comes. */
function cut(unit: VirtualUnit): void {
  unit.powerOff();
  unit.lost();
}

async function untilPassed(bench: Bench, unit: VirtualUnit): Promise<void> {
  const ends: string[] = [];
  for (let i = 0; i < RETURNS; i++) {
    const { word, step, detail } = await turn(bench, unit);
    if (word === "PASS") return;
    ends.push(`${word} at ${step}: ${detail}`);
  }
  assert.fail(`${unit.chip} does not pass: ${ends.join("; ")}`);
}

/** It is who the journal says, and passed once. */
function check(bench: Bench, unit: VirtualUnit): void {
  const { chip } = unit;
  const passed = linesOf(bench).filter((one) => one.chip === chip && one.outcome === "PASS");
  assert.equal(passed.length, 1, chip);
  const row = bench.journal.unit(chip)!;
  assert.equal(toHex(row.device!), toHex(unit.identity()!.device), chip);
  assert.equal(toHex(passed[0]!.device!), toHex(row.device!), chip);
  assert.deepEqual(Buffer.from(unit.identity()!.certificate), row.certificate, chip);
  assert.deepEqual([row.state, row.secrets], ["passed", null], chip);
}

describe("power cuts at a station", function () {
  this.timeout(120_000);
  let line: Line;
  let bench: Bench;
  let dir: string;
  before(() => {
    line = new Line();
    dir = line.station();
    bench = line.open(dir);
  });
  after(async () => {
    await closeBench(bench);
    line.remove();
  });

  it("a unit that loses its power at any step is finished when it returns", async () => {
    const cuts = Object.keys(STEPS).map(async (step) => {
      const unit = new VirtualUnit({ chip: `cut-at-${step.replace(/ /g, "-")}` });
      let met = false;
      const { word } = await turn(bench, unit, (view) => {
        if (met || view.step !== step) return;
        met = true;
        cut(unit);
      });
      assert.equal(met, true, step);
      // A label is made without the unit.
      if (word !== "PASS") await untilPassed(bench, unit);
      check(bench, unit);
    });
    await Promise.all(cuts);
  });

  it("a unit that loses its power within any write is finished when it returns", async () => {
    // Of the self-test's own writes nothing depends.
    const untested: Bench = { ...bench, selfTest: async () => ({ passed: true, checks: [] }) };
    let writes = 0;
    for (let done = false; !done; ) {
      const slots = Array.from({ length: 8 }, async () => {
        const number = ++writes;
        const unit = new VirtualUnit({ chip: `cut-in-write-${number}`, faults: { diesAtWrite: number } });
        const { word } = await turn(untested, unit);
        if (word === "PASS") done = true;
        else await untilPassed(untested, unit);
        check(bench, unit);
      });
      await Promise.all(slots);
    }
    assert.ok(writes >= 24, `only ${writes} writes`);
  });

  it("a unit that somebody wrote an owner into while it was away has none", async () => {
    const { vault } = bench.board;
    assert.equal(vault.kind, "pages");
    const unit = new VirtualUnit({ chip: "planted-0001" });
    let met = false;
    await turn(bench, unit, (view) => {
      if (met || view.step !== "read back") return;
      met = true;
      cut(unit);
    });
    assert.equal(bench.journal.unit("planted-0001")!.state, "tested");
    unit.powerOn();
    unit.take(Buffer.from(`require("Flash").write("an owner", ${vault.address + vault.pageBytes})\n`));
    const planted = () => unit.flash(vault.address + vault.pageBytes, 8);
    assert.equal(planted().toString(), "an owner");
    unit.powerOff();
    const steps = new Set<string>();
    assert.equal((await turn(bench, unit, ({ step }) => steps.add(step!))).word, "PASS");
    assert.deepEqual([planted(), steps.has("self-test")], [Buffer.alloc(8, 0xff), false]);
  });

  it("a station that is killed at any step or write of its journal finishes the unit once it runs again", async () => {
    let points = 0;
    /** @returns whether there was such a point */
    const killAt = async (at: number): Promise<boolean> => {
      let reached = false;
      const unit = new VirtualUnit({ chip: `killed-at-${at}` });
      const copy = join(line.folder, `copy ${at}`);
      const ending = new AbortController();
      let passed = 0;
      const point = () => {
        if (passed++ !== at) return;
        reached = true;
        // As a disk would hold it.
        cpSync(dir, copy, { recursive: true });
        ending.abort(new Error("killed"));
        cut(unit);
      };
      const steps = new Set<string>();
      const show = ({ step }: SlotView) => {
        if (steps.has(step!)) return;
        steps.add(step!);
        point();
      };
      const journal = withPoints(bench.journal, point);
      const end = await turn({ ...bench, journal }, unit, show, ending.signal).catch(() => undefined);
      if (!reached) {
        assert.equal(end?.word, "PASS");
        cpSync(dir, copy, { recursive: true });
      }
      const identity = unit.identity();
      if (identity)
        assert.deepEqual(
          holding(filesIn(copy), [identity.claimCode, identity.signing!.seed]),
          [],
          `killed at ${at}`,
        );
      const again = new Journal(copy);
      sweepPapers(copy, again);
      const anew: Bench = {
        ...bench,
        dir: copy,
        journal: again,
        log: new StationLog(again.db, bench.maker),
        busy: new Map(),
      };
      try {
        const { word, detail } = await turn(anew, unit);
        if (reached) assert.equal(word, "PASS", `killed at ${at}: ${detail}`);
        else assert.deepEqual([word, detail], ["WAIT", "already provisioned"]);
        check(anew, unit);
      } finally {
        again.close();
      }
      return reached;
    };
    const slots = Array.from({ length: 8 }, async () => {
      while (await killAt(points++));
    });
    await Promise.all(slots);
    assert.ok(points > Object.keys(STEPS).length + 5, `only ${points} points`);
  });
});

/** @param point called after each of its writes */
function withPoints(journal: Journal, point: () => void): Journal {
  const writes = ["meet", "setState", "setTested", "reserve", "pass"];
  return new Proxy(journal, {
    get(target, key: keyof Journal) {
      const value = target[key] as unknown;
      if (typeof value !== "function") return value;
      const method = value.bind(target);
      if (!writes.includes(key)) return method;
      return (...given: unknown[]) => {
        const result = method(...given);
        point();
        return result;
      };
    },
  });
}
