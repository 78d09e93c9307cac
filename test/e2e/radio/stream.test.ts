import assert from "node:assert/strict";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { assertComplete, type HubProcess, Rig } from "./rig";

const HUB = "d0:00:00:00:00:01";
const RATE = 256;
const SECONDS = Number(process.env.AVNODE_STREAM_SECONDS ?? 120);
const HANDHELDS = Number(process.env.AVNODE_STREAM_HANDHELDS ?? 2);
const LOOK_MS = 2000;
/** Of the time: until a third of it code is compiled and caches fill; then a window of a sixth is held against the last. */
const WARM = 1 / 3;
const WINDOW = 1 / 6;
/** Of an hour; within minutes the garbage collector's own swing is more than that. */
const MAX_GROWTH = SECONDS >= 3600 ? 1.05 : 1.15;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

interface Sample {
  atMs: number;
  rssBytes: number;
  cpuMicros: number;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Looks at the hub until the time is over. */
async function watch(hub: HubProcess, seconds: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const endMs = performance.now() + 1000 * seconds; performance.now() < endMs; ) {
    const { rssBytes, cpuMicros } = await hub.usage();
    samples.push({ atMs: performance.now(), rssBytes, cpuMicros });
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return samples;
}

describe(`${HANDHELDS} handhelds that stream at ${RATE} Hz for ${SECONDS} s (seed ${seed})`, function () {
  this.timeout(1000 * SECONDS + 240_000);
  let rig: Rig;
  let hub: HubProcess;
  const units: UnitProcess[] = [];

  before(async () => {
    rig = await Rig.open(seed);
    hub = rig.hub([HUB]);
    await hub.start();
    for (let i = 1; i <= HANDHELDS; i++) {
      const address = `c0:00:00:00:00:${i.toString(16).padStart(2, "0")}`;
      const unit = await rig.unit(`unit-${i}`, address, { source: { ecg: { seed: seed + i, rate: RATE } } });
      units.push(unit);
      await hub.claim(unit);
    }
  });
  after(() => rig?.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(hub.log());
  });

  it("lose nothing, and the hub's memory stays", async () => {
    const before = await hub.radio();
    for (const unit of units) await unit.tell({ do: "start" });
    const samples = await watch(hub, SECONDS);
    const { connects } = await hub.radio();
    for (const unit of units) {
      const { witnessed } = await assertComplete(unit, hub);
      assert.ok(witnessed.samples >= (SECONDS - 5) * RATE, `only ${witnessed.samples} samples`);
    }
    const [first, last] = [samples[0]!, samples.at(-1)!];
    const cpu = (last.cpuMicros - first.cpuMicros) / 10 / (last.atMs - first.atMs);
    const [warm, window] = [WARM, WINDOW].map((part) => Math.ceil(samples.length * part)) as [number, number];
    const mebibytes = samples.map(({ rssBytes }) => rssBytes / 2 ** 20);
    const [early, late] = [mean(mebibytes.slice(warm, warm + window)), mean(mebibytes.slice(-window))];
    const growth = late / early;
    console.log(
      `      hub: ${cpu.toFixed(1)} % of a core, ${early.toFixed(0)} MiB, ${((growth - 1) * 100).toFixed(1)} % growth, ${connects - before.connects} reconnects`,
    );
    assert.ok(growth < MAX_GROWTH, `memory grew by ${((growth - 1) * 100).toFixed(1)} %`);
  });
});
