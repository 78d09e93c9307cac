import assert from "node:assert/strict";
import { parseFaults } from "../../tools/sim/simulate/faults";
import { simulate } from "../../tools/sim/simulate/simulate";

/** About a minute of trouble, and the time to get over it. */
const HOURS = 0.015;
const FIRST = Number(process.env.AVNODE_SEED ?? 1);
/** A taste: `.ci/run` tries a thousand, and `avnode simulate --runs N --hours H` as many and as long as one likes. */
const SEEDS = 60;

describe(`the simulator, ${SEEDS} seeds from ${FIRST} on,`, function () {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    it(`finds every promise kept: seed ${seed}`, async () => {
      const { ok, violations } = await simulate({ seed, hours: HOURS, faults: parseFaults("all") });
      const said = violations.map(({ what }) => what).join("\n");
      assert.ok(ok, `npx avnode simulate --seed ${seed} --hours ${HOURS}:\n${said}`);
    });
  }
});
