import assert from "node:assert/strict";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { until } from "../../../tools/sim/radio/until";
import { assertComplete, sampled } from "./rig";
import { type Attacker, Siege } from "./siege";

const RATE = 256;
/** Two of a hundred coins fall so badly seven times in a row; the machine may be slow. */
const LIMIT_MS = 400_000;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

interface Squat {
  name: string;
  address: string;
  attacker: string;
  /** Comes back whenever he is put out. */
  again: boolean;
}
const SQUATS: Squat[] = [
  { name: "once", address: "c0:00:00:00:00:01", attacker: "ba:d0:00:00:00:01", again: false },
  { name: "again and again", address: "c0:00:00:00:00:02", attacker: "ba:d0:00:00:00:02", again: true },
];

/** With the firmware's real limits; test/e2e/radio/squatlaw.test.ts says how long it takes how often. */
describe(`squatting on a handheld (seed ${seed})`, function () {
  this.timeout(LIMIT_MS + 240_000);
  let siege: Siege;
  let squats: (Squat & { unit: UnitProcess; squatter: Attacker; sinceMs: number })[];

  before(async () => {
    siege = await Siege.open(seed);
    const units = await Promise.all(SQUATS.map(({ name, address }) => siege.handheld(name, address)));
    squats = await Promise.all(
      SQUATS.map(async (squat, index) => {
        const { address, attacker, again } = squat;
        const squatter = siege.attack({ attack: "squat", address: attacker, victim: address, again });
        await until("the squatter to have it", () => {
          siege.cutFromHub(address);
          return squatter.report.links > 0;
        });
        return { ...squat, unit: units[index]!, squatter, sinceMs: Date.now() };
      }),
    );
  });
  after(() => siege?.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(siege.hub.log());
  });

  for (const [index, { name }] of SQUATS.entries())
    it(`${name}: its hub has it again, and everything that it recorded meanwhile`, async () => {
      const { unit, squatter, sinceMs } = squats[index]!;
      await until("the hub to have it again", () => siege.isLive(unit), LIMIT_MS);
      const seconds = (Date.now() - sinceMs) / 1000;
      assert.ok(squatter.runs && !squatter.report.linked);
      const turns = squatter.report.heldMs.map((ms) => (ms / 1000).toFixed(1));
      await sampled(unit, RATE);
      const { witnessed } = await assertComplete(unit, siege.hub);
      console.log(
        `      squatted on ${name}: held for ${turns.join(", ")} s; live again, with all ${witnessed.samples} samples, ` +
          `${seconds.toFixed(1)} s after it was taken`,
      );
    });
});
