import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import type { Board } from "../../firmware/board/board";
import { Recorder } from "../../firmware/recorder";
import { Ring } from "../../firmware/ring";
import { type Keys, seenNothing, Vault } from "../../firmware/vault";
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

const fill = (length: number, value: number) => new Uint8Array(length).fill(value);
const DEVICE = fill(8, 0xd0);
const SIGNING = { seed: fill(32, 0x5e), trees: 1, height: 5 };
const TREE = publicTree(nodeCrypto, SIGNING, 0);
const FIRST_KEYS: Keys = {
  epoch: 1,
  recording: 1,
  chainKey: fill(32, 1),
  receiptKey: fill(32, 2),
  alias: fill(8, 3),
  previousClose: fill(32, 0),
  leaf: 0,
  seen: seenNothing(),
  confirmed: true,
};

function verifies(signed: Uint8Array, body: Uint8Array): boolean {
  const { tree, leaf, ots } = decodeSignature(body);
  assert.equal(tree, 0);
  const { lmsType, id } = decodeLmsPublicKey(TREE.publicKey);
  const path = lmsPath(nodeCrypto.sha256, lmsType, id, TREE.leaves, leaf);
  return verifyLms(nodeCrypto.sha256, TREE.publicKey, signed, assembleLms(leaf, ots, lmsType, path));
}

/** A claimed unit without a radio. Whatever it ever seals is watched. */
class Unit {
  readonly flash: SimFlash;
  readonly vaultFlash: SimFlash;
  ring!: Ring;
  recorder!: Recorder;
  keys!: Keys;
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
    new Vault(this.vaultFlash, (bytes) => crc32(bytes)).save(FIRST_KEYS);
    this.boot();
  }

  boot(): void {
    this.flash.restore();
    this.vaultFlash.restore();
    const vault = new Vault(this.vaultFlash, (bytes) => crc32(bytes));
    this.keys = vault.load()!;
    this.ring = new Ring(this.flash, (bytes) => crc32(bytes), nodeCrypto);
    this.ring.load(1);
    const evict = this.ring.evict.bind(this.ring);
    this.ring.evict = () => {
      if (this.sinceClose > 0) this.evictionsBehindClose++;
      return evict();
    };
    const crypto: Crypto = { ...nodeCrypto, seal: (key, nonce, plain) => this.seal(key, nonce, plain) };
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
      batteryMillivolts: () => 3900,
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

  close(): void {
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
  this.timeout(120_000);

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
