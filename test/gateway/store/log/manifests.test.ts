import assert from "node:assert/strict";
import { reasonedGaps } from "../../../../gateway/store/log/manifests";
import { addRun, hasNumber, type Runs } from "../../../../gateway/store/runs";
import { type Drop, DropReason } from "../../../../protocol/bodies";
import { Random } from "../../../../tools/sim/random";

const CHAIN = new Uint8Array(32);
const REASONS = Object.values(DropReason);

function drop(firstSample: number, samples: number, reason = REASONS[0]!): Drop {
  return { ...{ reason, recording: 1, from: 0, to: 0, firstSample, samples }, before: CHAIN, chain: CHAIN };
}

describe("The gaps of a manifest", () => {
  it("have at each sample the reason of the first drop that covers it, up to that one's end", () => {
    const seed = Number(process.env.AVNODE_SEED ?? Math.floor(Math.random() * 2 ** 32));
    console.log(`      AVNODE_SEED=${seed}`);
    const random = new Random(seed);
    for (let round = 0; round < 300; round++) {
      const drops = Array.from({ length: random.int(12) }, () =>
        drop(random.int(100), random.int(20), REASONS[random.int(REASONS.length)]),
      );
      const lost: Runs = [];
      for (let run = 0; run < 6; run++) addRun(lost, random.int(100), random.int(15));
      const said = new Map<number, number>();
      for (const { first, count, reason } of reasonedGaps(lost, drops))
        for (let at = first; at < first + count; at++) {
          assert.ok(!said.has(at));
          said.set(at, reason);
        }
      let by: Drop | undefined;
      for (let at = 0; at < 150; at++) {
        const isLost = hasNumber(lost, at);
        if (!isLost || !by || at >= by.firstSample + by.samples)
          by = drops.find((one) => isLost && at >= one.firstSample && at < one.firstSample + one.samples);
        assert.equal(said.get(at), isLost ? (by?.reason ?? 0) : undefined, `sample ${at} of round ${round}`);
      }
    }
  });

  it("of thousands of drops are told without looking at all of them for each", () => {
    let looks = 0;
    const drops = Array.from({ length: 4096 }, (_, n) => {
      const one = drop(8 * n, 4);
      return Object.defineProperty(one, "samples", {
        get() {
          looks++;
          return 4;
        },
      });
    });
    const lost = drops.map(({ firstSample }) => ({ from: firstSample, length: 4 }));
    assert.equal(reasonedGaps(lost, drops).length, 4096);
    assert.ok(looks < 20 * 4096, `${looks} looks`);
  });
});
