/** A board whose time, randomness and heart are scripted, so that a program of these tests gives the same bytes everywhere. */

import type { Board, Flash, FrontEnd, RadioPort, Reading } from "../../../firmware/board/board";
import { EspruinoCrypto } from "../../../firmware/espruino/crypto";
import { fromHex } from "../../../protocol/bytes";

/** NOR flash in memory. */
export class MemoryFlash implements Flash {
  private readonly content: Uint8Array;

  constructor(
    readonly pages: number,
    readonly pageBytes: number,
  ) {
    this.content = new Uint8Array(pages * pageBytes);
    this.content.fill(255, 0, pages * pageBytes);
  }

  read(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    out.set(this.content.subarray(address, address + length), 0);
    return out;
  }

  write(address: number, bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      if ((this.content[address + i] & bytes[i]) !== bytes[i])
        throw new Error("programs a 0 to 1 at " + (address + i));
      this.content[address + i] = bytes[i];
    }
  }

  erase(page: number): void {
    this.content.fill(255, page * this.pageBytes, (page + 1) * this.pageBytes);
  }
}

/** A random generator of 32 bits' state: George Marsaglia's xorshift, "Xorshift RNGs", 2003. */
export class Xorshift {
  constructor(private state: number) {}

  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.next() & 255;
    return out;
  }
}

interface Timer {
  atMs: number;
  run: () => void;
}

/** Timers of a clock that only `pass` moves; those of one instant run in the order of their making. */
export class ScriptedClock {
  nowMs = 0;
  private timers: Timer[] = [];

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + ms, run };
    this.timers.push(timer);
    const self = this;
    return function () {
      const at = self.timers.indexOf(timer);
      if (at >= 0) self.timers.splice(at, 1);
    };
  }

  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (;;) {
      let first = -1;
      for (let i = 0; i < this.timers.length; i++)
        if (this.timers[i].atMs <= until && (first < 0 || this.timers[i].atMs < this.timers[first].atMs))
          first = i;
      if (first < 0) break;
      const timer = this.timers[first];
      this.timers.splice(first, 1);
      this.nowMs = Math.max(this.nowMs, timer.atMs);
      timer.run();
    }
    this.nowMs = until;
  }
}

/** A heart of triangles and noise: integers only, 18 bits. */
class ScriptedHeart implements FrontEnd {
  readonly name = "scripted";
  readonly packing = { left: 0, right: 0 };
  readonly bearsMs = 125;
  readonly rateDen = 1;
  readonly bits = 18;
  readonly leads = [{ name: "I", unit: "mV", gain: 2000, baseline: 0, adcZero: 0 }];
  private readonly noise = new Xorshift(2463534242);
  private sample = 0;
  private readSamples = 0;
  private cancel = function (): void {};
  /** Samples that its FIFO loses before the next reading. */
  loses = 0;

  constructor(
    private readonly clock: ScriptedClock,
    readonly rateNum: number,
  ) {}

  start(ready: () => void): void {
    this.readSamples = 0;
    const self = this;
    const samples = this.rateNum / 16;
    function tick(): void {
      self.cancel = self.clock.after(1000 / 16, tick);
      self.readSamples = samples;
      ready();
    }
    this.cancel = this.clock.after(1000 / 16, tick);
  }

  stop(): void {
    this.cancel();
  }

  read(): Reading {
    const words = new Int32Array(this.readSamples);
    for (let i = 0; i < words.length; i++) {
      const phase = this.sample % this.rateNum;
      const beat = phase < 8 ? phase * 450 : phase < 16 ? (16 - phase) * 450 : 0;
      const value = beat + (this.noise.next() & 31) - 16;
      words[i] = value;
      this.sample++;
    }
    const lost = this.loses;
    this.loses = 0;
    this.readSamples = 0;
    return { leads: [words], lost };
  }
}

class ScriptedRadio implements RadioPort {
  readonly notificationsPerSecond = 100;
  onConnect = function (): void {};
  onDisconnect = function (): void {};
  onWrite: (bytes: Uint8Array) => void = function () {};

  constructor(private readonly heard: (bytes: Uint8Array) => void) {}

  notificationBytes(): number {
    return 128;
  }

  notify(bytes: Uint8Array): void {
    this.heard(bytes);
  }

  advertise(): void {}
  admit(): void {}
  disconnect(): void {}
}

export class ScriptedBoard implements Board {
  readonly clock = new ScriptedClock();
  readonly crypto: EspruinoCrypto;
  readonly radio: ScriptedRadio;
  readonly frontEnd: ScriptedHeart;
  readonly eraseMs = 0;
  alive(): void {}
  tidy(): void {}
  readonly tidyMs = 0;
  readonly identity = {
    device: fromHex("d0d1d2d3d4d5d6d7"),
    claimCode: fromHex("00112233445566778899aabbccddeeff"),
    certificate: fromHex("a0"),
    signing: { seed: new Uint8Array(32), trees: 1, height: 5 },
  };

  constructor(
    readonly flash: Flash,
    readonly vault: Flash,
    rate: number,
    seed: number,
    heard: (bytes: Uint8Array) => void,
  ) {
    const random = new Xorshift(seed);
    const crypto = new EspruinoCrypto();
    crypto.random = function (length) {
      return random.bytes(length);
    };
    this.crypto = crypto;
    this.radio = new ScriptedRadio(heard);
    this.frontEnd = new ScriptedHeart(this.clock, rate);
  }

  crc32(bytes: Uint8Array): number {
    return E.CRC32(bytes);
  }

  uptimeMs(): number {
    return this.clock.nowMs;
  }

  after(ms: number, run: () => void): () => void {
    return this.clock.after(ms, run);
  }

  batteryMillivolts(): number {
    return 3900;
  }

  wipeAsked(): boolean {
    return false;
  }

  show(): void {}
}
