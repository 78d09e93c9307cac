import assert from "node:assert/strict";
import { parseFaults } from "../../tools/sim/simulate/faults";
import { simulate } from "../../tools/sim/simulate/simulate";

/** About a minute of trouble, and the time to get over it. AVNODE_SEEDS and AVNODE_HOURS make a night of it. */
const HOURS = Number(process.env.AVNODE_HOURS ?? 0.015);
const SEEDS = Number(process.env.AVNODE_SEEDS ?? 1000);
/** Each a test of its own, so that a failure is known while others run. */
const PORTION = 50;

/** Half of the seeds: two files share them, because one file runs on one core. */
export function keepsPromises(half: 0 | 1): void {
  const first = Number(process.env.AVNODE_SEED ?? 1) + half * Math.ceil(SEEDS / 2);
  const count = half === 0 ? Math.ceil(SEEDS / 2) : Math.floor(SEEDS / 2);
  describe(`the simulator, ${count} seeds from ${first} on,`, () => {
    for (let from = first; from < first + count; from += PORTION) {
      const to = Math.min(from + PORTION, first + count) - 1;
      it(`finds every promise kept: ${from} to ${to}`, async function () {
        this.timeout(600_000 * Math.max(1, HOURS * 60));
        for (let seed = from; seed <= to; seed++) {
          const { ok, violations } = await simulate({ seed, hours: HOURS, faults: parseFaults("all") });
          const said = violations.map(({ what }) => what).join("\n");
          assert.ok(ok, `npx avnode simulate --seed ${seed} --hours ${HOURS}:\n${said}`);
        }
      });
    }
  });
}
