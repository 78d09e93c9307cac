import assert from "node:assert/strict";
import fc from "fast-check";
import { packBeats, unpackBeats } from "../../../../gateway/store/findings/beatbytes";

const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`beats as bytes (seed ${seed})`, () => {
  it("are what their form says, byte by byte", () => {
    const packed = packBeats(
      [
        { sample: 5, class: "N", confidence: 1 },
        { sample: 205, class: "V", confidence: 0.4 },
        { sample: 5_000_205, class: "Q", confidence: 0 },
      ],
      0,
    );
    // 5 * 8; 200 * 8 + 2 = 0x642; 5,000,000 * 8 + 4 = 0x2625a04.
    const said = [3, 0x28, 255, 0xc2, 0x0c, 102, 0x84, 0xb4, 0x89, 0x13, 0];
    assert.deepEqual([...packed], [...said, ...new Array(64 - said.length).fill(0)]);
  });

  it("come back as they were, confidences in 255ths", () => {
    const beat = fc.record({
      behind: fc.oneof(fc.nat(2000), fc.nat(2 ** 31)),
      class: fc.constantFrom("N", "S", "V", "F", "Q"),
      parts: fc.nat(255),
    });
    fc.assert(
      fc.property(fc.array(beat, { maxLength: 300 }), fc.nat(2000), (made, seconds) => {
        let sample = 0;
        const beats = made.map((one) => {
          sample += one.behind;
          return { sample, class: one.class as "N", confidence: one.parts / 255 };
        });
        assert.deepEqual(unpackBeats(packBeats(beats, seconds)), beats);
      }),
      { seed },
    );
  });

  it("tell by their length no heart rate below 85 a minute, and take less than 400 kB a day", () => {
    const hour = (rate: number) =>
      packBeats(
        Array.from({ length: 60 * rate }, (_, k) => ({
          sample: Math.round((k * 60 * 500) / rate),
          class: "N" as const,
          confidence: 0.9,
        })),
        3600,
      ).length;
    const lengths = [0, 1, 30, 40, 69, 80, 84].map(hour);
    assert.deepEqual(new Set(lengths).size, 1, lengths.join());
    assert.ok(24 * lengths[0]! < 400_000, `${24 * lengths[0]!}`);
    assert.ok(hour(120) > lengths[0]!);
  });

  it("out of order, or cut anywhere before their padding, are refused", () => {
    const beats = [100, 300].map((sample) => ({ sample, class: "N" as const, confidence: 1 }));
    assert.throws(() => packBeats([...beats].reverse(), 1), RangeError);
    const packed = packBeats(beats, 1);
    for (let length = 0; length < 7; length++)
      assert.throws(() => unpackBeats(packed.subarray(0, length)), RangeError, `${length}`);
    for (const wrong of [
      [1, 5, 0],
      [1, ...new Array(9).fill(0xff), 0],
    ])
      assert.throws(() => unpackBeats(Uint8Array.from(wrong)), RangeError);
  });
});
