import assert from "node:assert/strict";
import { systemClock } from "../../gateway/clock";
import { startHub } from "../../gateway/hub";
import { RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { openHouse } from "../../tools/sim/house";
import { newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import type { RadioFaults } from "../../tools/sim/radio/lossy";
import { Random } from "../../tools/sim/random";
import { GeneratedSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { stored, WitnessedSource } from "../../tools/sim/witness";
import { scratch } from "./rig";

const DAY_SECONDS = 86_400;
const RATE = 256;
const HOUR_MS = 3600_000;

/** Four absences of a quarter of an hour to two hours, one in each quarter of the day. */
function absences(random: Random) {
  return [0, 1, 2, 3].map((quarter) => {
    const fromMs = Math.round((quarter * 6 + random.between([0.5, 2])) * HOUR_MS);
    const length = quarter === 2 ? 2 * HOUR_MS : random.between([0.25 * HOUR_MS, 2 * HOUR_MS]);
    return { fromMs, toMs: Math.round(fromMs + length) };
  });
}

describe("a day of one handheld at 256 Hz", () => {
  const dataDir = scratch(true);
  const seed = Number(process.env.AVNODE_SEED ?? 1);

  it(`is in the store as it was in the front end, whatever the hub missed (seed ${seed})`, async function () {
    const random = new Random(seed);
    const radio: RadioFaults = {
      loss: 0.01,
      duplicate: 0.01,
      reorder: 0.01,
      latencyMs: [10, 40],
      disconnectEveryMs: [10 * 60_000, 50 * 60_000],
      absences: absences(random),
      notificationBytes: 244,
      notificationsPerSecond: 120,
      queue: 16,
      connectMs: [100, 2000],
    };
    const time = new VirtualTime(Date.UTC(2026, 10, 23));
    try {
      await time.until(record(dataDir, radio, seed));
    } finally {
      time.restore();
    }
  });
});

async function record(dataDir: string, radio: RadioFaults, seed: number): Promise<void> {
  const house = await openHouse({
    keepsake: newKeepsake(seed),
    radio,
    seed,
    startHub: (hubRadio) => startHub({ dataDir, kind: "import", broker: "memory", radio: hubRadio }),
  });
  const { handheld, store } = house;
  const ecg = new EcgGenerator({
    rate: RATE,
    gainCountsPerMillivolt: 400,
    seed,
    noiseMillivolts: { baseline: 0.05, mains: 0.005, muscle: 0.005 },
  });
  const source = new WitnessedSource(new GeneratedSource(ecg), DAY_SECONDS * RATE);
  handheld.powerOn(new SimFrontEnd(source, systemClock, { burstMs: 1000, speed: 1 }));
  await claimIfNew(handheld, store);
  handheld.act((monitor) => monitor.start(RecordingMode.fixed, DAY_SECONDS));
  await waitUntil(
    "the day to be receipted",
    () => handheld.monitor!.status(0, 0).state === 1,
    (DAY_SECONDS + 7200) * 1000,
    5000,
  );
  const [recording] = store.reader.recordings();
  const verdict = store.reader.verify();
  assert.deepEqual(verdict.problems, []);
  assert.equal(verdict.ok, true);
  assert.deepEqual(store.reader.gaps(recording!.id), []);
  const kept = stored(store.reader, recording!.id, 1);
  assert.equal(kept.samples, DAY_SECONDS * RATE);
  assert.deepEqual(kept, source.witnessed());
  await house.close();
}
