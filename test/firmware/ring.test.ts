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
  ring.load(epoch, () => {});
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

  it("is walked by the heads of its pages at boot: a full one of 2 MB costs one read a page, and two a frame of the last", () => {
    const flash = flashOf("boot", { pageBytes: 4096, pages: 512, writeBytes: 4 });
    const ring = ringOn(flash);
    const tape = new Tape(ring, 1);
    while (ring.fits(1, 19 + 256)) tape.append(256);
    let reads = 0;
    const read = flash.read.bind(flash);
    flash.read = (address, length) => {
      reads++;
      return read(address, length);
    };
    const again = ringOn(flash);
    assert.ok(reads <= 512 + 2 * 15, `${reads} reads`);
    assert.equal(again.usage().backlog, tape.sequence);
  });

  it("looks only at the pages that a receipt changes, and reads none", () => {
    const flash = flashOf("receipts", { pageBytes: 4096, pages: 512, writeBytes: 4 });
    const ring = ringOn(flash);
    const tape = new Tape(ring, 1);
    for (let i = 0; i < 4000; i++) tape.append();
    ring.receipt(1, 10, []);
    const { writes } = flash.counters;
    flash.read = () => assert.fail("a receipt read flash");
    for (let next = 11; next <= 3000; next++) ring.receipt(1, next, []);
    // One word for each page that is wholly receipted.
    const released = flash.counters.writes - writes;
    assert.ok(released >= 95 && released <= 110, `${released} pages were released`);
    assert.equal(ring.usage().backlog, 1000);
  });

  it("erases ahead no more than its stock, so that released frames can be read as long as possible", () => {
    const flash = flashOf("stock");
    const ring = ringOn(flash);
    const tape = new Tape(ring, 1);
    while (ring.usage().permille < 1000) tape.append();
    ring.receipt(1, tape.sequence, []);
    let erased = 0;
    for (; ring.wantsErase(); erased++) ring.eraseOne();
    assert.equal(erased, 2);
    let readable = 0;
    for (let i = 0; i < tape.sequence; i++) if (ring.read(1, i)) readable++;
    assert.ok(readable >= (tape.sequence * 5) / 8 - 1, `${readable} of ${tape.sequence}`);
    const { erases } = flash.counters;
    const page = 6;
    for (let i = 0; i < 2 * page; i++) tape.append();
    assert.equal(flash.counters.erases, erases, "erased while there was a stock");
  });

  it("takes a page for erased only when all of it is, and erases none that a restart left erased", () => {
    for (const at of [0, 68, 500, 1020]) {
      const flash = flashOf(`untidy ${at}`);
      flash.write(at, Uint8Array.of(0xff, 0xfe, 0xff, 0xff));
      const ring = ringOn(flash);
      new Tape(ring, 1).append();
      assert.deepEqual([...flash.wear], [1, 0, 0, 0, 0, 0, 0, 0], `byte ${at}`);
    }
    const flash = flashOf("tidy");
    const ring = ringOn(flash);
    while (ring.wantsErase()) ring.eraseOne();
    new Tape(ring, 1).append();
    assert.equal(flash.counters.erases, 0);
  });

  it("never writes a page whose erase was cut, however little of it shows", () => {
    for (let tear = 0; tear < 60; tear++) {
      const flash = flashOf(`torn ${tear}`);
      let ring = ringOn(flash);
      const tape = new Tape(ring, 1);
      while (ring.usage().permille < 1000) tape.append();
      ring.receipt(1, tape.sequence, []);
      flash.cutAfter(1);
      assert.throws(() => ring.eraseOne(), PowerCut);
      flash.restore();
      ring = ringOn(flash);
      while (ring.wantsErase()) ring.eraseOne();
      // A write into a page that is not erased throws.
      const next = new Tape(ring, 2);
      for (let i = 0; i < 12; i++) next.append();
      for (let i = 0; i < 12; i++)
        assert.deepEqual(Buffer.from(ring.read(2, i)!), frameOf(2, i), `tear ${tear}`);
    }
  });

  it("sees an erase of which the tail alone is missing, also where a page is looked at in chunks", () => {
    const shape = { pageBytes: 4096, pages: 8, writeBytes: 4 };
    for (const at of [1024, 2048, 3072, 4092]) {
      const flash = flashOf(`tail ${at}`, shape);
      let ring = ringOn(flash);
      const tape = new Tape(ring, 1);
      while (ring.usage().permille < 1000) tape.append(1280);
      ring.receipt(1, tape.sequence, []);
      // The page is erased but for its last cells from there on: one bit of each still stands.
      const erase = flash.erase.bind(flash);
      flash.erase = (page) => {
        erase(page);
        flash.write(page * 4096 + at, new Uint8Array(4096 - at).fill(0xfe));
        throw new PowerCut("in the midst of an erase");
      };
      assert.throws(() => ring.eraseOne(), PowerCut);
      flash.erase = erase;
      ring = ringOn(flash);
      const { erases } = flash.counters;
      while (ring.wantsErase()) ring.eraseOne();
      assert.equal(flash.counters.erases, erases + 2, `erased from byte 0 to ${at}: taken as it was`);
      // A write into a page that is not erased throws.
      const next = new Tape(ring, 2);
      for (let i = 0; i < 8; i++) next.append(1280);
      for (let i = 0; i < 8; i++) assert.deepEqual(Buffer.from(ring.read(2, i)!), frameOf(2, i, 1280));
    }
  });

  it("takes no page by a head with any flipped bit, and the others as they are", () => {
    const flash = flashOf("flipped");
    const tape = new Tape(ringOn(flash), 0x0a0b0c0d);
    for (let i = 0; i < 20; i++) tape.append();
    const whole = flash.read(0, flash.pageBytes * flash.pages);
    const of = (page: number) => {
      const view = Buffer.from(whole.subarray(page * 1024, page * 1024 + 60));
      assert.equal(crc32(view.subarray(0, 56)), view.readUInt32BE(56));
      return view.readUInt32BE(12);
    };
    // Of the second of three pages, all of whose fields are in firmware/README.md: the frames before and behind stand.
    const [from, to] = [of(1), of(2)];
    assert.ok(from > 0 && to > from && to < 20);
    for (let bit = 0; bit < 8 * 60; bit++) {
      const damaged = Uint8Array.from(whole);
      damaged[1024 + (bit >> 3)]! ^= 1 << (bit & 7);
      const torn = flashOf(`bit ${bit}`);
      for (let page = 0; page < 8; page++) {
        torn.write(page * 1024, damaged.subarray(page * 1024, page * 1024 + 1024));
      }
      const ring = ringOn(torn);
      for (let i = 0; i < 20; i++) {
        const read = ring.read(0x0a0b0c0d, i);
        if (i < from || i >= to)
          assert.deepEqual(Buffer.from(read!), frameOf(0x0a0b0c0d, i), `bit ${bit}, frame ${i}`);
        else assert.equal(read, undefined, `bit ${bit}, frame ${i}`);
      }
      assert.deepEqual(
        ring.holes().map((hole) => [hole.from, hole.to]),
        [[from, to - 1]],
        `bit ${bit}`,
      );
      const { recording, frames, chain } = ring.tail()!;
      assert.deepEqual([recording, frames], [0x0a0b0c0d, 20], `bit ${bit}`);
      assert.deepEqual(Buffer.from(chain), Buffer.from(tape.chain), `bit ${bit}`);
      assert.equal(ring.usage().backlog, 20 - (to - from), `bit ${bit}`);
    }
  });

  it("puts no frame into a page that does not become erased", () => {
    const flash = flashOf("stuck");
    flash.write(1024, Uint8Array.of(0, 0, 0, 0));
    const erase = flash.erase.bind(flash);
    flash.erase = (page) => {
      erase(page);
      if (page === 1) flash.write(1024 + 700, Uint8Array.of(0xff, 0xff, 0x7f, 0xff));
    };
    const ring = ringOn(flash);
    const tape = new Tape(ring, 1);
    for (let i = 0; i < 30; i++) tape.append();
    const page = Buffer.from(flash.read(1024, 700));
    assert.ok(page.every((byte) => byte === 0xff));
    for (let i = 0; i < 30; i++) assert.deepEqual(Buffer.from(ring.read(1, i)!), frameOf(1, i));
  });

  it("says that frames are gone whose record rotted, and gives the others", () => {
    const flash = flashOf("rotten");
    const tape = new Tape(ringOn(flash), 1);
    for (let i = 0; i < 20; i++) tape.append();
    const second = Buffer.from(flash.read(0, 1024)).indexOf(frameOf(1, 2));
    flash.write(Math.floor(second / 4) * 4 + 40, new Uint8Array(4));
    const ring = ringOn(flash);
    assert.equal(ring.read(1, 2), undefined);
    assert.deepEqual(Buffer.from(ring.read(1, 1)!), frameOf(1, 1));
    const [gone] = ring.gone(1, [{ from: 2, length: 3 }]).concat(ring.gone(1, [{ from: 2, length: 18 }]));
    assert.equal(gone!.from, 2);
    const behind = gone!.to + 1;
    assert.deepEqual(Buffer.from(ring.read(1, behind)!), frameOf(1, behind));
    assert.deepEqual(Buffer.from(gone!.before), Buffer.from(tape.chains[1]!));
    assert.deepEqual(Buffer.from(gone!.chain), Buffer.from(tape.chains[gone!.to]!));
  });

  // Recordings of one page each, collected from the oldest on: what is kept longer than its turn sits it out.
  it("wears its pages evenly over many rotations with a stock, evictions, receipts and restarts", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            frames: fc.integer({ min: 1, max: 6 }),
            collected: fc.boolean(),
            tended: fc.nat(3),
            restart: fc.boolean(),
          }),
          {
            minLength: 100,
            maxLength: 160,
          },
        ),
        (lives) => {
          const flash = flashOf("evenly", { ...PAGE, pages: 12 });
          let ring = ringOn(flash);
          for (const [i, { frames, collected, tended, restart }] of lives.entries()) {
            if (restart) ring = ringOn(flash);
            const tape = new Tape(ring, i + 1);
            for (let frame = 0; frame < frames; frame++) {
              while (!ring.fits(tape.recording, 115)) ring.evict();
              tape.append();
            }
            for (let of = 0; collected && of <= i; of++) ring.receipt(of + 1, lives[of]!.frames, []);
            for (let page = 0; page < tended && ring.wantsErase(); page++) ring.eraseOne();
          }
          const wear = [...flash.wear];
          assert.ok(Math.max(...wear) - Math.min(...wear) <= 2, wear.join(" "));
        },
      ),
      { numRuns: 60 },
    );
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
