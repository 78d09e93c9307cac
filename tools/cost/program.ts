/** Runs on the interpreter: times the reference loops and the firmware's own work in turn, several times over. */

import { EspruinoCrypto } from "../../firmware/espruino/crypto";
import { encodeData } from "../../protocol/bodies";
import { chainNext } from "../../protocol/chain";
import { encodeWords, GrowingBlock } from "../../protocol/codec/block";
import { fragment } from "../../protocol/fragments";
import { FrameType } from "../../protocol/header";
import { sealFrame } from "../../protocol/seal";
import { BURST, Unit } from "./unit";

/** Put before the program. */
declare const DATA: {
  rounds: number;
  notificationBytes: number;
  rates: (128 | 256 | 512)[];
  blocks: number[][];
};

const crypto = new EspruinoCrypto();
const key = new Uint8Array(16);

/** A second of heart at the middle rate and of 14 bits, for the references: their Rice codes are for such. */
const samples = new Int32Array(DATA.blocks[1]);
const count = samples.length;
for (let i = 0; i < count; i++) samples[i] >>= 4;
const out = new Uint8Array(4 * count);

function riceFlat(): number {
  let at = 0;
  let acc = 0;
  let bits = 0;
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const d = samples[i] - previous;
    previous = samples[i];
    const u = (d << 1) ^ (d >> 31);
    let q = u >> 4;
    while (q > 0) {
      acc = (acc << 1) | 1;
      bits++;
      q--;
      if (bits === 8) {
        out[at++] = acc;
        acc = 0;
        bits = 0;
      }
    }
    acc = (acc << 5) | (u & 15);
    bits += 5;
    while (bits >= 8) {
      bits -= 8;
      out[at++] = acc >> bits;
      acc &= (1 << bits) - 1;
    }
  }
  return at;
}

class BitWriter {
  private at = 0;
  private acc = 0;
  private bits = 0;

  bit(value: number): void {
    this.acc = (this.acc << 1) | value;
    if (++this.bits === 8) {
      out[this.at++] = this.acc;
      this.acc = 0;
      this.bits = 0;
    }
  }

  put(value: number, width: number): void {
    for (let i = width - 1; i >= 0; i--) this.bit((value >> i) & 1);
  }

  rice(u: number): void {
    for (let q = u >> 4; q > 0; q--) this.bit(1);
    this.bit(0);
    this.put(u & 15, 4);
  }
}

function riceByClass(): void {
  const writer = new BitWriter();
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const d = samples[i] - previous;
    previous = samples[i];
    writer.rice((d << 1) ^ (d >> 31));
  }
}

function delta8(): number {
  let at = 0;
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const d = samples[i] - previous;
    previous = samples[i];
    if (d > -128 && d < 128) out[at++] = d;
    else {
      out[at++] = 128;
      out[at++] = samples[i] >> 8;
      out[at++] = samples[i];
    }
  }
  return at;
}

function pack12(): number {
  let at = 0;
  for (let i = 0; i + 1 < count; i += 2) {
    const a = samples[i];
    const b = samples[i + 1];
    out[at++] = a >> 4;
    out[at++] = ((a & 15) << 4) | ((b >> 8) & 15);
    out[at++] = b;
  }
  return at;
}

function callback(): void {
  samples.forEach(function () {});
}

function copy(): void {
  const to = new Int32Array(count);
  to.set(samples, 0);
}

function encode(block: Int32Array): Uint8Array {
  return encodeWords([block], { leads: 1, bits: 18, nominal: block.length }, 0, 0);
}

/** The same as a unit without native code does it, burst after burst. */
function grow(growing: GrowingBlock, count: number): void {
  for (let filled = BURST; filled < count; filled += BURST) growing.grow(filled);
  growing.end();
}

/** What becomes of an encoded block: body, seal, chain, checksum of its record, notifications. */
function frameOf(bytes: Uint8Array): number {
  const header = { type: FrameType.data, epoch: 1, recording: 7, sequence: 9 };
  const frame = sealFrame(crypto, key, header, encodeData({ firstSample: 100000, block: bytes }));
  chainNext(crypto, new Uint8Array(32), frame);
  E.CRC32(frame);
  return fragment(frame, 1, DATA.notificationBytes).length;
}

/** Seconds that a run takes, from enough of them for the clock. */
function timed(run: () => void, runs: number): number {
  const began = getTime();
  for (let i = 0; i < runs; i++) run();
  return (getTime() - began) / runs;
}

const encoded = DATA.blocks.map(function (block) {
  return encode(new Int32Array(block));
});
const rows: { [name: string]: number[] } = {};

function note(name: string, run: () => void, runs: number): void {
  if (rows[name] === undefined) rows[name] = [];
  rows[name].push(timed(run, runs));
}

const units = DATA.rates.map(function (rate, i) {
  const ready = function (): Uint8Array {
    return encoded[i];
  };
  return new Unit(rate, ready, DATA.notificationBytes, crypto);
});

for (let round = 0; round < DATA.rounds; round++) {
  note("riceFlat", riceFlat, 2);
  note("riceByClass", riceByClass, 1);
  note("delta8", delta8, 3);
  note("pack12", pack12, 3);
  note("callback", callback, 3);
  note("copy", copy, 100);
  for (let rate = 0; rate < 3; rate++) {
    const block = new Int32Array(DATA.blocks[rate]);
    const bytes = encoded[rate];
    note(
      "encode" + rate,
      function () {
        encode(block);
      },
      1,
    );
    note(
      "frame" + rate,
      function () {
        frameOf(bytes);
      },
      10,
    );
    const growing = new GrowingBlock([block], { leads: 1, bits: 18, nominal: block.length }, 0, 0);
    note(
      "grow" + rate,
      function () {
        grow(growing, block.length);
      },
      1,
    );
    const unit = units[rate];
    note(
      "second" + rate,
      function () {
        unit.record();
      },
      1,
    );
    note(
      "bench" + rate,
      function () {
        unit.idle();
      },
      1,
    );
    const word = unit.receipt();
    note(
      "receipt" + rate,
      function () {
        unit.receipted(word);
      },
      1,
    );
  }
}
print(
  JSON.stringify({
    rows,
    bytes: encoded.map(function (bytes) {
      return bytes.length;
    }),
    notifications: encoded.map(frameOf),
    arrived: units.map(function (unit) {
      return unit.arrived();
    }),
  }),
);
