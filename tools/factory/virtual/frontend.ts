/** What stands on a virtual unit's SPI: the model of the front end, with the faults of a bad one. */
import { Max30003Model } from "../../sim/afe/max30003";

export interface FrontEndFaults {
  /** Nobody answers on SPI. */
  dead?: boolean;
  /** Its calibration source is so many times what it should be. */
  calibration?: number;
  /** RMS of its noise, counts. */
  noise?: number;
  /** Its lead-off comparator never sees an electrode go. */
  deafLeads?: boolean;
}

/** Counts, RMS: 5 µV peak to peak at 150 Hz and 20 V/V are about a sixth of that RMS. */
const NOISE = 2.5;
/** Of a revision 1 chip. */
const INFO = 0x510000;
const PLL_LOCK_MS = 20;
const FCLK_HZ = 32768;
const ECG_FIFO_BURST = 0x20;
const STATUS = 0x01;
const DCLOFF = 0x100f;

export class ModelFrontEnd {
  private readonly model: Max30003Model;
  private seed = 1;

  constructor(
    nowMs: () => number,
    private readonly faults: FrontEndFaults,
  ) {
    this.model = new Max30003Model({
      nowMs,
      next: () => 0,
      fclkHz: FCLK_HZ,
      pllLockMs: PLL_LOCK_MS,
      info: INFO,
    });
  }

  /** @param off whether the electrodes hang in the air */
  electrodes(off: boolean): void {
    const megohms = off && !this.faults.deafLeads ? Number.POSITIVE_INFINITY : 0.05;
    this.model.electrodes(megohms, megohms);
  }

  transfer(bytes: Uint8Array): Uint8Array {
    if (this.faults.dead) return new Uint8Array(bytes.length).fill(0xff);
    const answer = this.model.transfer(bytes);
    const address = bytes[0]! >> 1;
    if ((bytes[0]! & 1) === 1 && address === ECG_FIFO_BURST) this.blur(answer);
    if (this.faults.deafLeads && (bytes[0]! & 1) === 1 && address === STATUS) {
      answer[1]! &= ~(DCLOFF >> 8);
      answer[3]! &= ~(DCLOFF & 15);
    }
    return answer;
  }

  /** The converter's noise, and a source that is off: what the model of the registers does not know. */
  private blur(answer: Uint8Array): void {
    // In the subset of the language that the runtime reads: tests run this on the interpreter as well.
    const calibration = this.faults.calibration === undefined ? 1 : this.faults.calibration;
    const noise = this.faults.noise === undefined ? NOISE : this.faults.noise;
    for (let at = 1; at + 3 <= answer.length; at += 3) {
      const word = (answer[at]! << 16) | (answer[at + 1]! << 8) | answer[at + 2]!;
      // Above a tag that says it is a sample.
      if (((word >> 3) & 7) > 3) continue;
      const sample = Math.round(((word << 8) >> 14) * calibration + noise * this.gauss());
      const told = ((sample & 0x3ffff) << 6) | (word & 63);
      answer[at] = told >> 16;
      answer[at + 1] = told >> 8;
      answer[at + 2] = told;
    }
  }

  /** Twelve uniform ones, less six. */
  private gauss(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) {
      // Exact in a double, so that it is the same in the runtime.
      this.seed = (this.seed * 16807) % 2147483647;
      sum += this.seed / 2147483647;
    }
    return sum;
  }
}
