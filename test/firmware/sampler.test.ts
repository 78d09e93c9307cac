import assert from "node:assert/strict";
import type { FrontEnd, Reading } from "../../firmware/board/board";
import { Sampler } from "../../firmware/sampler";
import { decodeBlock } from "../../protocol/codec/block";

/** A front end whose readings the test makes. */
class ByHand implements FrontEnd {
  readonly name = "by hand";
  readonly packing = { left: 0, right: 0 };
  readonly bearsMs = 100;
  readonly rateNum = 100;
  readonly rateDen = 1;
  readonly bits = 16;
  readonly leads = [{ name: "I", unit: "mV", gain: 200, baseline: 0, adcZero: 0 }];
  running = false;
  private ready = () => {};
  private next: Reading = { leads: [], lost: 0 };
  start(ready: () => void): void {
    this.running = true;
    this.ready = ready;
  }
  stop(): void {
    this.running = false;
  }
  read(): Reading {
    return this.next;
  }
  deliver(values: number[], lost = 0): void {
    this.next = { leads: [Int32Array.from(values)], lost };
    this.ready();
  }
}

function rig(limit: number) {
  const frontEnd = new ByHand();
  const samples = new Map<number, number>();
  const lost: [number, number][] = [];
  const seen = { complete: 0 };
  const sampler: Sampler = new Sampler(
    frontEnd,
    {
      block(firstSample, bytes, count) {
        const [values] = decodeBlock(bytes, sampler.shape);
        assert.equal(values!.length, count);
        for (const [i, value] of values!.entries()) samples.set(firstSample + i, value);
      },
      lost: (firstSample, count) => lost.push([firstSample, count]),
      complete() {
        seen.complete++;
        sampler.stop();
      },
      emptied: () => false,
    },
    undefined,
  );
  sampler.start(limit);
  return { frontEnd, samples, lost, seen, sampler };
}
const ramp = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

describe("the sampler", () => {
  it("hands out every sample once, at its place, whatever the bursts", () => {
    const { frontEnd, samples, sampler } = rig(0);
    let at = 0;
    for (const burst of [1, 99, 100, 250, 3, 47]) {
      frontEnd.deliver(ramp(at, burst));
      at += burst;
    }
    sampler.stop();
    assert.deepEqual(
      [...samples],
      ramp(0, 500).map((value) => [value, value]),
    );
  });

  it("puts a loss of the front end where it happened, and what follows behind it", () => {
    const { frontEnd, samples, lost, sampler } = rig(0);
    frontEnd.deliver(ramp(0, 130));
    frontEnd.deliver(ramp(170, 80), 40);
    sampler.stop();
    assert.deepEqual(lost, [[130, 40]]);
    assert.equal(samples.size, 210);
    for (const [at, value] of samples) assert.equal(value, at);
  });

  it("ends at the length asked for, also when a loss reaches across it", () => {
    const { frontEnd, samples, lost, seen } = rig(300);
    frontEnd.deliver(ramp(0, 290));
    frontEnd.deliver(ramp(350, 50), 60);
    assert.deepEqual(lost, [[290, 10]]);
    assert.equal(seen.complete, 1);
    assert.equal(frontEnd.running, false);
    assert.deepEqual(
      [...samples],
      ramp(0, 290).map((value) => [value, value]),
    );
  });
});
