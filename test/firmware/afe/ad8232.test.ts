import assert from "node:assert/strict";
import { ad8232 } from "../../../firmware/afe/ad8232";
import { encodeBlock } from "../../../protocol/codec/block";
import { decodeBlock } from "../../../protocol/codec/decode";

/**
 * The interpreter's double buffer: it turns by itself, and its event is raised once JavaScript runs, only if the buffer that
 * fills is another than at the last event.
 */
function bench(rate: number) {
  let now = 0;
  let byte = 0;
  let fill: Uint8Array[] = [];
  let event: ((buffer: Uint8Array) => void) | undefined;
  let turns = 0;
  let told = 0;
  let off = false;
  let powered = false;
  const frontEnd = ad8232(
    { kind: "ad8232", out: "", loPlus: "", loMinus: "", shutdown: "", rate },
    {
      nowMs: () => now,
      sample(_rate, samples, full) {
        fill = [new Uint8Array(samples), new Uint8Array(samples)];
        event = full;
        return () => {
          event = undefined;
        };
      },
      remap(bytes, table, words) {
        for (const [i, value] of bytes.entries()) words[i] = table[value]!;
      },
      leadOff: () => off,
      power(on) {
        powered = on;
      },
    },
  );
  const values: number[] = [];
  const at = { position: 0, lost: 0 };
  frontEnd.start(() => {
    const { leads, lost } = frontEnd.read();
    at.lost += lost;
    at.position += lost;
    for (const word of leads[0]!) values[at.position++] = word;
  });
  return {
    frontEnd,
    values,
    at,
    powered: () => powered,
    off(value: boolean) {
      off = value;
    },
    /** Buffers fill, and JavaScript runs `lateMs` after the last of them did. */
    turn(buffers: number, lateMs = 0) {
      for (let i = 0; i < buffers; i++) {
        const buffer = fill[turns % 2]!;
        for (let j = 0; j < buffer.length; j++) buffer[j] = byte++;
        turns++;
      }
      now = turns * frontEnd.bearsMs + lateMs;
      if (turns % 2 === told % 2) return;
      told = turns;
      event?.(fill[(turns - 1) % 2]!);
    },
  };
}

describe("the AD8232's driver", () => {
  it("says in every recording that it is for teaching", () => {
    const { frontEnd } = bench(250);
    assert.match(frontEnd.name, /AD8232 8-bit, for teaching/);
    assert.equal(frontEnd.bits, 8);
    assert.equal(frontEnd.leads[0]!.gain, 0, "uncalibrated");
    assert.deepEqual([frontEnd.rateNum, frontEnd.rateDen, frontEnd.bearsMs], [250, 1, 500]);
  });

  it("reads every sample, with the converter's middle at 0, in blocks that fit 8 bits", () => {
    const { values, turn, at, frontEnd } = bench(250);
    for (let i = 0; i < 40; i++) turn(1, (i * 97) % 499);
    assert.equal(at.lost, 0);
    assert.equal(values.length, 40 * 125);
    for (const [i, value] of values.entries()) assert.equal(value, (i & 255) - 128);
    const shape = { leads: 1, bits: frontEnd.bits, nominal: 250 };
    const block = Int32Array.from(values.slice(0, 250));
    assert.deepEqual(decodeBlock(encodeBlock([block], shape), shape), [block]);
  });

  it("declares buffers that turned more than once before they were read", () => {
    const { values, turn, at } = bench(250);
    turn(1, 10);
    // Two turns look like none: the third one brings them to light.
    turn(2, 300);
    assert.equal(at.lost, 0);
    turn(1, 400);
    assert.equal(at.lost, 2 * 125);
    turn(1, 0);
    turn(5, 499);
    assert.equal(at.lost, 6 * 125);
    for (const [i, value] of Object.entries(values)) assert.equal(value, (Number(i) & 255) - 128, i);
  });

  it("knows whether the electrodes touch, and switches the amplifier", () => {
    const { frontEnd, turn, off, powered, at } = bench(250);
    assert.equal(powered(), true);
    turn(1);
    assert.equal(frontEnd.contact!(), true);
    off(true);
    turn(1);
    assert.equal(frontEnd.contact!(), false);
    off(false);
    turn(1);
    assert.equal(frontEnd.contact!(), true);
    frontEnd.stop();
    assert.equal(powered(), false);
    const { position } = at;
    turn(3);
    assert.equal(at.position, position);
  });
});
