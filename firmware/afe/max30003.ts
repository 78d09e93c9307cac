/**
 * MAX30003 over SPI, from its data sheet (rev. 3) as public drivers quote it: one lead, 18 bits, 128, 256 or 512 Hz from a
 * crystal of 32,768 Hz.
 *
 * A burst of `BURST` words costs two transactions and no JavaScript per sample: STATUS tells what may be wrong with all of
 * them, the last word's tag whether more wait. Only if either says so are the words looked at one by one.
 *
 * What is lost is counted by the clock, from edges of the interrupt line: the edge is the instant of the BURST-th unread
 * sample, so two edges tell how many samples lie between them, whatever became of these. Exact as long as both clocks
 * agree to half a sample over the loss, ±1 where no edge was seen on either side of it.
 */
import type { Lead } from "../../protocol/open";
import type { FrontEnd, Reading } from "../board/board";
import type { Max30003Spec } from "../board/spec";
import type { SpiChip } from "./hardware";

/** Register addresses. */
const STATUS = 0x01;
const EN_INT = 0x02;
const MNGR_INT = 0x04;
const MNGR_DYN = 0x05;
const SW_RST = 0x08;
const SYNCH = 0x09;
const FIFO_RST = 0x0a;
const INFO = 0x0f;
const CNFG_GEN = 0x10;
const CNFG_CAL = 0x12;
const CNFG_EMUX = 0x14;
const CNFG_ECG = 0x15;
const CNFG_RTOR1 = 0x1d;
const ECG_FIFO_BURST = 0x20;
const RTOR = 0x25;

/** D[23:20] of INFO. */
const INFO_PATTERN = 5;

/** D[23:16] of STATUS. */
const EINT = 0x80;
const EOVF = 0x40;
const FSTINT = 0x20;
const DCLOFFINT = 0x10;
/** D[15:8] of STATUS. */
const RRINT = 0x04;
/** Also what a line that is stuck high reads. */
const PLLINT = 0x01;

/** ETAG, the three bits above the lowest three of a FIFO word; +2 = the last one unread. */
const TAG_VALID = 0;
const TAG_FAST = 1;
const TAG_LAST = 2;

const FIFO_WORDS = 32;
/** Half of the FIFO: as much time to be late as between two bursts. */
const BURST = 16;
/** Looked after between edges: a missed one is made good before the FIFO is full. */
const POLL_SAMPLES = 12;
/** No burst for so long: the chip is asked whether it still is what it was. */
const SILENT_SAMPLES = 64;
/** From a reset or a loss of lock until the driver gives up. */
const GIVE_UP_MS = 3000;
const POLL_LOCK_MS = 5;
/** Both clocks are compared over at least so long before the measured rate is believed more than the nominal one. */
const DRIFT_MS = 30000;
/** Sample clocks further apart than crystals can be. */
const MAX_DRIFT = 0.002;

/** EN_ECG; DC lead-off on with 10 nA, ±300 mV, ECGP pulled up; 100 MΩ bias on both inputs. */
const GENERAL = 0x080000 | 0x1000 | 0x0200 | 0x10 | 0x04 | 0x03;
/** Calibration source on, bipolar, 0.5 mV, half of the time high. */
const CALIBRATION = 0x400000 | 0x200000 | 0x100000 | 0x0800;
const CALIBRATION_4_HZ = 3 << 12;
/** Both inputs cut off, ECGP at VCALP, ECGN at VMID: the difference is ±0.5 mV. */
const CALIBRATION_INPUTS = 0x300000 | (2 << 18) | (1 << 16);
export const CALIBRATION_MILLIVOLTS = 0.5;
export const CALIBRATION_HZ = 4;
/** Reset value with detection on. */
const BEATS = 0x3f2300 | 0x8000;
/** Clocks per count of the R-R interval. */
const BEAT_CLOCKS = 256;

export interface Max30003Hooks {
  /** The front end gave up; nothing more will come. @param why for whoever repairs it */
  failed(code: string, why: string): void;
  /** R-R interval that the chip measured, ms; a burst late. Absent: the chip does not look for beats. */
  beat?: (intervalMs: number) => void;
}

/** What the inputs are connected to; the calibration source is for the factory's test. */
export type Max30003Input = "electrodes" | "calibration";

/** Counts per mV: 2^17 × gain / VREF, with VREF = 1000 mV. */
export function countsPerMillivolt(gain: number): number {
  return (131072 * gain) / 1000;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

function nothing(): void {}

const STOPPED = 0;
/** Configured, waiting for the PLL. */
const LOCKING = 1;
const SAMPLING = 2;

class Max30003 implements FrontEnd {
  // The interpreter searches an object's fields in their order: what every burst needs comes first.
  private state = STOPPED;
  /** An edge that no burst has used yet, negative for none. */
  private edgeMs = -1;
  /** The last reading brought a burst, and another may wait. */
  private more = false;
  /** Reads STATUS. */
  private readonly ask = new Uint8Array(4);
  /** D[23:16] of the last STATUS. */
  private terms = 0;
  /** The sample clock is known, and the last burst emptied the FIFO: where the next one stands follows from its edge. */
  private regular = false;
  private burstMs = 0;
  private readonly burst = new Uint8Array(1 + 3 * BURST);
  private readonly words = new Int32Array(BURST);
  /** FIFO emptied at that time: the next burst begins at an index that only the clock knows. Negative while it does not. */
  private cutMs = -1;
  /** Index of the next sample that the FIFO will give. */
  private taken = 0;
  /** The last burst did not empty the FIFO: up to BURST - 1 words stayed, and made no edge. */
  private left = false;
  /** A burst without anything to remark, which most are, and any other reading. */
  private readonly whole: Reading = { leads: [this.words], lost: 0 };
  /** A sample whose time is known. */
  private anchorMs = 0;
  private anchorIndex = 0;
  /** The first such sample since the chip's sample clock started. */
  private baseMs = -1;
  private readonly perMs: number;
  private ready: () => void = nothing;
  private baseIndex = 0;
  /** The sample clock started anew at `cutMs`. */
  private restarted = false;
  private sinceMs = 0;
  private endWatch = nothing;
  private endPoll = nothing;
  private readonly part: Reading = { leads: [this.words], lost: 0 };
  private readonly command = new Uint8Array(4);
  readonly name: string;
  /** 18 bits of data, 3 of tag, 3 unused. */
  readonly packing = { left: 8, right: 14 };
  readonly bearsMs: number;
  readonly rateNum: number;
  readonly rateDen: number;
  readonly bits = 18;
  readonly leads: Lead[];
  private readonly spec: Max30003Spec;
  private readonly hooks: Max30003Hooks;
  private readonly input: Max30003Input;

  constructor(
    private readonly chip: SpiChip,
    spec: Max30003Spec,
    hooks: Max30003Hooks,
    input: Max30003Input,
  ) {
    this.spec = spec;
    this.hooks = hooks;
    this.input = input;
    const common = divisor(spec.fclkHz * spec.rate, 32768);
    this.rateNum = (spec.fclkHz * spec.rate) / common;
    this.rateDen = 32768 / common;
    this.perMs = this.rateNum / this.rateDen / 1000;
    this.bearsMs = FIFO_WORDS / this.perMs;
    this.name = input === "calibration" ? "MAX30003, its calibration signal" : "MAX30003";
    const gain = countsPerMillivolt(spec.gain);
    this.leads = [{ name: "I", unit: "mV", gain, baseline: 0, adcZero: 0 }];
    this.ask[0] = (STATUS << 1) | 1;
    this.burst[0] = (ECG_FIFO_BURST << 1) | 1;
  }

  start(ready: () => void): void {
    const self = this;
    this.ready = ready;
    this.taken = 0;
    this.anchorIndex = -1;
    this.baseMs = -1;
    this.terms = 0;
    this.regular = false;
    this.sinceMs = this.chip.nowMs();
    this.anchorMs = this.sinceMs;
    this.cutMs = -1;
    this.configure();
    this.endWatch = this.chip.watch(function (atMs) {
      // One that waited while a poll read its burst tells nothing about the next one.
      if (atMs > self.burstMs) self.edgeMs = atMs;
      self.serve();
    });
    this.awaitLock();
  }

  stop(): void {
    if (this.state === STOPPED) return;
    this.state = STOPPED;
    this.endWatch();
    this.endPoll();
    // Channel and current sources off: EN_ECG is 0 after a reset.
    this.write(SW_RST, 0);
  }

  contact(): boolean {
    return (this.terms & DCLOFFINT) === 0;
  }

  /** The words of one burst; they are overwritten by the next call. */
  read(): Reading {
    const edgeMs = this.edgeMs;
    this.edgeMs = -1;
    this.more = false;
    if (this.state !== SAMPLING) return this.partly(0, 0);
    const chip = this.chip;
    const status = chip.transfer(this.ask);
    const terms = status[1];
    this.terms = terms;
    if ((terms & (EINT | EOVF)) !== EINT || (status[2] & (RRINT | PLLINT)) !== 0) {
      if (!this.heed(terms, status[2])) return this.partly(0, 0);
    }
    const words = this.words;
    chip.words24(chip.transfer(this.burst), words);
    const tag = (words[BURST - 1] >> 3) & 7;
    // By the edge it would be known as well, without asking the clock.
    this.burstMs = edgeMs >= 0 ? edgeMs : chip.nowMs();
    if (tag !== TAG_LAST || edgeMs < 0 || !this.regular || (terms & FSTINT) !== 0)
      return this.unusual(tag, edgeMs, (terms & FSTINT) !== 0);
    this.anchorMs = edgeMs;
    this.taken += BURST;
    this.anchorIndex = this.taken - 1;
    return this.whole;
  }

  /** @returns whether there is a burst to be read nevertheless */
  private heed(terms: number, more: number): boolean {
    if ((more & PLLINT) !== 0) {
      this.restart();
      return false;
    }
    if ((more & RRINT) !== 0 && this.hooks.beat) this.hooks.beat(this.interval());
    if ((terms & EOVF) !== 0) {
      this.write(FIFO_RST, 0);
      this.cutMs = this.chip.nowMs();
      this.regular = false;
      this.burstMs = this.cutMs;
      this.left = false;
      return false;
    }
    return (terms & EINT) !== 0;
  }

  /** A burst that does not empty the FIFO, is the first one since it was emptied, or may hold what is no sample. */
  private unusual(tag: number, edgeMs: number, fast: boolean): Reading {
    let lost = 0;
    if (this.cutMs >= 0) lost = this.resume(edgeMs);
    else if (edgeMs >= 0) this.anchor(edgeMs, this.taken + BURST - 1);
    this.taken += lost;
    this.left = (tag & TAG_LAST) === 0;
    this.more = this.left;
    this.regular = !this.left && this.baseMs >= 0;
    if (fast || (tag & ~TAG_LAST) !== TAG_VALID) return this.sift(lost);
    this.taken += BURST;
    return this.partly(BURST, lost);
  }

  private partly(samples: number, lost: number): Reading {
    this.part.leads[0] = this.words.subarray(0, samples);
    this.part.lost = lost;
    return this.part;
  }

  private serve(): void {
    if (this.state !== SAMPLING) return;
    // Two bursts are a whole FIFO; the third finds what came meanwhile.
    this.ready();
    for (let round = 1; this.more && round < 3 && this.state === SAMPLING; round++) this.ready();
  }

  /** Time alone brings it here: an edge may have been missed, or the chip may be gone. */
  private poll(): void {
    const quiet = (this.chip.nowMs() - this.burstMs) * this.perMs;
    if (quiet <= (this.left ? FIFO_WORDS - BURST - POLL_SAMPLES : BURST)) return;
    this.serve();
    if (this.state === SAMPLING && this.chip.nowMs() - this.burstMs > SILENT_SAMPLES / this.perMs)
      this.restart();
  }

  /**
   * Samples by the FIFO's tags, where not all are valid: a fast one has a place in time but no voltage; what reads empty or
   * overflowed is none, and the next STATUS tells why.
   */
  private sift(lost: number): Reading {
    const words = this.words;
    let valid = 0;
    let fast = 0;
    for (let i = 0; i < BURST; i++) {
      const tag = (words[i] >> 3) & ~TAG_LAST & 7;
      if (tag === TAG_FAST) fast++;
      if (tag !== TAG_VALID) continue;
      // A reading can declare a loss before its samples only: what was good before it is given up, not moved.
      if (fast > 0 && valid > 0) {
        fast += valid;
        valid = 0;
      }
      words[valid++] = words[i];
    }
    // Behind the last good sample: nothing to declare it before, so these go too.
    if (((words[BURST - 1] >> 3) & TAG_FAST) !== 0) {
      fast += valid;
      valid = 0;
    }
    this.taken += fast + valid;
    return this.partly(valid, lost + fast);
  }

  /** Samples lost before the burst that was just read, the first one since the FIFO was emptied. */
  private resume(edgeMs: number): number {
    const known = edgeMs > this.cutMs;
    const first = known
      ? Math.round(this.indexAt(edgeMs)) - BURST + 1
      : Math.floor(this.indexAt(this.cutMs)) + 1;
    const lost = Math.max(0, first - this.taken);
    this.cutMs = -1;
    if (this.restarted) this.baseMs = -1;
    this.restarted = false;
    if (known) this.anchor(edgeMs, this.taken + lost + BURST - 1);
    return lost;
  }

  private anchor(atMs: number, index: number): void {
    this.anchorMs = atMs;
    this.anchorIndex = index;
    if (this.baseMs >= 0) return;
    this.baseMs = atMs;
    this.baseIndex = index;
  }

  /** Index, with its fraction, of the sample instant at a time, by the sample rate as this clock measured it. */
  private indexAt(atMs: number): number {
    let perMs = this.perMs;
    if (this.baseMs >= 0 && this.anchorMs - this.baseMs > DRIFT_MS) {
      const measured = (this.anchorIndex - this.baseIndex) / (this.anchorMs - this.baseMs);
      if (Math.abs(measured / perMs - 1) < MAX_DRIFT) perMs = measured;
    }
    return this.anchorIndex + (atMs - this.anchorMs) * perMs;
  }

  private interval(): number {
    return ((this.register(RTOR) >> 10) * BEAT_CLOCKS * 1000) / this.spec.fclkHz;
  }

  /** The chip is not what it was: reset, or its clock lost. What it held is worth nothing. */
  private restart(): void {
    this.sinceMs = this.chip.nowMs();
    this.endPoll();
    this.configure();
    this.awaitLock();
  }

  private awaitLock(): void {
    const self = this;
    this.endPoll = this.chip.every(POLL_LOCK_MS, function () {
      self.lock();
    });
  }

  private configure(): void {
    const calibrating = this.input === "calibration";
    this.state = LOCKING;
    this.write(SW_RST, 0);
    // INFO does not answer as the first command after a reset.
    this.register(STATUS);
    this.write(CNFG_GEN, GENERAL);
    this.write(CNFG_CAL, calibrating ? CALIBRATION | CALIBRATION_4_HZ : 0);
    this.write(CNFG_EMUX, calibrating ? CALIBRATION_INPUTS : 0);
    this.write(CNFG_ECG, this.channel());
    this.write(CNFG_RTOR1, this.hooks.beat ? BEATS : BEATS & ~0x8000);
    // No fast recovery: a filter that is switched by itself does not belong in a record.
    this.write(MNGR_DYN, 0x3f0000);
    // EINT at BURST words; RRINT cleared by reading RTOR.
    this.write(MNGR_INT, ((BURST - 1) << 19) | (1 << 4) | 4);
    // Only EINT moves the line, so that an edge is an instant of the sample clock; the rest is read with every burst.
    this.write(EN_INT, (EINT << 16) | 3);
  }

  /** RATE, GAIN; high-pass off, so that the capacitor at CAPP and CAPN alone sets the corner; the widest low-pass. */
  private channel(): number {
    const rate = this.spec.rate === 512 ? 0 : this.spec.rate === 256 ? 1 : 2;
    const gain = this.spec.gain === 20 ? 0 : this.spec.gain === 40 ? 1 : this.spec.gain === 80 ? 2 : 3;
    return (rate << 22) | (gain << 16) | ((3 - rate) << 12);
  }

  /** Waits for the PLL, then starts the sample clock. */
  private lock(): void {
    if (this.state === SAMPLING) return;
    const self = this;
    const now = this.chip.nowMs();
    const info = this.register(INFO) >> 20;
    const kept = info === INFO_PATTERN && this.register(CNFG_GEN) === GENERAL;
    if (kept && ((this.register(STATUS) >> 8) & PLLINT) === 0) {
      this.write(SYNCH, 0);
      this.state = SAMPLING;
      this.begin(now);
      this.endPoll();
      this.endPoll = this.chip.every(POLL_SAMPLES / this.perMs, function () {
        self.poll();
      });
      return;
    }
    if (now - this.sinceMs <= GIVE_UP_MS) {
      if (!kept) this.configure();
      return;
    }
    this.stop();
    if (kept)
      this.hooks.failed("AFE_CLOCK", "the MAX30003's PLL does not lock: look at the oscillator on FCLK");
    else
      this.hooks.failed(
        "AFE_ABSENT",
        "no MAX30003 on SPI: INFO begins with " + info + ", not 5: look at the wiring",
      );
  }

  /** The sample clock started. */
  private begin(now: number): void {
    this.burstMs = now;
    this.left = false;
    this.edgeMs = -1;
    if (this.anchorIndex < 0) {
      this.anchorMs = now;
      return;
    }
    this.cutMs = now;
    this.regular = false;
    this.restarted = true;
  }

  private register(address: number): number {
    const command = this.command;
    command[0] = (address << 1) | 1;
    const answer = this.chip.transfer(command);
    return (answer[1] << 16) | (answer[2] << 8) | answer[3];
  }

  private write(address: number, value: number): void {
    const command = this.command;
    command[0] = address << 1;
    command[1] = value >> 16;
    command[2] = value >> 8;
    command[3] = value;
    this.chip.transfer(command);
    command[1] = 0;
    command[2] = 0;
    command[3] = 0;
  }
}

/** @param hooks told of what the recording does not hold */
export function max30003(
  spec: Max30003Spec,
  chip: SpiChip,
  hooks: Max30003Hooks,
  input: Max30003Input,
): FrontEnd {
  return new Max30003(chip, spec, hooks, input);
}
