import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import type { Board } from "../../firmware/board/board";
import { Recorder } from "../../firmware/recorder";
import { Ring } from "../../firmware/ring";
import { type Keys, Vault } from "../../firmware/vault";
import { nodeCrypto } from "../../gateway/crypto";
import { CloseReason, decodeClose, signedClose } from "../../protocol/bodies";
import { toHex } from "../../protocol/bytes";
import { chainNext, chainStart } from "../../protocol/chain";
import type { Crypto } from "../../protocol/crypto";
import { decodeHeader, FrameType } from "../../protocol/header";
import { nextChainKey, recordingKey } from "../../protocol/keys";
import { assembleLms, decodeLmsPublicKey, lmsPath, verifyLms } from "../../protocol/lms";
import { decodeOpen } from "../../protocol/open";
import { openFrame } from "../../protocol/seal";
import { decodeSignature } from "../../protocol/signature";
import { publicTree } from "../../protocol/trees";
import { PowerCut, SimFlash } from "../../tools/sim/flash";
import { Random } from "../../tools/sim/random";
import { FIRST_KEYS } from "./firstkeys";

const fill = (length: number, value: number) => new Uint8Array(length).fill(value);
const DEVICE = fill(8, 0xd0);
const SIGNING = { seed: fill(32, 0x5e), trees: 1, height: 5 };
const TREE = publicTree(nodeCrypto, SIGNING, 0);

function verifies(signed: Uint8Array, body: Uint8Array): boolean {
  const { tree, leaf, ots } = decodeSignature(body);
  assert.equal(tree, 0);
  const { lmsType, id } = decodeLmsPublicKey(TREE.publicKey);
  const path = lmsPath(nodeCrypto.sha256, lmsType, id, TREE.leaves, leaf);
  return verifyLms(nodeCrypto.sha256, TREE.publicKey, signed, assembleLms(leaf, ots, lmsType, path));
}

/** Timers of a board whose time passes only as told. */
class Timers {
  now = 0;
  private due: { at: number; run: () => void }[] = [];

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.now + ms, run };
    this.due.push(timer);
    return () => {
      this.due = this.due.filter((other) => other !== timer);
    };
  }

  /** Runs the timer that is due first, time having passed until then. @returns false when there is none */
  next(): boolean {
    const first = this.due.reduce((a, b) => (b.at < a.at ? b : a), this.due[0]!);
    if (!first) return false;
    this.due = this.due.filter((other) => other !== first);
    this.now = Math.max(this.now, first.at);
    first.run();
    return true;
  }
}

/** A claimed unit without a radio. Whatever it ever seals is watched. */
class Unit {
  readonly flash: SimFlash;
  readonly vaultFlash: SimFlash;
  ring!: Ring;
  recorder!: Recorder;
  keys!: Keys;
  timers = new Timers();
  /** Milliseconds of a hash, a byte sealed, a write and an erase. */
  costs = { hash: 0, sealed: 0, write: 0, erase: 0 };
  evictionsBehindClose = 0;
  /** Frames sealed since the newest close, that close included. */
  private sinceClose = 0;
  private readonly bodies = new Map<string, string>();
  private readonly leaves = new Map<number, string>();

  constructor(seed: string, pages: number) {
    const random = new Random(seed);
    this.flash = new SimFlash({ pageBytes: 4096, pages, writeBytes: 4, random: random.fork("ring") });
    this.vaultFlash = new SimFlash({
      pageBytes: 4096,
      pages: 2,
      writeBytes: 4,
      random: random.fork("vault"),
    });
    const write = this.flash.write.bind(this.flash);
    this.flash.write = (address, bytes) => {
      this.timers.now += this.costs.write;
      write(address, bytes);
    };
    const erase = this.flash.erase.bind(this.flash);
    this.flash.erase = (page) => {
      this.timers.now += this.costs.erase;
      erase(page);
    };
    new Vault(this.vaultFlash, (bytes) => crc32(bytes)).save(FIRST_KEYS);
    this.boot();
  }

  boot(): void {
    this.flash.restore();
    this.vaultFlash.restore();
    const vault = new Vault(this.vaultFlash, (bytes) => crc32(bytes));
    this.keys = vault.load()!;
    this.ring = new Ring(this.flash, (bytes) => crc32(bytes), nodeCrypto);
    this.ring.load(1, () => {});
    const evict = this.ring.evict.bind(this.ring);
    this.ring.evict = () => {
      if (this.sinceClose > 0) this.evictionsBehindClose++;
      return evict();
    };
    const timers = new Timers();
    this.timers = timers;
    const crypto: Crypto = {
      ...nodeCrypto,
      seal: (key, nonce, plain) => this.seal(key, nonce, plain),
      sha256: (data) => {
        timers.now += this.costs.hash;
        return nodeCrypto.sha256(data);
      },
    };
    const board = {
      crypto,
      identity: { device: DEVICE, claimCode: fill(16, 0), certificate: fill(0, 0), signing: SIGNING },
      frontEnd: {
        name: "t",
        rateNum: 256,
        rateDen: 1,
        bits: 18,
        leads: [{ name: "I", unit: "mV", gain: 200, baseline: 0, adcZero: 0 }],
      },
      uptimeMs: () => 5,
      after: (ms: number, run: () => void) => timers.after(ms, run),
      batteryMillivolts: () => 3900,
      tidy() {},
    } as unknown as Board;
    this.recorder = new Recorder(board, this.ring, vault, () => {});
    this.recorder.inherit(this.ring.holes());
  }

  private seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
    const place = `${toHex(key)} ${toHex(nonce)}`;
    const body = toHex(plain);
    assert.equal(this.bodies.get(place) ?? body, body, "one key and nonce for two bodies");
    this.bodies.set(place, body);
    const type = nonce[0]! & 15;
    if (type === FrameType.close) this.sinceClose = 1;
    else if (type === FrameType.open) this.sinceClose = 0;
    else if (this.sinceClose > 0) this.sinceClose++;
    if (type === FrameType.signature) {
      const { leaf } = decodeSignature(plain.subarray(2, 2 + 1257));
      const message = `${toHex(key)} ${toHex(nonce)}`;
      assert.equal(this.leaves.get(leaf) ?? message, message, `leaf ${leaf} signs twice`);
      this.leaves.set(leaf, message);
    }
    this.timers.now += plain.length * this.costs.sealed;
    return nodeCrypto.seal(key, nonce, plain);
  }

  /** Open and data; the ring's content changes with `count`. */
  begin(count: number): void {
    const keys = this.keys;
    this.keys = this.recorder.burn(keys);
    this.recorder.start(keys, 1, 30, 0, 0);
    for (let i = 0; i < count; i++) this.recorder.data(i * 256, fill(100, i), 256);
    this.sinceClose = 0;
  }

  /** With its signature. */
  close(): void {
    this.end();
    while (this.timers.next());
  }

  /** The signature is yet to be made. */
  end(): void {
    this.keys = this.recorder.close(this.keys, CloseReason.complete);
  }

  key(recording: number): Uint8Array {
    let { chainKey } = FIRST_KEYS;
    for (let n = 1; n < recording; n++) chainKey = nextChainKey(nodeCrypto, chainKey);
    return recordingKey(nodeCrypto, chainKey, DEVICE, 1, recording);
  }

  /** What the ring holds of a recording: type and body by sequence. */
  held(recording: number): { sequence: number; type: number; body: Uint8Array; frame: Uint8Array }[] {
    const frames = [];
    for (let sequence = 0; sequence < 400; sequence++) {
      const frame = this.ring.read(recording, sequence);
      if (!frame) continue;
      const body = openFrame(nodeCrypto, this.key(recording), frame);
      frames.push({ sequence, type: decodeHeader(frame).type, body, frame });
    }
    return frames;
  }

  /** @returns whether the recording is closed and signed, having checked that its end is as it may be */
  endOf(recording: number): { closed: boolean; signed: boolean } {
    const held = this.held(recording);
    const at = held.findIndex(({ type }) => type === FrameType.close);
    if (at < 0) {
      assert.equal(
        held.some(({ type }) => type === FrameType.signature),
        false,
        "a signature without close",
      );
      return { closed: false, signed: false };
    }
    const close = held[at]!;
    const behind = held.slice(at + 1);
    assert.equal(decodeClose(close.body).frames, close.sequence);
    assert.ok(behind.length <= 1, `${behind.length} frames behind the close`);
    if (behind.length === 0) return { closed: true, signed: false };
    assert.deepEqual([behind[0]!.type, behind[0]!.sequence], [FrameType.signature, close.sequence + 1]);
    assert.equal(verifies(signedClose(DEVICE, 1, recording, close.body), behind[0]!.body), true);
    return { closed: true, signed: true };
  }
}

/** How a close may fall: at any place of a page, and on a full ring. */
const LAYOUTS = [
  ...Array.from({ length: 30 }, (_, count) => ({ pages: 8, before: 0, count })),
  ...Array.from({ length: 30 }, (_, count) => ({ pages: 4, before: 70, count })),
];

describe("the close of a recording", function () {
  it("is followed by its signature, which verifies against the device's public table, wherever in a page it falls", () => {
    for (const { pages, before, count } of LAYOUTS) {
      const unit = new Unit("whole", pages);
      unit.begin(before);
      unit.close();
      unit.begin(count);
      unit.close();
      assert.deepEqual(unit.endOf(2), { closed: true, signed: true }, `${before} and ${count} frames`);
      assert.equal(unit.keys.leaf, 2);
      // Both have their room before the close is written: what had to go for it is declared in front of it.
      assert.equal(unit.evictionsBehindClose, 0, `${before} and ${count} frames`);
    }
  });

  it("stands in the next open frame as a close, also behind its signature, with the chain through both", () => {
    for (const restart of [false, true]) {
      const unit = new Unit("next", 8);
      unit.begin(3);
      unit.close();
      if (restart) unit.boot();
      unit.begin(1);
      const frames = unit.held(1);
      const chain = frames.reduce(
        (head, { frame }) => chainNext(nodeCrypto, head, frame),
        chainStart(nodeCrypto, DEVICE, 1, 1, unit.key(1)),
      );
      assert.equal(frames.length, 6);
      assert.deepEqual(decodeOpen(unit.held(2)[0]!.body).previous, {
        recording: 1,
        frames: 6,
        closed: true,
        chain: new Uint8Array(chain),
      });
    }
  });

  it("survives a power cut at each of its flash operations: never a leaf twice, never a nonce twice, at worst unsigned", () => {
    const ends = { whole: 0, unsigned: 0, open: 0 };
    // Every third layout, the one among them whose close opens a new page.
    for (const { pages, before, count } of LAYOUTS.filter((layout) => layout.count % 3 === 2)) {
      for (const chip of ["flash", "vaultFlash"] as const) {
        for (let operation = 1, cut = true; cut; operation++) {
          for (const tear of [1, 2]) {
            const where = `${before} and ${count} frames, operation ${operation} of ${chip}, tear ${tear}`;
            const unit = new Unit(where, pages);
            unit.begin(before);
            unit.close();
            unit.begin(count);
            unit[chip].cutAfter(operation);
            cut = false;
            try {
              unit.close();
            } catch (error) {
              assert.ok(error instanceof PowerCut, String(error));
              cut = true;
            }
            unit.boot();
            const { closed, signed } = unit.endOf(2);
            ends[signed ? "whole" : closed ? "unsigned" : "open"]++;
            // A signature that may have left was burned before.
            assert.ok(!signed || unit.keys.leaf === 2, where);
            // Life goes on: with the next leaf, and knowing how the last recording ended.
            const { leaf } = unit.keys;
            unit.begin(2);
            const { previous } = decodeOpen(unit.held(3)[0]!.body);
            assert.deepEqual([previous!.recording, previous!.closed], [2, closed], where);
            unit.close();
            assert.deepEqual(unit.endOf(3), { closed: true, signed: true }, where);
            assert.equal(unit.keys.leaf, leaf + 1, where);
            if (operation > 40) assert.fail(`${where}: the close never ends`);
          }
        }
      }
    }
    // The enumeration reached every way to end.
    assert.ok(Math.min(...Object.values(ends)) > 20, JSON.stringify(ends));
  });

  it("comes without signature once the leaves are used up", () => {
    const unit = new Unit("used up", 8);
    unit.keys.leaf = 31;
    assert.equal(unit.recorder.signatures(31), 1);
    unit.begin(1);
    unit.close();
    assert.deepEqual(unit.endOf(1), { closed: true, signed: true });
    assert.equal(unit.recorder.signatures(unit.keys.leaf), 0);
    unit.begin(1);
    unit.close();
    assert.deepEqual(unit.endOf(2), { closed: true, signed: false });
    assert.equal(unit.keys.leaf, 32);
  });

  it("is followed by nothing more when the vault wears out", () => {
    const unit = new Unit("worn", 8);
    unit.begin(1);
    const write = unit.vaultFlash.write.bind(unit.vaultFlash);
    unit.vaultFlash.write = (address, bytes) =>
      write(
        address,
        bytes.map((byte) => byte & 0xfe),
      );
    assert.throws(() => unit.close(), /worn out/);
    assert.deepEqual(unit.endOf(1), { closed: true, signed: false });
    unit.recorder.lostForGood([
      { recording: 1, from: 0, to: 0, firstSample: 0, endSample: 0, before: fill(32, 0), chain: fill(32, 0) },
    ]);
    assert.deepEqual(unit.endOf(1), { closed: true, signed: false });
  });
});

describe("a close that is signed while the next recording runs", function () {
  /** Ends recording 2 and begins 3, whose blocks fall between the slices. */
  function overlap(unit: Unit, { before, count }: { before: number; count: number }): void {
    unit.begin(before);
    unit.close();
    unit.begin(count);
    unit.end();
    unit.begin(0);
    let blocks = 0;
    for (let more = true; more && unit.recorder.signing(); blocks++) {
      unit.recorder.data(blocks * 256, fill(100, blocks), 256);
      for (let slice = 0; more && slice < 9; slice++) more = unit.timers.next();
    }
    assert.ok(blocks >= 5, `only ${blocks} blocks fell into the signing`);
    for (let i = 0; i < 3; i++) unit.recorder.data((blocks + i) * 256, fill(100, i), 256);
  }

  it("gets its signature all the same, wherever both fall, and every frame of the other stays readable", () => {
    for (const { pages, before, count } of LAYOUTS) {
      const where = `${before} and ${count} frames`;
      const unit = new Unit("overlap", pages);
      overlap(unit, { before, count });
      assert.deepEqual(unit.endOf(2), { closed: true, signed: true }, where);
      const [open] = unit.held(3);
      const { previous } = decodeOpen(open!.body);
      const closed = unit.held(2).find(({ type }) => type === FrameType.close)!.sequence + 1;
      assert.deepEqual([previous!.recording, previous!.closed, previous!.frames], [2, true, closed], where);
      const sequences = unit.held(3).map(({ sequence }) => sequence);
      assert.deepEqual(
        sequences,
        sequences.map((_, i) => i),
        where,
      );
      // A restart knows that 3 came last, although the signature of 2 stands behind its first page.
      unit.boot();
      unit.begin(0);
      const next = decodeOpen(unit.held(4)[0]!.body).previous!;
      assert.deepEqual([next.recording, next.closed, next.frames], [3, false, sequences.length], where);
    }
  });

  it("survives a power cut at each flash operation: no leaf and no nonce twice, the running recording whole up to there", () => {
    const ends = { signed: 0, unsigned: 0 };
    for (const { pages, before, count } of LAYOUTS.filter((layout) => layout.count % 10 === 4)) {
      for (let operation = 1, cut = true; cut; operation++) {
        for (const tear of [1, 2]) {
          const where = `${before} and ${count} frames, operation ${operation}, tear ${tear}`;
          const unit = new Unit(where, pages);
          const kept: string[] = [];
          unit.begin(before);
          unit.close();
          unit.begin(count);
          unit.end();
          unit.begin(0);
          unit.flash.cutAfter(operation);
          cut = false;
          try {
            for (let i = 0; unit.recorder.signing(); i++) {
              if (i % 9 === 0) {
                unit.recorder.data((i / 9) * 256, fill(100, i), 256);
                kept.push(toHex(unit.held(3).at(-1)!.frame));
              }
              unit.timers.next();
            }
          } catch (error) {
            assert.ok(error instanceof PowerCut, String(error));
            cut = true;
          }
          unit.boot();
          const { closed, signed } = unit.endOf(2);
          assert.equal(closed, true, where);
          ends[signed ? "signed" : "unsigned"]++;
          const frames = unit.held(3).map(({ frame }) => toHex(frame));
          for (const frame of kept) assert.ok(frames.includes(frame), where);
          assert.equal(unit.keys.leaf, 2, where);
          unit.begin(2);
          assert.equal(decodeOpen(unit.held(4)[0]!.body).previous!.recording, 3, where);
          unit.close();
          assert.deepEqual(unit.endOf(4), { closed: true, signed: true }, where);
          if (operation > 60) assert.fail(`${where}: the signature never ends`);
        }
      }
    }
    assert.ok(Math.min(...Object.values(ends)) > 20, JSON.stringify(ends));
  });

  for (const [stock, name] of [
    [true, "from stock"],
    [false, "on a page that is erased for it"],
  ] as const) {
    it(`delays no read of a FIFO of 125 ms by more than its half, although it takes seconds: ${name}`, () => {
      for (let phase = 0; phase < 62; phase += 6) {
        const unit = new Unit("in time", 16);
        unit.begin(400);
        unit.close();
        unit.ring.receipt(1, 400, []);
        unit.begin(1);
        unit.end();
        unit.begin(0);
        while (stock && unit.ring.wantsErase()) unit.ring.eraseOne();
        const { erases } = unit.flash.counters;
        unit.costs = { hash: 7, sealed: 20 / 1300, write: 5, erase: 85 };
        const { timers } = unit;
        const from = timers.now;
        let latest = 0;
        let reads = 0;
        let pauses = 0;
        // Asks to be read when half full, counted from the last read; every second read ends a block.
        const read = (due: number) => {
          const now = timers.now;
          latest = Math.max(latest, now - due);
          reads++;
          if (reads % 2 === 0) unit.recorder.data(reads * 16, fill(100, reads), 32);
          else if (unit.recorder.emptied()) pauses++;
          if (unit.recorder.signing()) timers.after(now + 62.5 - timers.now, () => read(now + 62.5));
        };
        timers.after(phase, () => read(from + phase));
        while (timers.next());
        assert.deepEqual(unit.endOf(2), { closed: true, signed: true });
        assert.ok(timers.now - from > 2500, `${timers.now - from} ms`);
        assert.ok(reads > 40, `${reads} reads`);
        assert.ok(latest <= 62.5, `a read came ${latest} ms late`);
        assert.equal(pauses, 2, "sealed in one pause, written in the next");
        assert.equal(unit.flash.counters.erases - erases > 0, !stock);
      }
    });
  }

  it("waits for no pause that never comes", () => {
    const unit = new Unit("no pause", 8);
    unit.begin(1);
    unit.end();
    unit.begin(0);
    while (unit.timers.next());
    assert.ok(unit.timers.now >= 3000 && unit.timers.now < 4000, `${unit.timers.now} ms`);
    assert.deepEqual(unit.endOf(1), { closed: true, signed: true });
  });

  it("is signed before the next close, should that one come first", () => {
    const unit = new Unit("short", 8);
    unit.begin(2);
    unit.end();
    unit.begin(1);
    unit.end();
    assert.deepEqual(unit.endOf(1), { closed: true, signed: true });
    assert.deepEqual(unit.endOf(2), { closed: true, signed: false });
    while (unit.timers.next());
    assert.deepEqual(unit.endOf(2), { closed: true, signed: true });
    assert.equal(unit.keys.leaf, 2);
  });
});
