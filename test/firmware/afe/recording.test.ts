import assert from "node:assert/strict";
import { Sampler } from "../../../firmware/sampler";
import { decodeBlock } from "../../../protocol/codec/block";
import { Bench, sample } from "./bench";

describe("a recording of the MAX30003", () => {
  it("holds every sample of the chip's words, and a declared loss where they overflowed", () => {
    for (const rate of [128, 256, 512] as const) {
      const bench = new Bench({ rate });
      const values: number[] = [];
      let lost = 0;
      let done = false;
      const sampler: Sampler = new Sampler(
        bench.frontEnd,
        {
          block(firstSample, bytes) {
            const [block] = decodeBlock(bytes, sampler.shape);
            for (const [i, value] of block!.entries()) values[firstSample + i] = value;
          },
          lost(_firstSample, samples) {
            lost += samples;
          },
          emptied: () => false,
          complete() {
            done = true;
            sampler.stop();
          },
        },
        undefined,
      );
      sampler.start(20 * rate);
      bench.run(8000);
      const first = bench.asked;
      bench.stall(1500);
      assert.ok(bench.asked > first);
      bench.run(15_000);
      assert.ok(done);
      let held = 0;
      let offset = -1;
      for (const [position, value] of Object.entries(values).map(([at, v]) => [Number(at), v] as const)) {
        if (offset < 0) while (sample(++offset) !== value);
        assert.equal(value, sample(offset + position), `${rate} Hz, position ${position}`);
        held++;
      }
      assert.equal(held + lost, 20 * rate);
      // What was unread when the stall began went with it.
      assert.ok(Math.abs(lost - 1.5 * rate) <= 32, `${lost}`);
    }
  });
});
