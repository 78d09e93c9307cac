import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { type Evicted, Ring } from "../../firmware/ring";
import { nodeCrypto } from "../../gateway/crypto";
import { encodeHeader, FrameType } from "../../protocol/header";
import { PowerCut, SimFlash } from "../../tools/sim/flash";
import { Random } from "../../tools/sim/random";

const PAGE = { pageBytes: 1024, pages: 8, writeBytes: 4 };

function flashOf(seed: string, shape = PAGE): SimFlash {
  return new SimFlash({ ...shape, random: new Random(seed) });
}

function ringOn(flash: SimFlash, epoch = 1): Ring {
  const ring = new Ring(flash, (bytes) => crc32(bytes), nodeCrypto);
  ring.load(epoch);
  return ring;
}

/** A well-formed frame with recognisable bytes; the ring never looks into it. */
function frameOf(recording: number, sequence: number, ciphertext = 96): Uint8Array {
  const header = encodeHeader({ type: FrameType.data, epoch: 1, recording, sequence });
  const body = createHash("shake256", { outputLength: ciphertext + 8 })
    .update(`${recording}/${sequence}`)
    .digest();
  return Buffer.concat([header, body]);
}

/** An independent account of what was appended: the chain is SHA-256 as DESIGN says, written out. */
class Tape {
  sequence = 0;
  chain: Uint8Array = new Uint8Array(32);
  chains: Uint8Array[] = [];
  constructor(
    private readonly ring: Ring,
    readonly recording: number,
  ) {}
  append(ciphertext = 96): void {
    const frame = frameOf(this.recording, this.sequence, ciphertext);
    this.ring.append(frame, this.sequence * 100, (this.sequence + 1) * 100, this.chain);
    this.chain = createHash("sha256").update(this.chain).update(frame).digest();
    this.chains.push(this.chain);
    this.sequence++;
  }
}

describe("the flash ring", () => {
  it("gives back every frame as it was appended, also after a restart", () => {
    const flash = flashOf("back");
    const tape = new Tape(ringOn(flash), 1);
    for (let i = 0; i < 20; i++) tape.append(32 * (1 + (i % 6)));
    const again = ringOn(flash);
    for (let i = 0; i < 20; i++) {
      assert.deepEqual(Buffer.from(again.read(1, i)!), frameOf(1, i, 32 * (1 + (i % 6))));
    }
    assert.equal(again.read(1, 20), undefined);
    assert.equal(again.read(2, 0), undefined);
    assert.equal(again.usage().backlog, 20);
  });

  it("tells where the newest recording stood, with its chain", () => {
    const flash = flashOf("tail");
    const ring = ringOn(flash);
    const first = new Tape(ring, 4);
    for (let i = 0; i < 9; i++) first.append();
    const second = new Tape(ring, 5);
    for (let i = 0; i < 13; i++) second.append();
    const tail = ringOn(flash).tail()!;
    assert.equal(tail.recording, 5);
    assert.equal(tail.frames, 13);
    assert.deepEqual(Buffer.from(tail.chain), Buffer.from(second.chain));
  });

  it("owes exactly what no receipt covers, oldest first", () => {
    const ring = ringOn(flashOf("owed"));
    const tape = new Tape(ring, 1);
    for (let i = 0; i < 20; i++) tape.append();
    ring.receipt(1, 15, [{ from: 3, length: 2 }]);
    const owed: number[] = [];
    for (;;) {
      const next = ring.nextOwed((_, sequence) => owed.includes(sequence), 0);
      if (!next) break;
      owed.push(next.sequence);
    }
    assert.deepEqual(owed, [3, 4, 15, 16, 17, 18, 19]);
    assert.equal(ring.usage().backlog, 7);
  });

  it("gives receipted frames again when a restored store asks, as long as their pages stand", () => {
    const ring = ringOn(flashOf("restored"));
    const tape = new Tape(ring, 1);
    for (let i = 0; i < 20; i++) tape.append();
    ring.receipt(1, 20, []);
    assert.equal(ring.usage().backlog, 0);
    ring.receipt(1, 4, []);
    assert.equal(ring.usage().backlog, 16);
    assert.deepEqual(Buffer.from(ring.read(1, 4)!), frameOf(1, 4));
  });

  it("frees nothing for frames that are yet to come, or for a recording that it does not hold", () => {
    const ring = ringOn(flashOf("refused"));
    const tape = new Tape(ring, 7);
    for (let i = 0; i < 20; i++) tape.append();
    assert.throws(() => ring.receipt(7, 21, []), { code: "RECEIPT_NEXT" });
    ring.receipt(6, 5, []);
    ring.receipt(8, 5, []);
    assert.equal(ring.usage().backlog, 20);
  });

  it("does not count receipted pages as backlog after a restart", () => {
    const flash = flashOf("released");
    const tape = new Tape(ringOn(flash), 1);
    const ring = ringOn(flash);
    const second = new Tape(ring, 2);
    for (let i = 0; i < 30; i++) second.append();
    ring.receipt(2, 30, []);
    const left = ringOn(flash).usage().backlog;
    // Only the page that was still being written may be counted again.
    assert.ok(left <= 6, `${left} frames`);
    assert.equal(tape.sequence, 0);
  });

  it("says exactly what an eviction took: run, samples and the chain behind it", () => {
    const ring = ringOn(flashOf("evict"));
    const tape = new Tape(ring, 1);
    while (ring.fits(1, 115)) tape.append();
    const total = tape.sequence;
    ring.receipt(1, 9, []);
    const lost = ring.evict();
    assert.equal(lost.length, 1);
    const [run] = lost;
    assert.equal(run!.from, 9);
    assert.equal(run!.firstSample, 900);
    assert.equal(run!.endSample, (run!.to + 1) * 100);
    assert.deepEqual(Buffer.from(run!.chain), Buffer.from(tape.chains[run!.to]!));
    assert.deepEqual(Buffer.from(run!.before), Buffer.from(tape.chains[8]!));
    tape.append();
    assert.equal(ring.usage().backlog, total + 1 - 9 - (run!.to + 1 - run!.from));
  });

  it("states the chain before whatever it lost, page after page and also after a restart", () => {
    const flash = flashOf("before");
    let ring = ringOn(flash);
    const tape = new Tape(ring, 1);
    const isTrue = (run: Evicted) => {
      const truth = run.from === 0 ? new Uint8Array(32) : tape.chains[run.from - 1]!;
      assert.deepEqual(Buffer.from(run.before), Buffer.from(truth), `frame ${run.from}`);
      assert.deepEqual(Buffer.from(run.chain), Buffer.from(tape.chains[run.to]!), `frame ${run.to}`);
    };
    let evicted = 0;
    for (let i = 0; i < 300; i++) {
      const owed = [
        { from: 0, length: 1 },
        { from: i - 12, length: 3 },
      ];
      if (i % 37 === 36) ring.receipt(1, i - 5, owed);
      while (!ring.fits(1, 19 + 32 * (1 + (i % 7)))) {
        for (const run of ring.evict()) {
          isTrue(run);
          evicted++;
        }
      }
      tape.append(32 * (1 + (i % 7)));
    }
    assert.ok(evicted > 10, `only ${evicted} runs`);
    ring = ringOn(flash);
    const holes = ring.holes();
    assert.ok(holes.length > 0 && holes.some(({ from }) => from > 0), "nothing was lost in the middle");
    for (const hole of holes) isTrue(hole);
  });

  it("states zeros where it no longer knows what came before: in the middle of a page that it gave up", () => {
    const ring = ringOn(flashOf("unknown"));
    const tape = new Tape(ring, 1);
    for (let i = 0; i < 100; i++) {
      while (!ring.fits(1, 115)) ring.evict();
      tape.append();
    }
    const [hole] = ring.holes();
    assert.ok(hole!.from > 0 && hole!.to > hole!.from + 1);
    const asked = [{ from: hole!.from + 1, length: hole!.to - hole!.from }];
    const [gone] = ring.gone(1, asked);
    assert.deepEqual([gone!.from, gone!.to], [hole!.from + 1, hole!.to]);
    assert.deepEqual(Buffer.from(gone!.before), Buffer.alloc(32));
  });

  it("gives up an open frame only after everything that needs it", () => {
    const ring = ringOn(flashOf("open"));
    const tape = new Tape(ring, 1);
    for (let i = 0; i < 200; i++) {
      while (!ring.fits(1, 115)) ring.evict();
      tape.append();
    }
    assert.equal(ring.owes(1, 0), true);
    const next = new Tape(ring, 2);
    for (let i = 0; i < 200; i++) {
      while (!ring.fits(2, 115)) ring.evict();
      next.append();
    }
    assert.equal(ring.owes(1, 0), false);
    assert.equal(ring.owes(2, 0), true);
  });

  it("goes on in turn after a restart, and wears its pages evenly then too", () => {
    const flash = flashOf("restarts");
    for (let life = 1; life <= 40; life++) {
      const ring = ringOn(flash);
      for (let before = 1; before < life; before++) ring.receipt(before, 3, []);
      const tape = new Tape(ring, life);
      for (let i = 0; i < 3; i++) tape.append();
    }
    const wear = [...flash.wear];
    assert.ok(Math.max(...wear) - Math.min(...wear) <= 2, wear.join(" "));
  });

  it("puts a frame elsewhere when a page does not keep it", () => {
    const flash = flashOf("worn");
    const write = flash.write.bind(flash);
    let bad = true;
    flash.write = (address, bytes) => {
      // A worn cell: one bit stays as the erase left it.
      const worn = Uint8Array.from(bytes);
      if (bad && bytes.length > 100) worn[50]! |= 1;
      write(address, worn);
    };
    const ring = ringOn(flash);
    const frame = frameOf(1, 0);
    const altered = frame[38]! & 1;
    assert.equal(ring.append(frame, 0, 100, new Uint8Array(32)), altered === 1);
    bad = false;
    if (altered === 0) assert.equal(ring.append(frame, 0, 100, new Uint8Array(32)), true);
    assert.deepEqual(Buffer.from(ring.read(1, 0)!), frame);
  });

  it("keeps marked pages longest", () => {
    const ring = ringOn(flashOf("marked"));
    const tape = new Tape(ring, 1);
    for (let i = 0; i < 8; i++) tape.append();
    ring.mark();
    const marked = tape.sequence - 1;
    for (let i = 0; i < 200; i++) {
      while (!ring.fits(1, 115)) ring.evict();
      tape.append();
    }
    assert.deepEqual(Buffer.from(ring.read(1, marked)!), frameOf(1, marked));
    assert.equal(ring.owes(1, marked), true);
  });

  it("wears its pages evenly", () => {
    const flash = flashOf("wear");
    const ring = ringOn(flash);
    const tape = new Tape(ring, 1);
    for (let i = 0; i < 2000; i++) {
      tape.append();
      ring.receipt(1, tape.sequence, []);
    }
    const wear = [...flash.wear];
    assert.ok(Math.max(...wear) - Math.min(...wear) <= 1, wear.join(" "));
  });

  it("forgets a former owner's frames", () => {
    const flash = flashOf("owner");
    const tape = new Tape(ringOn(flash), 1);
    const ring = ringOn(flash);
    const second = new Tape(ring, 1);
    second.append();
    assert.equal(ringOn(flash, 2).usage().backlog, 0);
    assert.equal(tape.sequence, 0);
  });

  it("comes back from a power cut at every single flash operation with every frame but the one in flight", () => {
    let operations = 0;
    for (let cut = 1; ; cut++) {
      const flash = flashOf(`enumerated ${cut}`);
      const ring = ringOn(flash);
      const tape = new Tape(ring, 1);
      flash.cutAfter(cut);
      let appended = 0;
      try {
        for (let i = 0; i < 24; i++) {
          tape.append(32 * (1 + (i % 4)));
          appended++;
        }
      } catch (error) {
        assert.ok(error instanceof PowerCut, String(error));
      }
      if (appended === 24) break;
      operations = cut;
      flash.restore();
      const again = ringOn(flash);
      for (let i = 0; i < appended; i++) {
        assert.deepEqual(
          Buffer.from(again.read(1, i) ?? []),
          frameOf(1, i, 32 * (1 + (i % 4))),
          `cut at operation ${cut}: frame ${i} of ${appended} is gone`,
        );
      }
      // The frame in flight is there whole or not at all.
      const inFlight = again.read(1, appended);
      if (inFlight) assert.deepEqual(Buffer.from(inFlight), frameOf(1, appended, 32 * (1 + (appended % 4))));
      const next = new Tape(again, 2);
      for (let i = 0; i < 10; i++) next.append();
      assert.deepEqual(Buffer.from(again.read(2, 9)!), frameOf(2, 9));
    }
    assert.ok(operations > 50, `only ${operations} operations were cut`);
  });

  it("agrees with a plain list under random appends, receipts, evictions and restarts", () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ do: fc.constant("append" as const), size: fc.integer({ min: 1, max: 8 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant("receipt" as const), keep: fc.integer({ min: 0, max: 12 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("recording" as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const ring = ringOn(flashOf("model"));
        let tape = new Tape(ring, 1);
        const owed = new Map<string, Uint8Array>();
        for (const now of steps) {
          if (now.do === "recording") tape = new Tape(ring, tape.recording + 1);
          if (now.do === "append") {
            const bytes = 19 + 32 * now.size;
            while (!ring.fits(tape.recording, bytes)) {
              for (const run of ring.evict()) {
                for (let i = run.from; i <= run.to; i++) {
                  assert.ok(
                    owed.delete(`${run.recording}/${i}`),
                    `evicted ${run.recording}/${i}, which nobody owed`,
                  );
                }
              }
            }
            owed.set(
              `${tape.recording}/${tape.sequence}`,
              frameOf(tape.recording, tape.sequence, 32 * now.size),
            );
            tape.append(32 * now.size);
          }
          if (now.do === "receipt") {
            const next = Math.max(0, tape.sequence - now.keep);
            ring.receipt(tape.recording, next, []);
            for (let i = 0; i < next; i++) owed.delete(`${tape.recording}/${i}`);
          }
          // A later receipt that says less asks again for what still stands; the model need not follow that far.
          if (ring.usage().backlog !== owed.size) {
            for (const key of [...owed.keys()]) {
              const [recording, sequence] = key.split("/").map(Number);
              assert.ok(ring.owes(recording!, sequence!), `${key} was forgotten`);
            }
          }
        }
        for (const [key, frame] of owed) {
          const [recording, sequence] = key.split("/").map(Number);
          assert.deepEqual(Buffer.from(ring.read(recording!, sequence!)!), Buffer.from(frame));
        }
      }),
      { numRuns: 150 },
    );
  });
});
