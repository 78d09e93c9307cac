/** `SPI1` with the front end's model at its other end, fed from a file of samples. */
import { Max30003Model } from "../../../tools/sim/afe/max30003";
import { every, uptimeMs } from "./clock";
import type { Pins } from "./pins";

/** Samples read from the file at a time. */
const CHUNK = 512;
const PLL_LOCK_MS = 20;
/** Of a revision 1 chip. */
const INFO = 0x510000;
/** How late the interrupt line is looked at, at most. */
const LOOK_MS = 16;
/** Address and write bit of the command that starts the sample clock. */
const SYNCH = 0x09 << 1;

/** How the board is wired, and what comes in from the body. */
export interface Wiring {
  cs: string;
  int: string;
  fclkHz: number;
}

export class Chip {
  private readonly model: Max30003Model;
  private readonly file: EspruinoFile;
  private chunk: Int32Array = new Int32Array(0);
  private at = 0;
  /** Samples given to the converter since its clock was last started. */
  private given = 0;
  private ready = false;

  constructor(
    private readonly pins: Pins,
    private readonly wiring: Wiring,
  ) {
    const self = this;
    this.file = E.openFile("samples", "r");
    this.model = new Max30003Model({
      nowMs: uptimeMs,
      next: function (): number {
        return self.next();
      },
      fclkHz: wiring.fclkHz,
      pllLockMs: PLL_LOCK_MS,
      info: INFO,
    });
    pins.drive(wiring.int, 1);
    every(function () {
      self.look();
    }, LOOK_MS);
  }

  /** The file is played again and again. */
  private next(): number {
    if (this.at === this.chunk.length) {
      let text = this.file.read(4 * CHUNK);
      if (!text) {
        this.file.seek(0);
        text = this.file.read(4 * CHUNK)!;
      }
      this.at = 0;
      this.chunk = new Int32Array(E.toArrayBuffer(text));
    }
    this.given++;
    return this.chunk[this.at++];
  }

  /** The file begins with the sample clock: what the chip converted before was nobody's. */
  private rewind(): void {
    this.file.seek(0);
    this.chunk = new Int32Array(0);
    this.at = 0;
    this.given = 0;
  }

  private look(): void {
    this.pins.drive(this.wiring.int, this.model.interruptLow() ? 0 : 1);
  }

  /** Megohms between each electrode and the skin. */
  electrodes(positive: number, negative: number): void {
    this.model.electrodes(positive, negative);
  }

  counts(): unknown {
    return { given: this.given, lost: this.model.lost };
  }

  install(scope: { [name: string]: unknown }): void {
    const self = this;
    // The runtime finds its own object before one of that name in its scope: its methods are replaced.
    const spi = scope.SPI1 as { [name: string]: unknown };
    spi.setup = function (): void {
      self.ready = true;
    };
    spi.send = function (data: unknown, cs: unknown): Uint8Array {
      if (!self.ready) throw new Error("SPI is not set up");
      if ("" + cs !== self.wiring.cs) throw new Error("no chip is selected by " + cs);
      const bytes = E.toUint8Array(data);
      if (bytes[0] === SYNCH) self.rewind();
      const answer = self.model.transfer(bytes);
      self.look();
      return answer;
    };
  }
}
