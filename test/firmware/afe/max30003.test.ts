import assert from "node:assert/strict";
import { CALIBRATION_HZ, CALIBRATION_MILLIVOLTS } from "../../../firmware/afe/max30003";
import { Random } from "../../../tools/sim/random";
import { Bench, sample } from "./bench";

/** Which sample of the source the recording's first one was. */
function offset(bench: Bench): number {
  const [first] = bench.values;
  for (let index = 0; index < 262144; index++) if (sample(index) === first) return index;
  throw new Error("no sample of the source");
}

/** Of what came before the loss; behind it the sample clock is another. */
function assertInPlaceUntilLoss(bench: Bench): void {
  const first = offset(bench);
  for (const [position, value] of bench.values.slice(0, bench.losses[0]![0]).entries())
    assert.equal(value, sample(first + position));
}

/** Every sample stands where its instant was, so every declared loss is exact. */
function assertInPlace(bench: Bench): void {
  const first = offset(bench);
  let held = 0;
  bench.values.forEach((value, position) => {
    held++;
    assert.equal(value, sample(first + position), `position ${position}`);
  });
  assert.equal(held + bench.lost, bench.position);
}

describe("the MAX30003's driver", () => {
  for (const rate of [128, 256, 512] as const) {
    for (const gain of [20, 40, 80, 160] as const) {
      it(`reads every sample at ${rate} Hz and ${gain} V/V`, () => {
        const bench = new Bench({ rate, gain });
        bench.start();
        bench.run(20_000);
        bench.frontEnd.stop();
        assertInPlace(bench);
        assert.equal(bench.lost, 0);
        // All but the lock of the PLL and what waits for its burst.
        assert.ok(bench.position > 20 * rate - 16 - rate * 0.05, `${bench.position} samples`);
        const { rateNum, rateDen, bits, leads, bearsMs, name } = bench.frontEnd;
        assert.deepEqual([rateNum, rateDen, bits, name], [rate, 1, 18, "MAX30003"]);
        assert.equal(bearsMs, 32000 / rate);
        // V = ADC × 1000 mV / (2^17 × gain).
        assert.equal((leads[0]!.gain * 1000) / 2 ** 17, gain);
      });
    }
  }

  it("costs two transactions a burst of 16", () => {
    const bench = new Bench();
    bench.start();
    bench.run(1000);
    const before = bench.transactions;
    const readings = bench.readings;
    bench.run(10_000);
    assert.equal(bench.readings - readings, 160);
    assert.equal(bench.transactions - before, 320);
  });

  it("bears a stall as long as it says", () => {
    for (const rate of [128, 256, 512] as const) {
      const bench = new Bench({ rate });
      bench.start();
      bench.run(2000);
      for (let i = 0; i < 50; i++) {
        // Right after a burst, as an erase is placed.
        const { readings } = bench;
        while (bench.readings === readings) bench.run(0.25);
        bench.stall(bench.frontEnd.bearsMs - 0.5);
        bench.run(3000);
      }
      assert.equal(bench.lost, 0, `${rate} Hz`);
      assertInPlace(bench);
    }
  });

  it("declares exactly what overflowed while nobody read", () => {
    const seed = Date.now() % 1e9;
    const random = new Random(seed);
    for (const rate of [128, 256, 512] as const) {
      const bench = new Bench({ rate, ppm: 80 * random.next() - 40 });
      bench.start();
      for (let i = 0; i < 60; i++) {
        bench.run(300 + 3000 * random.next());
        bench.stall(bench.frontEnd.bearsMs * 1.2 + 4000 * random.next());
      }
      bench.run(10_000);
      assert.ok(bench.losses.length >= 55, `seed ${seed}: ${bench.losses.length} losses`);
      assert.equal(bench.lost, bench.overflowed(), `seed ${seed}`);
      assertInPlace(bench);
    }
  });

  it("declares a minute's loss exactly, though the crystals differ, by the rate that it measured", () => {
    const bench = new Bench({ ppm: 150 });
    bench.start();
    bench.run(120_000);
    bench.stall(60_000);
    bench.run(70_000);
    assert.equal(bench.losses.length, 1);
    // 150 ppm of a minute are 2.3 samples.
    assert.equal(bench.lost, bench.overflowed());
    assertInPlace(bench);
  });

  it("reads on when edges are missed", () => {
    const seed = Date.now() % 1e9;
    const random = new Random(seed);
    for (const rate of [128, 256, 512] as const) {
      const bench = new Bench({ rate });
      bench.start();
      for (let i = 0; i < 200; i++) {
        bench.missEdges = Math.floor(3 * random.next());
        bench.run(500 * random.next());
      }
      assert.equal(bench.lost, 0, `seed ${seed}, ${rate} Hz`);
      assertInPlace(bench);
    }
  });

  it("reads on without an interrupt line at all", () => {
    const bench = new Bench({ rate: 512 });
    bench.missEdges = Number.POSITIVE_INFINITY;
    bench.start();
    bench.run(60_000);
    assert.equal(bench.lost, 0);
    assert.ok(bench.position > 512 * 59.8);
    assertInPlace(bench);
  });

  it("is off by one sample at most where the edge behind a loss was missed", () => {
    const seed = Date.now() % 1e9;
    const random = new Random(seed);
    for (let i = 0; i < 100; i++) {
      const bench = new Bench();
      bench.start();
      bench.run(1000 + 1000 * random.next());
      bench.stall(500 + 500 * random.next());
      bench.missEdges = 2;
      bench.run(3000);
      assert.equal(bench.losses.length, 1);
      assert.ok(Math.abs(bench.lost - bench.overflowed()) <= 1, `seed ${seed}: ${bench.lost}`);
    }
  });

  it("loses count of nothing while its own transactions take time", () => {
    const seed = Date.now() % 1e9;
    const random = new Random(seed);
    for (let i = 0; i < 30; i++) {
      const bench = new Bench({ rate: i % 2 === 0 ? 512 : 256 });
      bench.pollsFirst = i % 3 === 0;
      bench.transactionMs = 0.5;
      bench.start();
      bench.run(1000);
      for (let j = 0; j < 40; j++) {
        // Around a full FIFO, so that it also overflows between STATUS and the burst.
        bench.stall(bench.frontEnd.bearsMs * (0.4 + 0.8 * random.next()));
        bench.run(80 * random.next());
        if (j % 10 === 0) bench.stall(500);
      }
      bench.run(1000);
      assert.ok(bench.lost > 0);
      assert.equal(bench.lost, bench.overflowed(), `seed ${seed}`);
      assertInPlace(bench);
    }
  });

  it("knows whether the electrodes touch", () => {
    const bench = new Bench();
    bench.start();
    bench.run(1000);
    assert.equal(bench.frontEnd.contact!(), true);
    for (const [positive, negative] of [
      [Infinity, 0.05],
      [0.05, Infinity],
      [Infinity, Infinity],
    ] as const) {
      bench.model.electrodes(positive, negative);
      bench.run(100);
      assert.equal(bench.frontEnd.contact!(), true, "off for less than 115 ms");
      bench.run(150);
      assert.equal(bench.frontEnd.contact!(), false);
      // A dry finger: 10 nA over 5 MΩ are 50 mV.
      bench.model.electrodes(5, 5);
      bench.run(200);
      assert.equal(bench.frontEnd.contact!(), true);
    }
    assert.equal(bench.lost, 0);
    assertInPlace(bench);
  });

  it("declares what a PLL without lock cost, and goes on", () => {
    const seed = Date.now() % 1e9;
    const random = new Random(seed);
    for (let i = 0; i < 50; i++) {
      const bench = new Bench();
      bench.start();
      bench.run(1000 + 2000 * random.next());
      const was = { position: bench.position, atMs: bench.now };
      bench.model.losePll(1 + 900 * random.next());
      bench.run(4000);
      const elapsed = (bench.now - was.atMs) * 0.256;
      assert.deepEqual(bench.failures, []);
      assert.equal(bench.losses.length, 1, `seed ${seed}`);
      // On both sides up to a burst waits in the FIFO.
      assert.ok(Math.abs(bench.position - was.position - elapsed) <= 17, `seed ${seed}`);
      assertInPlaceUntilLoss(bench);
      assert.equal(Object.keys(bench.values).length + bench.lost, bench.position);
    }
  });

  it("gives up when the PLL does not lock", () => {
    const bench = new Bench({ pllLockMs: 1e9 });
    bench.start();
    bench.run(10_000);
    assert.deepEqual(bench.failures, ["AFE_CLOCK"]);
    assert.equal(bench.position, 0);
  });

  for (const [what, info] of [
    ["another chip", 0x420000],
    ["nothing", 0],
  ] as const) {
    it(`gives up where ${what} answers`, () => {
      const bench = new Bench({ info });
      bench.start();
      bench.run(10_000);
      assert.deepEqual(bench.failures, ["AFE_ABSENT"]);
      assert.equal(bench.position, 0);
    });
  }

  for (const level of [0x00, 0xff]) {
    it(`gives up when MISO is stuck at ${level & 1}`, () => {
      const bench = new Bench();
      bench.stuck = level;
      bench.start();
      bench.run(10_000);
      assert.deepEqual(bench.failures, ["AFE_ABSENT"]);
      assert.equal(bench.position, 0);
    });

    it(`invents nothing while MISO is stuck at ${level & 1} for a second, and goes on`, () => {
      const bench = new Bench();
      bench.start();
      bench.run(5000);
      const was = { position: bench.position, atMs: bench.now };
      bench.stuck = level;
      bench.run(1000);
      bench.stuck = undefined;
      bench.run(4000);
      assert.deepEqual(bench.failures, []);
      assert.equal(bench.losses.length, 1);
      assert.ok(Math.abs(bench.position - was.position - (bench.now - was.atMs) * 0.256) <= 17);
      assertInPlaceUntilLoss(bench);
    });
  }

  it("configures the chip again after its supply failed", () => {
    const bench = new Bench();
    bench.start();
    bench.run(5000);
    bench.model.reset();
    bench.run(5000);
    assert.deepEqual(bench.failures, []);
    assert.equal(bench.losses.length, 1);
    assert.ok(Math.abs(bench.position - 10_000 * 0.256) < 24, `${bench.position}`);
  });

  it("gives no voltage to samples of a fast recovery, and keeps their time", () => {
    const bench = new Bench();
    bench.start();
    bench.run(2000);
    const fast: [number, number][] = [];
    for (let i = 0; i < 40; i++) {
      // Nobody asked for it: MNGR_DYN, manual fast recovery.
      const from = bench.asked;
      bench.model.transfer(Uint8Array.from([0x05 << 1, 0x7f, 0, 0]));
      bench.run(i % 2 === 0 ? 20 : 200);
      bench.model.transfer(Uint8Array.from([0x05 << 1, 0x3f, 0, 0]));
      fast.push([from, bench.asked]);
      bench.run(300 + 7 * i);
    }
    assertInPlace(bench);
    const first = offset(bench);
    let samples = 0;
    for (const [from, to] of fast) {
      samples += to - from;
      for (let index = from; index < to; index++) assert.equal(bench.values[index - first], undefined);
    }
    // Of a burst that is part fast no more than itself is given up.
    assert.ok(bench.lost >= samples && bench.lost <= samples + 40 * 30, `${bench.lost} of ${samples}`);
  });

  it("measures the calibration source within 1 %", () => {
    for (const gain of [20, 40, 80, 160] as const) {
      const bench = new Bench({ gain, rate: 512, input: "calibration" });
      assert.equal(bench.frontEnd.name, "MAX30003, its calibration signal");
      bench.start();
      bench.run(10_100);
      assertSquare(bench, (2 ** 17 * gain * CALIBRATION_MILLIVOLTS) / 1000);
    }
    function assertSquare(bench: Bench, peak: number): void {
      let rises = 0;
      bench.values.forEach((value, i) => {
        assert.ok(Math.abs(Math.abs(value) / peak - 1) < 0.01, `${value}, not ±${peak}`);
        if (i > 0 && value > 0 && bench.values[i - 1]! < 0) rises++;
      });
      assert.ok(Math.abs(rises - 10 * CALIBRATION_HZ) <= 1, `${rises} rises`);
    }
  });

  it("tells the chip's R-R intervals", () => {
    const bench = new Bench({ beats: true });
    bench.start();
    bench.run(1000);
    for (const ms of [0, 800, 810, 790, 1200]) {
      bench.run(ms);
      bench.model.beat();
    }
    bench.run(200);
    // The first one has no other before it. Counts of 7.8125 ms.
    assert.deepEqual(bench.beats, [0, 796.875, 804.6875, 789.0625, 1195.3125]);
  });

  it("asks the chip for no beats unless somebody listens", () => {
    const bench = new Bench();
    bench.start();
    bench.run(1000);
    const [, high, middle] = bench.model.transfer(Uint8Array.from([(0x1d << 1) | 1, 0, 0, 0]));
    assert.deepEqual([high, middle], [0x3f, 0x23]);
  });

  it("switches the channel off and says nothing more once stopped", () => {
    const bench = new Bench();
    bench.start();
    bench.run(1000);
    bench.frontEnd.stop();
    const { readings } = bench;
    bench.run(5000);
    assert.equal(bench.readings, readings);
    assert.equal(bench.model.nextMs(), Number.POSITIVE_INFINITY);
  });

  it("begins anew, at sample 0", () => {
    const bench = new Bench();
    bench.start();
    bench.run(1000);
    bench.stall(1000);
    bench.run(1500);
    bench.frontEnd.stop();
    bench.values.length = 0;
    bench.position = 0;
    bench.lost = 0;
    bench.start();
    bench.run(3000);
    assert.equal(bench.lost, 0);
    assertInPlace(bench);
  });
});
