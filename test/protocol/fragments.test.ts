import { strict as assert } from "node:assert";
import fc from "fast-check";
import { toHex } from "../../protocol/bytes";
import { FRAGMENTS_PER_MESSAGE, fragment, Reassembler } from "../../protocol/fragments";
import { MAX_FRAME_BYTES } from "../../protocol/header";
import { Random } from "../../tools/sim/random";

const size = fc.integer({ min: 20, max: 244 });
const message = fc.uint8Array({ minLength: 1, maxLength: MAX_FRAME_BYTES });
const number = fc.nat(1000);
const seed = fc.nat();

function all(parts: Uint8Array[]): Uint8Array[] {
  const reassembler = new Reassembler(8);
  return parts.map((part) => reassembler.add(part)).filter((whole) => whole !== undefined);
}

describe("fragments", () => {
  it("carry any message in notifications of any size, in any order, each any number of times", () => {
    fc.assert(
      fc.property(message, number, size, seed, (sent, n, bytes, start) => {
        const dice = new Random(start);
        const parts = fragment(sent, n, bytes);
        assert.ok(parts.every((part) => part.length <= bytes) && parts.length <= FRAGMENTS_PER_MESSAGE);
        const shuffled = [...parts, ...parts.filter(() => dice.int(3) === 0)]
          .map((part) => ({ part, at: dice.next() }))
          .sort((a, b) => a.at - b.at)
          .map(({ part }) => part);
        assert.deepEqual(all(shuffled), [sent]);
      }),
    );
  });

  it("give nothing while any one of them is missing", () => {
    fc.assert(
      fc.property(message, number, size, fc.nat(), (sent, n, bytes, lost) => {
        const parts = fragment(sent, n, bytes);
        parts.splice(lost % parts.length, 1);
        assert.deepEqual(all(parts), []);
      }),
    );
  });

  it("give exactly what was sent or nothing over a link that loses, repeats and reorders, for laps of the counter", () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 60 }), seed, (bytes, lossPercent, start) => {
        const dice = new Random(start);
        const roll = (n: number) => dice.int(n);
        const sent = new Map<string, number>();
        const air: { at: number; part: Uint8Array }[] = [];
        for (let n = 0; n < 700; n++) {
          // Every byte tells the message within a lap, the last one tells the lap, so any mixture of two is seen.
          const whole = new Uint8Array(2 + roll(5 * bytes)).fill(n & 255);
          whole[whole.length - 1] = n >> 8;
          sent.set(toHex(whole), n);
          fragment(whole, n, bytes).forEach((part, i) => {
            const at = n + i / 128;
            if (roll(100) >= lossPercent) air.push({ at: at + roll(3), part });
            if (roll(10) === 0) air.push({ at: at + roll(6), part });
          });
        }
        const got = new Set<string>();
        const reassembler = new Reassembler(8);
        for (const { part } of air.sort((a, b) => a.at - b.at)) {
          const whole = reassembler.add(part);
          if (!whole) continue;
          assert.ok(sent.has(toHex(whole)), "a message that nobody sent");
          assert.ok(!got.has(toHex(whole)), "a message twice");
          got.add(toHex(whole));
        }
        if (lossPercent === 0) assert.equal(got.size, sent.size);
      }),
      { numRuns: 12 },
    );
  });

  it("do not mix two laps of the counter when a message was left unfinished", () => {
    const reassembler = new Reassembler(8);
    const [first] = fragment(new Uint8Array(36).fill(1), 5, 20);
    assert.equal(reassembler.add(first!), undefined);
    for (let n = 6; n < 256 + 5; n++) assert.ok(reassembler.add(fragment(new Uint8Array(1), n, 20)[0]!));
    const [, second] = fragment(new Uint8Array(36).fill(2), 256 + 5, 20);
    assert.equal(reassembler.add(second!), undefined);
  });

  it("hold at most eight unfinished messages and no message above 2067 bytes", () => {
    const reassembler = new Reassembler(8);
    const held = reassembler as unknown as { partial: { parts: (Uint8Array | undefined)[] }[] };
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 244 }), (notification) => {
        try {
          const whole = reassembler.add(notification);
          assert.ok(!whole || whole.length <= MAX_FRAME_BYTES);
        } catch (error) {
          assert.match(String((error as { code?: string }).code), /^FRAGMENT_/);
        }
        assert.ok(held.partial.length <= 8);
        for (const { parts } of held.partial) {
          assert.ok(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0) <= MAX_FRAME_BYTES);
        }
      }),
      { numRuns: 20000 },
    );
  });

  it("are refused in sizes that no radio has", () => {
    for (const bytes of [0, 2, 19, 245])
      assert.throws(() => fragment(new Uint8Array(1), 0, bytes), { code: "FRAGMENT_SIZE" });
    for (const bytes of [0, 2068])
      assert.throws(() => fragment(new Uint8Array(bytes), 0, 20), { code: "FRAGMENT_SIZE" });
  });
});
