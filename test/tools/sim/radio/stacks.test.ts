/** The real noble and the real bleno, each in a process of its own, over the simulated air in a third. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LineProcess } from "./processes";

const UNITS = 8;
const PER_SECOND = 100;
const SUPERVISION_MS = 4000;

describe("noble and bleno over the simulated air", function () {
  let folder: string;
  const processes: LineProcess[] = [];

  function start(script: string, ...parameters: string[]): LineProcess {
    const made = new LineProcess(script, ...parameters);
    processes.push(made);
    return made;
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "av-"));
  });

  after(async () => {
    await Promise.all(processes.map((each) => each.kill()));
    rmSync(folder, { recursive: true, force: true });
  });

  it("carries eight streams without loss, and reports a peripheral killed with SIGKILL by 0x08 after the timeout", async () => {
    const path = join(folder, "air.sock");
    const air = start("tools/sim/radio/airprocess.ts", path);
    await air.line("ready", (line) => line === "ready");
    const units = Array.from({ length: UNITS }, (_, i) => {
      const address = `c0:de:00:00:00:0${i}`;
      const unit = start("test/tools/sim/radio/stack-peripheral.ts", path, address, String(PER_SECOND));
      return { address, unit };
    });
    const hub = start("test/tools/sim/radio/stack-central.ts", path, String(UNITS), String(SUPERVISION_MS));
    for (const { address } of units) {
      await hub.line(`connection to ${address}`, ({ connected }) => connected === address);
    }
    // Three seconds of each stream, once all eight run.
    const from = hub.lines.findLast(({ counts }) => counts)?.counts ?? {};
    const { counts } = await hub.line("three seconds of eight streams", ({ counts }) =>
      units.every(({ address }) => counts?.[address]?.next >= (from[address]?.next ?? 0) + 3 * PER_SECOND),
    );
    for (const { address } of units) assert.equal(counts[address].gaps, 0, `${address} lost notifications`);

    const [victim] = units;
    await victim!.unit.kill();
    const killedMs = performance.now();
    const closed = await hub.line("end of the link", ({ closed }) => closed === victim!.address);
    const afterMs = performance.now() - killedMs;
    assert.equal(closed.reason, 0x08);
    // Half a second less than it is: the timeout began when the air saw the socket close, the test saw the exit.
    assert.ok(afterMs > SUPERVISION_MS - 500, `after ${afterMs} ms`);
    air.write(["stats"]);
    const { ok } = await air.line("statistics", (line) => line.ok?.connects !== undefined);
    assert.deepEqual(ok.disconnects, { 8: 1 });
    air.write(["links"]);
    const links = await air.line("links", (line) => Array.isArray(line.ok));
    assert.equal(links.ok.length, UNITS - 1);
    // units of 1.25 ms: 0x18
    assert.ok(links.ok.every(({ intervalMs }: { intervalMs: number }) => intervalMs === 30));
  });
});
