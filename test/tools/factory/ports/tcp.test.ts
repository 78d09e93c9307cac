/** Units behind a terminal server, which takes connections whether or not a unit is plugged in. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench } from "../../../../tools/factory/bench";
import { portNamed } from "../../../../tools/factory/ports/open";
import { Run } from "../../../../tools/factory/run";
import type { SlotView } from "../../../../tools/factory/screen/screen";
import { closeBench, makeStation, openBench } from "../bench";
import { FakeUnit } from "../fakeunit";

describe("a slot behind a terminal server", function () {
  this.timeout(30_000);
  let dir: string;
  let bench: Bench;
  let server: Server;
  let plugged: FakeUnit | undefined;
  let ends: SlotView[];
  let ending: AbortController;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "avnode-tcp-"));
    makeStation(dir);
    bench = openBench(dir);
    ends = [];
    ending = new AbortController();
    server = createServer((socket) => {
      const wire = plugged?.connect();
      if (wire) wire.onData = (bytes) => socket.write(bytes);
      socket.on("error", () => {});
      socket.on("data", (bytes) => wire?.write(bytes));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    ending.abort();
    server.close();
    await closeBench(bench);
    rmSync(dir, { recursive: true });
  });

  function served(count: number): Promise<unknown> {
    const screen = {
      slot: (view: SlotView) => void (/PASS|FAIL/.test(view.word) && ends.push(view)),
      tally() {},
      close() {},
    };
    const run = new Run(bench, screen, { count, signal: ending.signal });
    run.serve(portNamed(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`));
    return run.ended();
  }

  /** Whoever was there was looked at so often since. */
  async function looks(times: number): Promise<void> {
    for (; times > 0; times--) {
      const [socket] = await once(server, "connection");
      await once(socket, "close");
    }
  }

  it("serves one unit after another", async () => {
    plugged = new FakeUnit({ chip: "chip-c001" });
    const all = served(2);
    // The turn, and then what is locked.
    await looks(2);
    plugged = new FakeUnit({ chip: "chip-c002" });
    await all;
    assert.deepEqual(
      ends.map(({ word, serial }) => [word, serial]),
      [
        ["PASS", "T1-0001"],
        ["PASS", "T1-0002"],
      ],
    );
  });

  it("serves one that failed no second time before it was taken away", async () => {
    const selfTest = bench.selfTest;
    bench.selfTest = async () => ({
      passed: false,
      checks: [{ name: "battery", passed: false, measured: "2900 mV", wanted: "3600 mV" }],
    });
    plugged = new FakeUnit({ chip: "chip-c001" });
    const all = served(1);
    await looks(4);
    assert.deepEqual(
      ends.map(({ code }) => code),
      ["E07"],
    );
    plugged = undefined;
    await looks(2);
    bench.selfTest = selfTest;
    plugged = new FakeUnit({ chip: "chip-c001" });
    await all;
    assert.deepEqual(
      ends.map(({ word }) => word),
      ["FAIL", "PASS"],
    );
  });
});
