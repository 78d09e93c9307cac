/** Updates on the whole firmware with a simulated board: every refusal, every way back, and the power cut at every write. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Flash } from "../../firmware/board/board";
import { MonitorState, Op } from "../../protocol/command";
import { FrameType } from "../../protocol/header";
import { RecordingMode } from "../../protocol/open";
import { UpdatePhase, UpdateRefusal, type UpdateState } from "../../protocol/update";
import { PowerCut, SimFlash } from "../../tools/sim/flash";
import type { Running, UpdateParts } from "../../tools/sim/handheld";
import { Random } from "../../tools/sim/random";
import { PYTHON } from "../machine";
import { type Made, Maker } from "./maker";
import { handheldAt, sampleAt } from "./slowhand";

const SEED = Number(process.env.AVNODE_SEED ?? 1 + (Date.now() % 1_000_000));
const RATE = 256;
const PAGE_BYTES = 2048;
/** Two slots of a head and two pages for an image. */
const SLOTS = { pageBytes: PAGE_BYTES, pages: 6, writeBytes: 4 };
const COUNT = 2;
const ROOM = 2 * PAGE_BYTES;
const RING_PAGES = 16;
const GOLDEN: Running = { counter: 1, version: "0.1.0", slot: -1, trial: false };

const random = new Random(SEED);
const maker = new Maker(`${SEED} maker`);
const stranger = new Maker(`${SEED} stranger`);
/** Six chunks, the last one short and of an odd length. */
const image = (name: string) => new Random(`${SEED} ${name}`).bytes(2600 + 3);
const second = maker.release(image("second"), { counter: 2, version: "0.2.0" });
const third = maker.release(image("third"), { counter: 3, version: "0.3.0" });
const fourth = maker.release(image("fourth"), { counter: 4, version: "0.4.0" });
const made = new Map([second, third, fourth].map((one) => [one.release.counter, one]));

/** Slots whose power fails at one operation: before it, within it, or right behind it; of one worn byte. */
class CutFlash implements Flash {
  readonly pageBytes = PAGE_BYTES;
  readonly pages = SLOTS.pages;
  operations = 0;
  cutAt = 0;
  how: "before" | "within" | "behind" = "before";
  /** Address of a byte whose lowest bit no write clears any more. */
  worn = -1;
  constructor(readonly chip: SimFlash) {}
  read(address: number, length: number): Uint8Array {
    return this.chip.read(address, length);
  }
  write(address: number, bytes: Uint8Array): void {
    const kept = bytes.slice();
    if (this.worn >= address && this.worn < address + kept.length) kept[this.worn - address]! |= 1;
    this.operate(() => this.chip.write(address, kept));
  }
  erase(page: number): void {
    this.operate(() => this.chip.erase(page));
  }
  private operate(run: () => void): void {
    const cut = ++this.operations === this.cutAt;
    if (cut && this.how === "before") throw new PowerCut("before");
    if (cut && this.how === "within") this.chip.cutAfter(1);
    run();
    if (cut) throw new PowerCut("behind");
  }
}

const slotsFlash = (seed: number | string = SEED) =>
  new CutFlash(new SimFlash({ ...SLOTS, random: new Random(seed) }));

/** A claimed handheld with slots, and somebody who does with it what a hub does. */
function bench(parts: Partial<UpdateParts> = {}, rate = RATE, ringPages = RING_PAGES) {
  const flash = slotsFlash();
  const update: UpdateParts = {
    board: "linux",
    key: maker.publicKey,
    counter: GOLDEN.counter,
    version: GOLDEN.version,
    slots: { flash, count: COUNT },
    ...parts,
  };
  const rig = handheldAt(rate, ringPages, () => update);
  const { handheld, processor } = rig;
  handheld.powerOff();
  handheld.powerOn(rig.frontEnd);
  const state = () => handheld.monitor!.update();
  const command = (op: number, more = {}) => handheld.act((monitor) => monitor.command({ op, ...more }));
  const offer = ({ offer: bytes }: Made) => {
    command(Op.offer, { bytes });
    // Signature, and pages to erase.
    processor.pass(10_000);
    return state();
  };
  const chunk = ({ chunks }: Made, at: number) => {
    command(Op.chunk, { at, bytes: chunks.get(at) });
    return handheld.monitor?.update();
  };
  const send = (one: Made) => {
    for (let at = state().taken; at < one.image.length; at = state().taken) {
      chunk(one, at);
      assert.notEqual(state().taken, at, `chunk ${at} was refused: ${state().refused}`);
    }
    processor.pass(10_000);
    return state();
  };
  const swap = ({ release: { counter } }: Made) => {
    command(Op.swap, { counter });
    return state();
  };
  const cancel = ({ release: { counter } }: Made) => {
    command(Op.cancel, { counter });
    return state();
  };
  /** The store's first message of a session. */
  const prove = () => handheld.act((monitor) => monitor.proved());
  const restart = () => {
    handheld.powerOff();
    handheld.powerOn(rig.frontEnd);
  };
  /** A whole update by the book. */
  const install = (one: Made) => {
    offer(one);
    send(one);
    swap(one);
    processor.pass(2000);
    prove();
    return state();
  };
  /** As an nRF52840 hashes: a signature then takes seconds, in slices. */
  const hashSlowly = () => {
    const { crypto } = rig.sealed;
    const { sha256 } = crypto;
    crypto.sha256 = (bytes) => {
      processor.busy(5);
      return sha256(bytes);
    };
  };
  const types: number[] = [];
  const { seal } = rig.sealed.crypto;
  rig.sealed.crypto.seal = (key, nonce, plain) => {
    types.push(nonce[0]! & 15);
    return seal(key, nonce, plain);
  };
  /** The frames that ended recordings so far. */
  const ended = () =>
    types.flatMap((type) =>
      type === FrameType.close ? ["close"] : type === FrameType.signature ? ["signature"] : [],
    );
  return {
    ...rig,
    hashSlowly,
    ended,
    flash,
    update,
    state,
    command,
    offer,
    chunk,
    send,
    swap,
    cancel,
    prove,
    restart,
    install,
  };
}

const stateOf = (phase: number, counter: number, more: Partial<UpdateState> = {}): UpdateState => ({
  phase,
  running: GOLDEN.counter,
  counter,
  taken: 0,
  refused: UpdateRefusal.none,
  ...more,
});
const running = ({ release: { counter, version } }: Made, slot: number, trial = false): Running => ({
  counter,
  version,
  slot,
  trial,
});

describe(`an update of the handheld, seed ${SEED}`, () => {
  it("is taken by the book: offered, erased for, taken, verified, swapped, tried and kept", () => {
    const unit = bench();
    assert.deepEqual(unit.state(), stateOf(UpdatePhase.none, 0));
    assert.deepEqual(unit.offer(second), stateOf(UpdatePhase.taking, 2));
    const bytes = second.image.length;
    assert.deepEqual(unit.send(second), stateOf(UpdatePhase.ready, 2, { taken: bytes }));
    unit.processor.pass(3600_000);
    assert.deepEqual(unit.handheld.running, GOLDEN, "nobody asked for it to run");
    unit.restart();
    assert.deepEqual(unit.handheld.running, GOLDEN, "nor after a restart");
    assert.deepEqual(unit.state(), stateOf(UpdatePhase.ready, 2, { taken: bytes }));
    assert.deepEqual(unit.swap(second), stateOf(UpdatePhase.ready, 2, { taken: bytes }));
    unit.processor.pass(2000);
    assert.deepEqual(unit.handheld.running, running(second, 0, true));
    assert.deepEqual(unit.state(), stateOf(UpdatePhase.trial, 2, { running: 2 }));
    assert.equal(unit.handheld.monitor!.status(0, 0).firmware, "avnode 0.2.0");
    unit.prove();
    assert.deepEqual(unit.state(), stateOf(UpdatePhase.kept, 2, { running: 2 }));
    unit.processor.pass(3600_000);
    unit.restart();
    assert.deepEqual(unit.handheld.running, running(second, 0));
    assert.deepEqual(Buffer.from(unit.flash.read(PAGE_BYTES, bytes)), Buffer.from(second.image));
    // The one after it goes where it does not run.
    unit.install(third);
    assert.deepEqual(unit.handheld.running, running(third, 1, true));
    unit.install(fourth);
    assert.deepEqual(unit.handheld.running, running(fourth, 0, true));
  });

  it("is of the maker's signature by a second verifier's word, too", function () {
    const script = join(__dirname, "../protocol/second/lms.py");
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    const domain = Buffer.from("avnode/release/v1\0");
    const cases = [second, fourth].map(({ offer }) => {
      const end = 2 + Buffer.from(offer).readUInt16BE(0);
      return {
        publicKey: `00000001${hex(maker.publicKey)}`,
        message: hex(Buffer.concat([domain, offer.subarray(2, end)])),
        signature: `00000000${hex(offer.subarray(end))}`,
      };
    });
    const run = spawnSync(PYTHON, ["-B", script], { input: JSON.stringify(cases), encoding: "utf8" });
    assert.deepEqual(run.stdout.trim().split("\n"), ["true", "true"], run.stderr);
  });

  describe("is refused, each for its own reason,", () => {
    const refused = (unit: ReturnType<typeof bench>, reason: number, counter: number) =>
      assert.deepEqual(unit.state(), stateOf(UpdatePhase.none, counter, { refused: reason }));
    const of = (said: Partial<Made["release"]>, bytes = image("second")) => maker.release(bytes, said);
    const untouched = (unit: ReturnType<typeof bench>) => assert.equal(unit.flash.operations, 0);

    for (const [what, one, reason] of [
      ["older than what runs", of({ counter: 1 }), UpdateRefusal.older],
      ["the one that runs", of({ counter: 2 }), UpdateRefusal.same],
      ["of another board", of({ counter: 3, board: "xiaoble" }), UpdateRefusal.board],
      ["of another maker", stranger.release(image("second"), { counter: 3 }), UpdateRefusal.signature],
      ["longer than a slot", of({ counter: 3 }, random.bytes(ROOM + 1)), UpdateRefusal.size],
    ] as const)
      it(what, () => {
        const unit = bench({ counter: 2 });
        unit.offer(one);
        assert.deepEqual(
          unit.state(),
          stateOf(UpdatePhase.none, one.release.counter, { running: 2, refused: reason }),
        );
        untouched(unit);
      });

    it("at any altered byte of the offer, or one too few", () => {
      const unit = bench();
      const reasons = new Set<number>();
      const { offer } = second;
      for (let at = 0; at < offer.length; at += at < 80 ? 1 : 37) {
        const altered = Uint8Array.from(offer);
        altered[at]! ^= 1 << random.int(8);
        unit.offer({ ...second, offer: altered });
        assert.equal(unit.state().phase, UpdatePhase.none, `byte ${at}`);
        reasons.add(unit.state().refused);
        unit.offer({ ...second, offer: offer.subarray(0, at + 1 === offer.length ? at : at + 1) });
        assert.equal(unit.state().phase, UpdatePhase.none, `cut to ${at + 1}`);
        reasons.add(unit.state().refused);
      }
      assert.deepEqual(
        [...reasons].sort((a, b) => a - b),
        [UpdateRefusal.signature, UpdateRefusal.form],
      );
      untouched(unit);
    });

    it("by a unit without a maker's key, without slots, and without a slot to spare", () => {
      const keyless = bench({ key: undefined });
      keyless.offer(second);
      refused(keyless, UpdateRefusal.key, 2);
      const slotless = bench({ slots: undefined });
      slotless.offer(second);
      refused(slotless, UpdateRefusal.place, 2);
      const single = bench({ slots: { flash: slotsFlash(), count: 1 } });
      assert.equal(single.install(second).phase, UpdatePhase.kept);
      single.offer(third);
      assert.equal(single.state().refused, UpdateRefusal.place);
    });

    it("in its chunks: altered, of another release, out of turn, too long, too short, and beyond the end", () => {
      const unit = bench();
      unit.offer(second);
      const good = second.chunks.get(0)!;
      const altered = Uint8Array.from(good);
      altered[random.int(altered.length)]! ^= 1 << random.int(8);
      const longer = Buffer.concat([good, Buffer.alloc(1)]);
      for (const [at, bytes] of [
        [0, altered],
        [0, third.chunks.get(0)!],
        [512, second.chunks.get(512)!],
        [0, longer],
        [0, good.subarray(0, -1)],
        [0, good.subarray(0, 20)],
        [4096, good],
      ] as const) {
        unit.command(Op.chunk, { at, bytes });
        assert.deepEqual(unit.state(), stateOf(UpdatePhase.taking, 2, { refused: UpdateRefusal.chunk }));
      }
      // And goes on from where it is; what is said twice is taken once.
      unit.chunk(second, 0);
      assert.deepEqual(unit.chunk(second, 0), stateOf(UpdatePhase.taking, 2, { taken: 512 }));
      assert.equal(unit.send(second).phase, UpdatePhase.ready);
    });

    it("where its image ends before or behind what the release says", () => {
      // Both signed by the maker: a slip, not an attack. A chain of more chunks than that, and of fewer.
      const whole = second.image.subarray(0, 5 * 512);
      for (const [bytes, said, taken] of [
        [second.image, second.image.length - 600, 1536],
        [second.image, second.image.length + 600, 2560],
        // Of whole chunks, whose lengths say nothing; its checksum fits.
        [whole, whole.length - 512, 1536],
        [whole, whole.length + 512, 2048],
      ] as const) {
        const unit = bench();
        const slip = maker.release(bytes, { bytes: said, crc32: crc32(bytes.subarray(0, said)) });
        unit.offer(slip);
        for (const at of [...slip.chunks.keys()].reverse()) unit.chunk(slip, at);
        unit.processor.pass(10_000);
        assert.deepEqual(
          unit.state(),
          stateOf(UpdatePhase.taking, 2, { taken, refused: UpdateRefusal.chunk }),
        );
      }
    });

    it("where flash does not hold what was written, in the image, or in its head, and its checksum is a slip", () => {
      /** Clears one more bit, at or behind a place. */
      const spoil = (unit: ReturnType<typeof bench>, from: number) => {
        let at = from;
        while (unit.flash.read(at, 1)[0] === 0) at++;
        const word = unit.flash.read(at & ~3, 4);
        word[at & 3]! &= word[at & 3]! - 1;
        unit.flash.chip.write(at & ~3, word);
      };
      for (const at of [4, 600, 1300, PAGE_BYTES, PAGE_BYTES + 2000, PAGE_BYTES + second.image.length - 10]) {
        const unit = bench();
        unit.offer(second);
        for (let i = 0; i < second.image.length; i += 512) unit.chunk(second, i);
        spoil(unit, at);
        unit.processor.pass(10_000);
        refused(unit, UpdateRefusal.flash, 2);
      }
      // Its hashes alone tell where the checksum happens to fit.
      const at = second.image.findIndex((byte) => (byte & 1) === 1);
      const other = Uint8Array.from(second.image, (byte, i) => (i === at ? byte - 1 : byte));
      const fits = bench();
      const forged = of({ counter: 2, crc32: crc32(other) });
      fits.offer(forged);
      for (let i = 0; i < forged.image.length; i += 512) fits.chunk(forged, i);
      fits.flash.chip.write((PAGE_BYTES + at) & ~3, other.subarray(at & ~3, (at & ~3) + 4));
      fits.processor.pass(10_000);
      refused(fits, UpdateRefusal.flash, 2);
      const unit = bench();
      const slip = of({ counter: 2, crc32: 12345 });
      unit.offer(slip);
      unit.send(slip);
      refused(unit, UpdateRefusal.flash, 2);
      unit.restart();
      assert.deepEqual(unit.state(), stateOf(UpdatePhase.none, 0));
    });
  });

  describe("on a page that keeps no cleared bit", () => {
    /** Where a word stands: behind the magic, the length, the release in whole words and its CRC-32. */
    const wordAt = (word: number) => 4 + 4 * Math.ceil(second.offer.length / 4) + 4 + 4 * word;
    const refused = stateOf(UpdatePhase.none, 2, { refused: UpdateRefusal.flash });

    it("is over at its head, or at the very chunk", () => {
      const headless = bench();
      headless.flash.worn = 4 + second.offer.findIndex((byte) => (byte & 1) === 0);
      assert.deepEqual(headless.offer(second), refused);
      const unit = bench();
      const at = second.image.findIndex((byte, i) => i >= 512 && (byte & 1) === 0);
      assert.ok(at < 1024);
      unit.offer(second);
      unit.flash.worn = PAGE_BYTES + at;
      unit.chunk(second, 0);
      assert.deepEqual(unit.chunk(second, 512), refused);
    });

    it("is neither ready nor asked for where that is not kept", () => {
      const unready = bench();
      unready.flash.worn = wordAt(0);
      unready.offer(second);
      assert.deepEqual(unready.send(second), refused);
      const unasked = bench();
      unasked.flash.worn = wordAt(1);
      unasked.offer(second);
      unasked.send(second);
      assert.deepEqual(unasked.swap(second), refused);
      unasked.processor.pass(60_000);
      assert.deepEqual(unasked.state(), refused, "it restarted");
    });

    it("never runs where its first try is not kept: if it failed it would be tried at each start", () => {
      const unit = bench();
      unit.flash.worn = wordAt(2);
      unit.offer(second);
      unit.send(second);
      unit.swap(second);
      for (let start = 0; start < 3; start++) {
        unit.processor.pass(60_000);
        assert.deepEqual(unit.handheld.running, GOLDEN);
        unit.restart();
      }
    });

    it("says nothing of being kept where it is not: it goes as one that never met its hub", () => {
      const unit = bench();
      unit.flash.worn = wordAt(3);
      assert.deepEqual(unit.install(second), stateOf(UpdatePhase.trial, 2, { running: 2 }));
      unit.processor.pass(605_000);
      assert.deepEqual(unit.handheld.running, GOLDEN);
    });
  });

  it("is not ready under another head than the one that was offered, nor one whose signature memory lost", () => {
    // The same image by the same maker, of a later counter.
    const later = bench();
    later.offer(maker.release(second.image, { counter: 9 }));
    const exchanged = bench();
    exchanged.offer(second);
    exchanged.flash.chip.erase(0);
    exchanged.flash.chip.write(0, later.flash.read(0, PAGE_BYTES));
    exchanged.send(second);
    const bytes = second.offer.slice();
    const lost = bench();
    lost.command(Op.offer, { bytes });
    while (lost.state().phase !== UpdatePhase.clearing) lost.processor.pass(1);
    bytes[bytes.length - 1]! ^= 1;
    lost.processor.pass(10_000);
    lost.send(second);
    for (const unit of [exchanged, lost])
      assert.deepEqual(unit.state(), stateOf(UpdatePhase.none, 2, { refused: UpdateRefusal.flash }));
  });

  it("is swapped at a safe moment only: not while recording, on a low battery or with a backlog, nor another", () => {
    const unit = bench();
    const why = (reason: number) => assert.equal(unit.swap(second).refused, reason);
    why(UpdateRefusal.notReady);
    unit.offer(second);
    why(UpdateRefusal.notReady);
    unit.send(second);
    assert.equal(unit.swap(third).refused, UpdateRefusal.notReady);
    unit.handheld.act((monitor) => monitor.start(RecordingMode.fixed, 5));
    why(UpdateRefusal.recording);
    unit.processor.pass(10_000);
    // Nobody collects it.
    why(UpdateRefusal.backlog);
    const fresh = bench();
    fresh.offer(second);
    fresh.send(second);
    fresh.handheld.batteryMillivolts = 3749;
    assert.equal(fresh.swap(second).refused, UpdateRefusal.battery);
    for (const millivolts of [3750, 0]) {
      const good = bench();
      good.offer(second);
      good.send(second);
      good.handheld.batteryMillivolts = millivolts;
      assert.equal(good.swap(second).refused, UpdateRefusal.none);
      // A recording that begins in the last moment is finished.
      good.handheld.act((monitor) => monitor.start(RecordingMode.fixed, 5));
      good.processor.pass(4000);
      assert.deepEqual(good.handheld.running, GOLDEN);
      good.processor.pass(4000);
      assert.deepEqual(good.handheld.running, running(second, 0, true));
    }
  });

  it("is cancelled at each of its phases, for good, and may be offered again", () => {
    const until: ((unit: ReturnType<typeof bench>) => void)[] = [
      (unit) => unit.command(Op.offer, { bytes: second.offer }),
      (unit) => {
        unit.command(Op.offer, { bytes: second.offer });
        while (unit.state().phase !== UpdatePhase.clearing) unit.processor.pass(1);
      },
      (unit) => void unit.offer(second),
      (unit) => {
        unit.offer(second);
        unit.chunk(second, 0);
      },
      (unit) => {
        unit.offer(second);
        for (let at = 0; at < second.image.length; at += 512) unit.chunk(second, at);
      },
      (unit) => {
        unit.offer(second);
        unit.send(second);
      },
    ];
    for (const [i, go] of until.entries()) {
      const unit = bench();
      go(unit);
      const before = unit.state();
      assert.deepEqual(unit.cancel(third), { ...before, refused: UpdateRefusal.none }, `${i}: another's`);
      assert.deepEqual(unit.cancel(second), stateOf(UpdatePhase.none, 0), `${i}`);
      unit.processor.pass(60_000);
      assert.deepEqual(unit.state(), stateOf(UpdatePhase.none, 0), `${i}: later`);
      unit.restart();
      assert.deepEqual(unit.handheld.running, GOLDEN);
      assert.deepEqual(unit.state(), stateOf(UpdatePhase.none, 0), `${i}: after a restart`);
      assert.equal(unit.install(second).phase, UpdatePhase.kept, `${i}: offered again`);
    }
    const late = bench();
    late.offer(second);
    late.send(second);
    late.swap(second);
    late.cancel(second);
    late.processor.pass(2000);
    assert.deepEqual(late.handheld.running, running(second, 0, true), "what was asked to run runs");
  });

  it("that is offered again goes on where it was; another one takes its place", () => {
    const unit = bench();
    unit.command(Op.offer, { bytes: second.offer });
    unit.processor.pass(30);
    unit.command(Op.offer, { bytes: second.offer });
    assert.equal(unit.offer(second).phase, UpdatePhase.taking);
    unit.chunk(second, 0);
    assert.deepEqual(unit.offer(second), stateOf(UpdatePhase.taking, 2, { taken: 512 }));
    // A slot is not cleared twice in a minute.
    assert.deepEqual(unit.offer(third), stateOf(UpdatePhase.clearing, 3));
    unit.processor.pass(60_000);
    assert.deepEqual(unit.state(), stateOf(UpdatePhase.taking, 3));
    assert.equal(unit.send(third).phase, UpdatePhase.ready);
    assert.deepEqual(unit.offer(third), stateOf(UpdatePhase.ready, 3, { taken: third.image.length }));
  });

  it("leaves no recording unsigned by its restart, should one begin in the last moment", () => {
    const unit = bench();
    unit.offer(second);
    unit.send(second);
    unit.swap(second);
    unit.handheld.act((monitor) => monitor.start(RecordingMode.fixed, 5));
    unit.hashSlowly();
    unit.processor.pass(60_000);
    assert.deepEqual(unit.handheld.running, running(second, 0, true));
    assert.deepEqual(unit.ended(), ["close", "signature"]);
  });

  it("wears its flash ever more slowly, whoever offers and cancels again and again", () => {
    const unit = bench();
    let clearings = 0;
    const { erase } = unit.flash;
    unit.flash.erase = (page) => {
      if (page === 0) clearings++;
      erase.call(unit.flash, page);
    };
    for (let seconds = 0; seconds < 3600; seconds += 5) {
      unit.command(Op.offer, { bytes: second.offer });
      unit.processor.pass(5000);
      if (unit.state().phase === UpdatePhase.taking) unit.cancel(second);
    }
    // At 0, 1, 3, 6, 10 minutes and so on.
    assert.equal(clearings, 11);
  });

  describe("that does not come up", () => {
    const back = (unit: ReturnType<typeof bench>) => {
      assert.deepEqual(unit.handheld.running, GOLDEN);
      assert.deepEqual(unit.state(), stateOf(UpdatePhase.back, 2));
      assert.deepEqual(unit.offer(second), stateOf(UpdatePhase.none, 2, { refused: UpdateRefusal.failed }));
      unit.restart();
      assert.deepEqual(unit.state(), stateOf(UpdatePhase.back, 2), "after a restart");
    };
    const ready = (unit: ReturnType<typeof bench>) => {
      unit.offer(second);
      unit.send(second);
      unit.swap(second);
      unit.processor.pass(2000);
    };

    it("because it throws or hangs is gone with the watchdog, and refused from then on until its owner says otherwise", () => {
      const unit = bench({ comesUp: ({ counter }) => counter !== 2 });
      ready(unit);
      assert.equal(unit.handheld.monitor, undefined);
      unit.processor.pass(31_000);
      back(unit);
      // Another one takes its place.
      assert.equal(unit.install(third).phase, UpdatePhase.kept);
      assert.equal(unit.offer(second).refused, UpdateRefusal.older);
      const again = bench({ comesUp: ({ counter }) => counter !== 2 });
      ready(again);
      again.processor.pass(31_000);
      assert.deepEqual(again.cancel(second), stateOf(UpdatePhase.none, 0));
      assert.deepEqual(again.offer(second), stateOf(UpdatePhase.taking, 2));
    });

    it("because it never reaches its hub is gone after ten minutes", () => {
      const unit = bench();
      ready(unit);
      unit.processor.pass(590_000);
      assert.deepEqual(unit.handheld.running, running(second, 0, true));
      unit.processor.pass(15_000);
      back(unit);
    });

    it("finishes its recording first", () => {
      const unit = bench();
      ready(unit);
      unit.handheld.act((monitor) => monitor.start(RecordingMode.fixed, 900));
      unit.processor.pass(890_000);
      assert.deepEqual(unit.handheld.running, running(second, 0, true));
      assert.equal(unit.handheld.monitor!.state, MonitorState.recording);
      unit.processor.pass(20_000);
      assert.deepEqual(unit.handheld.running, GOLDEN);
      assert.equal(unit.sealed.closes.at(-1)!.samples, 900 * RATE);
      assert.deepEqual(unit.frontEnd.overflowed, []);
    });

    it("is kept after all where its hub is met while that recording goes on; else that is signed first", () => {
      for (const isMet of [true, false]) {
        const unit = bench();
        ready(unit);
        unit.hashSlowly();
        unit.processor.pass(590_000);
        unit.handheld.act((monitor) => monitor.start(RecordingMode.fixed, 60));
        unit.processor.pass(30_000);
        if (isMet) unit.prove();
        unit.processor.pass(60_000);
        assert.deepEqual(unit.ended(), ["close", "signature"]);
        if (!isMet) return back(unit);
        assert.deepEqual(unit.handheld.running, running(second, 0, true));
        assert.equal(unit.state().phase, UpdatePhase.kept);
        unit.restart();
        assert.deepEqual(unit.handheld.running, running(second, 0));
      }
    });

    it("because the power went before it could show that it works", () => {
      const unit = bench();
      ready(unit);
      unit.restart();
      back(unit);
    });
  });

  it("makes void what stood in its slot before that is erased: a torn erase gives back words as well", () => {
    const unit = bench();
    for (const one of [second, third]) unit.install(one);
    unit.flash.operations = 0;
    unit.flash.cutAt = 2;
    unit.command(Op.offer, { bytes: fourth.offer });
    unit.processor.pass(10_000);
    assert.equal(unit.handheld.powerCuts, 1);
    assert.deepEqual([...unit.flash.read(0, 4)], [0, 0, 0, 0]);
  });

  it("whose flash wears out runs no more: what was kept before it does, else the factory's image", () => {
    const unit = bench();
    for (const one of [second, third]) unit.install(one);
    const rot = (slot: number) => unit.flash.chip.write((3 * slot + 1) * PAGE_BYTES + 64, new Uint8Array(4));
    rot(1);
    unit.restart();
    assert.deepEqual(unit.handheld.running, running(second, 0));
    rot(0);
    unit.restart();
    assert.deepEqual(unit.handheld.running, GOLDEN);
    assert.equal(unit.install(fourth).phase, UpdatePhase.kept);
  });

  it("runs none below the factory's image, should that be flashed anew", () => {
    const unit = bench();
    unit.install(second);
    unit.update.counter = 3;
    unit.restart();
    assert.deepEqual(unit.handheld.running, { ...GOLDEN, counter: 3 });
  });
});

describe(`an update while a recording goes on, seed ${SEED}`, () => {
  /** What hashing, sealing, writing and erasing take an nRF52840 (estimates); its messages are opened, too. */
  function slow(unit: ReturnType<typeof bench>): void {
    const { processor, sealed, flash } = unit;
    const { sha256, seal } = sealed.crypto;
    sealed.crypto.sha256 = (bytes) => {
      processor.busy(5);
      return sha256(bytes);
    };
    sealed.crypto.seal = (key, nonce, plain) => {
      processor.busy((plain.length * 20) / 1300);
      return seal(key, nonce, plain);
    };
    const { write, erase } = flash;
    flash.write = (address, bytes) => {
      write.call(flash, address, bytes);
      processor.busy(5);
    };
    flash.erase = (page) => {
      erase.call(flash, page);
      processor.busy(85);
    };
  }

  function record(unit: ReturnType<typeof bench>, seconds: number): void {
    unit.processor.pass(5000);
    unit.handheld.act((monitor) => monitor.start(RecordingMode.fixed, seconds));
    unit.processor.pass(1000);
  }

  function sendSlowly(unit: ReturnType<typeof bench>): void {
    for (let at = 0; at < second.image.length; at += 512) {
      unit.processor.busy(9);
      unit.chunk(second, at);
      unit.processor.pass(random.int(300));
    }
  }

  function lostNothing({ sealed, frontEnd, state }: ReturnType<typeof bench>, samples: number): void {
    assert.deepEqual(state(), stateOf(UpdatePhase.ready, 2, { taken: second.image.length }));
    assert.equal(frontEnd.overflowed.length, 0, `lost ${frontEnd.overflowed.slice(0, 100)}`);
    assert.equal(sealed.samples.size, samples);
    for (const [i, value] of sealed.samples) assert.equal(value, sampleAt(i), `sample ${i}`);
    assert.equal(sealed.closes[0]!.dropped, 0);
  }

  for (const rate of [128, 256])
    it(`costs it no sample at ${rate} Hz, from the offer to the verified image`, () => {
      const unit = bench({}, rate);
      slow(unit);
      record(unit, 120);
      unit.command(Op.offer, { bytes: second.offer });
      unit.processor.pass(45_000);
      sendSlowly(unit);
      unit.processor.pass(45_000);
      assert.equal(unit.handheld.monitor!.state, MonitorState.recording);
      assert.equal(unit.state().phase, UpdatePhase.ready);
      unit.processor.pass(30_000);
      lostNothing(unit, 120 * rate);
    });

  it("costs it no sample at 512 Hz, where a FIFO bears no erase: the recording goes before it", () => {
    const early = bench({}, 512);
    slow(early);
    record(early, 60);
    early.command(Op.offer, { bytes: second.offer });
    early.processor.pass(50_000);
    assert.equal(early.state().phase, UpdatePhase.clearing);
    assert.equal(early.flash.operations, 0);
    early.processor.pass(20_000);
    assert.equal(early.state().phase, UpdatePhase.taking);
    const unit = bench({}, 512, 512);
    unit.offer(second);
    slow(unit);
    record(unit, 30);
    sendSlowly(unit);
    unit.processor.pass(40_000);
    lostNothing(unit, 30 * 512);
  });
});

/** What a cut may leave: whole, and one of the two. */
describe(`an update with the power cut at each write and erase, seed ${SEED}`, () => {
  /** How often a cut within an operation is drawn, each torn otherwise. */
  const TORN = 6;

  function cutEverywhere(before: Made[], one: Made, old: Running, slot: number): void {
    const start = bench();
    for (const earlier of before) start.install(earlier);
    start.restart();
    assert.deepEqual(start.handheld.running, old);
    const snapshot = start.flash.read(0, SLOTS.pages * PAGE_BYTES);
    start.flash.operations = 0;
    start.install(one);
    const operations = start.flash.operations;
    const fresh = running(one, slot);
    const ends = { old: 0, new: 0 };
    let cuts = 0;
    for (let at = 1; at <= operations; at++)
      for (const how of ["before", "within", "behind"] as const)
        for (let draw = 0; draw < (how === "within" ? TORN : 1); draw++) {
          const where = `operation ${at} of ${operations}, cut ${how} it, draw ${draw}`;
          const chip = new SimFlash({ ...SLOTS, random: new Random(`${SEED} ${at} ${draw}`) });
          for (let page = 0; page < SLOTS.pages; page++)
            chip.write(page * PAGE_BYTES, snapshot.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
          const flash = new CutFlash(chip);
          flash.how = how;
          const unit = bench({ slots: { flash, count: COUNT } });
          const now = () => {
            assert.ok(unit.handheld.monitor, `${where}: nothing runs`);
            const { running: runs } = unit.handheld;
            if (runs!.slot >= 0) {
              const { image: whole } = made.get(runs!.counter)!;
              const stands = chip.read((3 * runs!.slot + 1) * PAGE_BYTES, whole.length);
              assert.ok(Buffer.from(whole).equals(stands), `${where}: runs what is not whole`);
            }
            assert.ok(
              runs!.counter === old.counter || runs!.counter === fresh.counter,
              `${where}: runs ${JSON.stringify(runs)}`,
            );
            return runs!;
          };
          assert.deepEqual(now(), old, where);
          flash.operations = 0;
          flash.cutAt = at;
          drive(unit, one);
          assert.equal(unit.handheld.powerCuts, 1, where);
          chip.restore();
          unit.restart();
          ends[now().counter === fresh.counter ? "new" : "old"]++;
          // On from there as a hub goes on, to the end.
          drive(unit, one);
          assert.deepEqual({ ...now(), trial: false }, fresh, where);
          unit.restart();
          assert.deepEqual(now(), fresh, `${where}: kept`);
          assert.deepEqual(unit.state().phase, UpdatePhase.kept, where);
          cuts++;
        }
    assert.ok(ends.old > 0 && ends.new > 0);
    console.log(
      `      ${operations} operations, ${cuts} cuts: ${ends.old} ended in the old, ${ends.new} in the new`,
    );
  }

  /** Does by the handheld's own state what its owner's hub does, until it is kept or the power goes. */
  function drive(unit: ReturnType<typeof bench>, one: Made): void {
    for (let step = 0; unit.handheld.monitor; step++) {
      assert.ok(step < 100, "comes to no end");
      const { phase, taken } = unit.state();
      if (phase === UpdatePhase.kept && unit.handheld.running!.counter === one.release.counter) return;
      if (phase === UpdatePhase.trial) unit.prove();
      else if (phase === UpdatePhase.ready) unit.command(Op.swap, { counter: one.release.counter });
      else if (phase === UpdatePhase.taking) unit.chunk(one, Math.min(taken, one.image.length - 1));
      else if (phase === UpdatePhase.back) unit.command(Op.cancel, { counter: one.release.counter });
      else if (phase !== UpdatePhase.clearing) unit.command(Op.offer, { bytes: one.offer });
      unit.processor.pass(5000);
    }
  }

  it("of a new unit leaves the factory's image or the new one running, and can be done again", function () {
    this.timeout(120_000);
    cutEverywhere([], second, GOLDEN, 0);
  });

  it("of a unit that was updated before leaves that or the new one running, and can be done again", function () {
    this.timeout(120_000);
    cutEverywhere([second, third], fourth, running(third, 1), 0);
  });
});
