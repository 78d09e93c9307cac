/**
 * AD8232 on the board's own converter: 8 bits, uncalibrated, timed by the interpreter's timer. For teaching: every
 * recording says so in its front end's name, in its bits and by a gain of 0.
 *
 * Two buffers take turns. The interpreter tells that they did, not how often: two turns look like none, three like one. As
 * the number between two calls is odd, the clock tells it as long as a call comes less than a buffer late. What nobody can
 * tell: a loss whose buffers took an even number of turns before `stop`, and how far the timer strays from `rate`.
 */
import type { FrontEnd, Reading } from "../board/board";
import type { Ad8232Spec } from "../board/spec";
import type { SampledPin } from "./hardware";

/** Of a second: a buffer is borne as long again before it is overwritten. */
const BUFFERS_PER_SECOND = 2;
const MIDDLE = 128;

function nothing(): void {}

class Ad8232 implements FrontEnd {
  readonly name = "AD8232 8-bit, for teaching";
  readonly packing = { left: 0, right: 0 };
  readonly bearsMs: number;
  readonly rateNum: number;
  readonly rateDen = 1;
  readonly bits = 8;
  readonly leads = [{ name: "I", unit: "mV", gain: 0, baseline: 0, adcZero: 0 }];
  private readonly samples: number;
  private readonly words: Int32Array;
  private readonly none = new Int32Array(0);
  private readonly centred = new Int16Array(256);
  private readonly reading: Reading = { leads: [this.none], lost: 0 };
  private endSampling = nothing;
  private electrodesOn = true;
  private filled: Uint8Array | undefined;
  private turnedMs = 0;
  private lost = 0;

  constructor(
    spec: Ad8232Spec,
    private readonly pin: SampledPin,
  ) {
    this.rateNum = spec.rate;
    this.samples = Math.ceil(spec.rate / BUFFERS_PER_SECOND);
    this.bearsMs = (1000 * this.samples) / spec.rate;
    this.words = new Int32Array(this.samples);
    for (let byte = 0; byte < 256; byte++) this.centred[byte] = byte - MIDDLE;
  }

  start(ready: () => void): void {
    const self = this;
    this.filled = undefined;
    this.lost = 0;
    this.pin.power(true);
    this.turnedMs = this.pin.nowMs();
    this.endSampling = this.pin.sample(this.rateNum, this.samples, function (buffer) {
      self.turned(buffer);
      ready();
    });
  }

  stop(): void {
    this.endSampling();
    this.endSampling = nothing;
    this.pin.power(false);
  }

  contact(): boolean {
    return this.electrodesOn;
  }

  read(): Reading {
    const reading = this.reading;
    reading.leads[0] = this.none;
    reading.lost = this.lost;
    this.lost = 0;
    if (this.filled) {
      this.pin.remap(this.filled, this.centred, this.words);
      reading.leads[0] = this.words;
      this.filled = undefined;
    }
    return reading;
  }

  private turned(buffer: Uint8Array): void {
    const now = this.pin.nowMs();
    const pairs = Math.floor((now - this.turnedMs) / (2 * this.bearsMs));
    this.lost += 2 * pairs * this.samples;
    this.turnedMs = now;
    this.filled = buffer;
    this.electrodesOn = !this.pin.leadOff();
  }
}

export function ad8232(spec: Ad8232Spec, pin: SampledPin): FrontEnd {
  return new Ad8232(spec, pin);
}
