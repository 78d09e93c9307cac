import { strict as assert } from "node:assert";
import { join } from "node:path";
import { toHex } from "../../../protocol/bytes";
import type { Bench } from "../../../tools/factory/bench";
import { closeBench } from "../../../tools/factory/opening";
import { Run } from "../../../tools/factory/run";
import type { SlotView } from "../../../tools/factory/screen/screen";
import { readStatus } from "../../../tools/factory/status";
import { statusLines } from "../../../tools/factory/statustext";
import { virtualPorts } from "../../../tools/factory/virtual/made";
import { keptIn } from "../../../tools/sim/keepsake";
import { Line } from "./line";

describe("virtual units of a station", function () {
  this.timeout(60_000);
  let line: Line;
  let bench: Bench;
  before(() => {
    line = new Line();
    bench = line.open(line.station());
  });
  after(async () => {
    await closeBench(bench);
    line.remove();
  });

  it("live on as virtual handhelds, each as who the station made of it", async () => {
    const silent = { slot() {}, tally() {}, close() {} };
    const run = new Run(bench, silent, { count: 2, signal: new AbortController().signal });
    for (const port of virtualPorts(bench, 2)) run.serve(port);
    await run.ended();
    for (const serial of ["T1-0001", "T1-0002"]) {
      const { identity, close } = keptIn(join(bench.dir, "virtual", serial));
      close();
      const row = bench.journal.byDevice(identity.device)!;
      assert.deepEqual([row.serial, toHex(row.certificate!)], [serial, toHex(identity.certificate)]);
      assert.equal(identity.signing!.seed.length, 32);
    }
  });

  it("are not waited for once their run was ended, as real ones are", async () => {
    const ending = new AbortController();
    const slot = ({ step }: SlotView) => step === "upload" && ending.abort();
    const run = new Run(bench, { slot, tally() {}, close() {} }, { count: 1, signal: ending.signal });
    for (const port of virtualPorts(bench, 1)) run.serve(port);
    await run.ended();
    const cut = readStatus(bench.dir).status;
    assert.deepEqual([cut.states.tested, cut.unfinished], [1, 0]);
    assert.doesNotMatch(statusLines(cut).join("\n"), /plug each in again/);
    bench.journal.meet("chip-c001", undefined, 0);
    const { status } = readStatus(bench.dir);
    assert.equal(status.unfinished, 1);
    assert.match(statusLines(status).join("\n"), / 1 unfinished.*\nunfinished: plug each in again/);
  });

  it("are refused where certificates would say that they are real", () => {
    const station = { ...bench.station, deviceClass: "locked" as const };
    assert.throws(() => virtualPorts({ ...bench, station }, 1), { code: "FACTORY_VIRTUAL" });
  });
});
