import assert from "node:assert/strict";
import { join } from "node:path";
import { RecordingMode } from "../../protocol/open";
import { scratch } from "../e2e/rig";
import { BUNDLED, excerpt } from "./ecg";
import { built } from "./firmware";
import { Household } from "./household";
import { skipUnlessInterpreter } from "./interpreter";

const SLOW = process.env.AVNODE_SLOW === "1";
const seed = Number(process.env.AVNODE_SEED ?? 1);
const RATE_HZ = 256;
const MINUTES = SLOW ? 120 : 3;
const EVERY_S = SLOW ? 600 : 30;
/**
 * What moves without leaking: a few frames under way and their pieces, right after a receipt. One variable leaked by every
 * block would be 150 by the end of the shortest run here.
 */
const TOLERANCE = 32;

describe(`a recording of ${MINUTES} virtual minutes (AVNODE_SLOW=1: two hours)`, function () {
  this.timeout(3_600_000);
  before(function () {
    skipUnlessInterpreter(this);
  });

  it("leaks no variable", async () => {
    // Played again and again, and faster than it was recorded: what it shows does not matter here.
    const { samples } = excerpt(BUNDLED, 300);
    const house = await Household.open({
      dataDir: join(scratch(true), "hub"),
      firmware: built(RATE_HZ),
      samples,
      inRam: true,
      seed,
    });
    try {
      await house.powerOn();
      await house.claim();
      const started = process.hrtime.bigint();
      house.record(RecordingMode.continuous, 0);
      const usages: number[] = [];
      for (let second = EVERY_S; second <= 60 * MINUTES; second += EVERY_S) {
        await house.pass(1000 * EVERY_S);
        // Until the newest block is in the store, and its receipt with the handheld.
        const held = house.recording(house.id(1))!.samples;
        await house.until("a block", () => house.recording(house.id(1))!.samples > held, 60_000);
        await house.pass(500);
        const { value } = await house.unit.ask("memory");
        usages.push((value as { usage: number }).usage);
      }
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const { samples: recorded, frames } = house.recording(house.id(1))!;
      console.log(
        `      variables in use: ${usages.join(" ")}; ${recorded} samples in ${frames} frames, ${seconds.toFixed(0)} s`,
      );
      assert.ok(recorded > (MINUTES * 60 - 5) * RATE_HZ, `${recorded} samples`);
      assert.deepEqual(house.store.reader.gaps(house.id(1)), []);
      const [first] = usages;
      for (const usage of usages) assert.ok(Math.abs(usage - first!) <= TOLERANCE, `${usage} after ${first}`);
    } finally {
      await house.close();
    }
  });
});
