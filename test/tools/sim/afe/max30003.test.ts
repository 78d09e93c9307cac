import assert from "node:assert/strict";
import { Max30003Model } from "../../../../tools/sim/afe/max30003";

/** Against the data sheet's tables, not against the driver. */
class Wired {
  now = 0;
  count = 0;
  level = 0;
  readonly model = new Max30003Model({
    nowMs: () => this.now,
    next: () => {
      this.count++;
      return this.level === 0 ? this.count : this.level;
    },
    fclkHz: 32768,
    pllLockMs: 10,
    info: 0x510000,
  });
  read(address: number): number {
    const [first, ...data] = this.model.transfer(Uint8Array.from([(address << 1) | 1, 0, 0, 0]));
    assert.equal(first, 0);
    return (data[0]! << 16) | (data[1]! << 8) | data[2]!;
  }
  write(address: number, value: number): void {
    this.model.transfer(Uint8Array.from([address << 1, value >> 16, value >> 8, value]));
  }
  burst(words: number): number[] {
    const bytes = this.model.transfer(new Uint8Array(1 + 3 * words).fill(0x41, 0, 1));
    return Array.from(
      { length: words },
      (_, i) => (bytes[3 * i + 1]! << 16) | (bytes[3 * i + 2]! << 8) | bytes[3 * i + 3]!,
    );
  }
  /** EN_ECG and what else is given; locked and in step with `now`. */
  sampling(general = 0, ecg = 0x005000): void {
    this.write(0x15, ecg);
    this.write(0x14, 0);
    this.write(0x10, 0x080000 | general);
    this.now += 10;
    this.read(0x01);
    this.write(0x09, 0);
    this.count = 0;
  }
}
const tag = (word: number) => (word >> 3) & 7;
const value = (word: number) => (word << 8) >> 14;
const PERIOD_512 = 1000 / 512;

describe("the model of the MAX30003", () => {
  const RESET = {
    2: 0x000003,
    3: 0x000003,
    4: 0x780004,
    5: 0x3f0000,
    16: 0x000004,
    18: 0x004800,
    20: 0x300000,
    21: 0x805000,
    29: 0x3f2300,
    30: 0x202400,
  };

  it("has the reset values", () => {
    const chip = new Wired();
    const check = () => {
      for (const [address, expected] of Object.entries(RESET))
        assert.equal(chip.read(Number(address)), expected, address);
    };
    check();
    for (const address of Object.keys(RESET)) chip.write(Number(address), 0);
    chip.write(0x08, 0);
    check();
  });

  it("has no bits where the register map has none", () => {
    const chip = new Wired();
    const all = { 2: 0xf00f03, 4: 0xf80077, 5: 0xff0000, 18: 0x707fff, 20: 0xbf0000 };
    for (const [address, bits] of Object.entries(all)) {
      chip.write(Number(address), 0xffffff);
      assert.equal(chip.read(Number(address)), bits, address);
    }
  });

  it("reads 0 from NO_OP and obeys commands only with data of 0", () => {
    const chip = new Wired();
    chip.write(0x7f, 0xffffff);
    assert.equal(chip.read(0x00), 0);
    assert.equal(chip.read(0x7f), 0);
    chip.write(0x12, 0);
    chip.write(0x08, 1);
    assert.equal(chip.read(0x12), 0);
  });

  it("does not write what was cut short", () => {
    const chip = new Wired();
    chip.model.transfer(Uint8Array.from([0x10 << 1, 0x08, 0]));
    assert.equal(chip.read(0x10), 0x000004);
  });

  it("answers INFO, but not as the first command after a reset", () => {
    const chip = new Wired();
    assert.equal(chip.read(0x0f), 0);
    assert.equal(chip.read(0x0f), 0x510000);
    chip.write(0x08, 0);
    chip.read(0x01);
    assert.equal(chip.read(0x0f), 0x510000);
  });

  it("says that the PLL is not locked until STATUS is read once it is", () => {
    const chip = new Wired();
    assert.equal(chip.read(0x01) & 0x100, 0);
    chip.write(0x10, 0x080000);
    chip.now = 9;
    assert.equal(chip.read(0x01) & 0x100, 0x100);
    chip.now = 10;
    assert.equal(chip.read(0x01) & 0x100, 0x100);
    assert.equal(chip.read(0x01) & 0x100, 0);
    chip.model.losePll(3);
    chip.now = 20;
    assert.equal(chip.read(0x01) & 0x100, 0x100);
    assert.equal(chip.read(0x01) & 0x100, 0);
  });

  it("samples at the rates of FMSTR and RATE", () => {
    const rates: [general: number, ecg: number, hz: number][] = [
      [0, 0x000000, 512],
      [0, 0x400000, 256],
      [0, 0x800000, 128],
      [0x100000, 0x000000, 500],
      [0x100000, 0x400000, 250],
      [0x100000, 0x800000, 125],
      [0x200000, 0x800000, 200],
      [0x300000, 0x800000, 199.8049],
    ];
    for (const [general, ecg, hz] of rates) {
      const chip = new Wired();
      chip.sampling(general, ecg);
      chip.now += 10_001;
      chip.read(0x01);
      assert.ok(Math.abs(chip.count - 10 * hz) <= 1, `${chip.count} for ${hz}`);
    }
  });

  it("tags the last word, an empty FIFO and one that overflowed", () => {
    const chip = new Wired();
    chip.sampling();
    chip.now += 3.5 * PERIOD_512;
    assert.deepEqual(chip.burst(4).map(tag), [0, 0, 2, 6]);
    chip.now += 32 * PERIOD_512;
    assert.equal(chip.read(0x01) & 0x400000, 0);
    chip.now += PERIOD_512;
    assert.equal(chip.read(0x01) & 0x400000, 0x400000);
    assert.deepEqual(chip.burst(40).map(tag), new Array(40).fill(7));
    chip.write(0x0a, 1);
    assert.equal(chip.read(0x01) & 0x400000, 0x400000);
    chip.write(0x0a, 0);
    assert.equal(chip.read(0x01) & 0xc00000, 0);
    chip.now += PERIOD_512;
    // The 33 that overflowed are gone, the sample clock went on.
    assert.deepEqual(chip.burst(2).map(tag), [2, 6]);
    assert.equal(chip.model.lost, 33);
    assert.equal(chip.count, 3 + 33 + 1);
  });

  it("gives each word once, when its last bit is read", () => {
    const chip = new Wired();
    chip.sampling();
    chip.now += 5.5 * PERIOD_512;
    // Two words and a half.
    chip.model.transfer(new Uint8Array(8).fill(0x41, 0, 1));
    assert.deepEqual(chip.burst(1).map(value), [3]);
    assert.equal(value(chip.read(0x21)), 4);
    assert.equal(value(chip.read(0x21)), 5);
    assert.equal(tag(chip.read(0x21)), 6);
  });

  it("keeps EINT and INTB while EFIT words or more are unread", () => {
    const chip = new Wired();
    chip.sampling();
    for (const threshold of [1, 5, 32]) {
      chip.write(0x04, ((threshold - 1) << 19) | 4);
      chip.write(0x02, 0x800003);
      chip.write(0x09, 0);
      chip.now += (threshold - 0.5) * PERIOD_512;
      assert.equal(chip.model.interruptLow(), false);
      chip.now += PERIOD_512;
      if (threshold < 32) {
        assert.equal(chip.model.interruptLow(), true);
        chip.burst(1);
        assert.equal(chip.model.interruptLow(), false);
      }
      assert.equal(chip.read(0x01) & 0x800000, threshold < 32 ? 0 : 0x800000);
    }
    chip.write(0x02, 0x800000);
    assert.equal(chip.model.interruptLow(), false, "INTB_TYPE 00 is three-state");
  });

  it("starts the sample clock at SYNCH, and does not at FIFO_RST", () => {
    const chip = new Wired();
    chip.sampling();
    chip.now += 0.7 * PERIOD_512;
    chip.write(0x0a, 0);
    chip.now += 0.4 * PERIOD_512;
    assert.equal(chip.burst(1).map(tag)[0], 2);
    chip.write(0x09, 0);
    chip.now += 0.95 * PERIOD_512;
    assert.equal(chip.burst(1).map(tag)[0], 6);
    chip.now += 0.1 * PERIOD_512;
    assert.equal(chip.burst(1).map(tag)[0], 2);
  });

  it("reads back the low-pass filter that is in effect", () => {
    const chip = new Wired();
    const effective: [rate: number, asked: number, got: number][] = [
      [0, 3, 3],
      [0, 2, 2],
      [1, 3, 1],
      [1, 2, 2],
      [2, 2, 1],
      [2, 3, 1],
      [2, 0, 0],
    ];
    for (const [rate, asked, got] of effective) {
      chip.write(0x15, (rate << 22) | (asked << 12));
      assert.equal((chip.read(0x15) >> 12) & 3, got, `rate ${rate}, filter ${asked}`);
    }
  });

  it("has a calibration source of the frequencies and amplitudes in CNFG_CAL", () => {
    const chip = new Wired();
    // 80 V/V: 10485.76 counts a mV.
    chip.sampling(0, 0x025000);
    const swing = (cal: number, emux: number, samples: number) => {
      chip.write(0x12, cal);
      chip.write(0x14, emux);
      chip.write(0x09, 0);
      const values: number[] = [];
      for (let i = 0; i < samples; i++) {
        chip.now += PERIOD_512;
        values.push(value(chip.read(0x21)));
      }
      const rises = values.filter((v, i) => i > 0 && v > values[i - 1]!).length;
      return [Math.max(...values), Math.min(...values), rises];
    };
    const VCALP = 0x390000;
    const VCALN = 0x3d0000;
    // ±0.5 mV, 4 Hz.
    assert.deepEqual(swing(0x703800, VCALP, 1024).slice(0, 2), [5243, -5243]);
    assert.ok(Math.abs(swing(0x703800, VCALP, 1024)[2]! - 8) <= 1);
    // ±0.25 mV, 16 Hz.
    const [high, low, rises] = swing(0x602800, VCALP, 1024);
    assert.deepEqual([high, low], [2621, -2621]);
    assert.ok(Math.abs(rises! - 32) <= 1);
    // Unipolar: VCALP above VMID, VCALN below.
    assert.deepEqual(swing(0x503800, VCALP, 512).slice(0, 2), [5243, 0]);
    assert.deepEqual(swing(0x503800, VCALN, 512).slice(0, 2), [0, -5243]);
    // Sources off: VMID.
    assert.deepEqual(swing(0x303800, VCALP, 512), [0, 0, 0]);
  });

  it("finds an electrode off after 115 ms, and holds it until STATUS is read", () => {
    const chip = new Wired();
    // 10 nA, 100 MΩ bias, ±300 mV.
    chip.sampling(0x001217);
    chip.model.electrodes(Infinity, 0.1);
    chip.now += 115;
    assert.equal(chip.read(0x01) & 0x10000f, 0);
    chip.now += 1;
    // ECGP is pulled up.
    assert.equal(chip.read(0x01) & 0x10000f, 0x100008);
    chip.model.electrodes(0.1, Infinity);
    chip.read(0x01);
    chip.now += 200;
    assert.equal(chip.read(0x01) & 0x10000f, 0x100001);
    chip.model.electrodes(0.1, 0.1);
    chip.now += 200;
    assert.equal(chip.read(0x01) & 0x100000, 0x100000);
    assert.equal(chip.read(0x01) & 0x10000f, 0);
    // Pulled the other way.
    chip.write(0x10, 0x081a17);
    chip.model.electrodes(Infinity, Infinity);
    chip.now += 200;
    assert.equal(chip.read(0x01) & 0x10000f, 0x100006);
  });

  it("needs a current: 5 nA over 50 MΩ stay below 300 mV, 10 nA do not", () => {
    for (const [current, off] of [
      [0, false],
      [1, false],
      [2, true],
    ] as const) {
      const chip = new Wired();
      chip.sampling(0x001013 | (current << 8));
      chip.model.electrodes(Infinity, 0.1);
      chip.now += 300;
      assert.equal((chip.read(0x01) & 0x100000) !== 0, off, `IMAG ${current}`);
    }
  });

  it("leaves resistive bias off without the channel", () => {
    const chip = new Wired();
    chip.write(0x10, 0x000013);
    assert.equal(chip.read(0x10), 0x000003);
    chip.write(0x10, 0x080013);
    assert.equal(chip.read(0x10), 0x080013);
  });

  it("counts R-R intervals in 7.8125 ms and clears RRINT as CLR_RRINT says", () => {
    const chip = new Wired();
    chip.sampling();
    chip.model.beat();
    assert.equal(chip.read(0x01) & 0x400, 0, "not enabled");
    chip.write(0x1d, 0x3fa300);
    chip.write(0x04, 0x780014);
    chip.model.beat();
    chip.now += 1000;
    chip.model.beat();
    assert.equal(chip.read(0x01) & 0x400, 0x400);
    assert.equal(chip.read(0x01) & 0x400, 0x400);
    assert.equal(chip.read(0x25), 128 << 10);
    assert.equal(chip.read(0x01) & 0x400, 0);
    chip.write(0x04, 0x780004);
    chip.model.beat();
    assert.equal(chip.read(0x01) & 0x400, 0x400);
    assert.equal(chip.read(0x01) & 0x400, 0);
  });

  it("recovers fast for 500 ms once saturated for 125 ms, if told to", () => {
    const chip = new Wired();
    chip.sampling();
    chip.write(0x05, 0xbf0000);
    chip.level = 131000;
    chip.now += 124;
    chip.write(0x0a, 0);
    chip.now += 10;
    assert.equal(tag(chip.burst(32).findLast((word) => tag(word) < 4)!) & 1, 1);
    assert.equal(chip.read(0x01) & 0x200000, 0x200000);
    chip.level = 1;
    chip.now += 520;
    chip.write(0x0a, 0);
    chip.now += 2;
    assert.deepEqual(chip.burst(1).map(tag), [2]);
    chip.read(0x01);
    assert.equal(chip.read(0x01) & 0x200000, 0);
  });
});
