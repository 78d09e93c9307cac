import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Pattern } from "../../firmware/board/board";
import type { Monitor } from "../../firmware/monitor";
import type { Evicted, Ring } from "../../firmware/ring";
import { type Clock, systemClock } from "../../gateway/clock";
import { nodeCrypto } from "../../gateway/crypto";
import { startHub } from "../../gateway/hub";
import { toHex } from "../../protocol/bytes";
import { chainStart } from "../../protocol/chain";
import { MonitorState } from "../../protocol/command";
import type { Crypto } from "../../protocol/crypto";
import { FrameType, isRecorded } from "../../protocol/header";
import { decodeOpen, RecordingMode } from "../../protocol/open";
import type { Receipt } from "../../protocol/receipt";
import { decodeSignature, SIGNATURE_BYTES } from "../../protocol/signature";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { PowerCut, SimFlash } from "../../tools/sim/flash";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { VirtualHandheld } from "../../tools/sim/handheld";
import { openHouse } from "../../tools/sim/house";
import { type Keepsake, newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { PERFECT, Radio } from "../../tools/sim/radio/lossy";
import { Random } from "../../tools/sim/random";
import { GeneratedSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { scratch } from "../e2e/rig";

const seed = Number(process.env.AVNODE_SEED ?? 1);
const RATE = 128;
/**
 * Small pages, so that a session of seconds changes pages, erases ahead, wraps around and overflows; but of two chunks, as
 * the firmware looks at pages to see whether they are erased.
 */
const RING = { pageBytes: 2048, pages: 8, writeBytes: 4 };
/** Layout of firmware/README.md. */
const RELEASED_AT = 60;
const MARKED_AT = 64;
const RECORD_HEAD_BYTES = 12;
const CHAIN_KEY_AT = 12;
const CHAIN_KEY_BYTES = 32;
type Chip = "flash" | "vault";
const CHIPS: Chip[] = ["flash", "vault"];

/** What a flash operation is for. */
const KINDS = [
  "vault erase",
  "vault write",
  "erase on the spot",
  "erase ahead at rest",
  "erase ahead while a FIFO fills",
  "page head",
  "record",
  "signature",
  "commit",
  "release",
  "mark",
] as const;
type Kind = (typeof KINDS)[number];

/** What a flash operation does to a page, and the page before it. */
interface Operation {
  kind: Kind;
  chip: Chip;
  page: number;
  before: Uint8Array;
  /** Offset and bytes of a write; an erase has none. */
  write?: { at: number; bytes: Uint8Array };
  /** How much of each account below was true when it began. */
  seals: number;
  frames: number;
  lost: number;
}

interface Seal {
  key: string;
  nonce: Uint8Array;
  plain: Uint8Array;
  frame: Uint8Array;
}

/** A frame that the firmware said was in flash, and where. */
interface Committed {
  recording: number;
  sequence: number;
  frame: Uint8Array;
  page: number;
  /** Operations done by then. */
  at: number;
}

/** Writes down all that a handheld seals, commits, gives up and does to its flash. */
class Account {
  readonly operations: Operation[] = [];
  readonly seals: Seal[] = [];
  readonly frames: Committed[] = [];
  readonly lost: Evicted[] = [];
  private erasing: Kind = "erase on the spot";
  private readonly receipts: (Pick<Receipt, "recording" | "next" | "holes"> & { at: number })[] = [];

  /** True when a receipt had covered the frame before that operation. */
  receipted({ recording, sequence }: Committed, operation: number): boolean {
    return this.receipts.some(
      ({ recording: of, next, holes, at }) =>
        of === recording &&
        at <= operation &&
        sequence < next &&
        !holes.some(({ from, length }) => sequence >= from && sequence < from + length),
    );
  }

  readonly crypto: Crypto = {
    ...nodeCrypto,
    seal: (key, nonce, plain) => {
      const sealed = nodeCrypto.seal(key, nonce, plain);
      const frame = Buffer.concat([nonce.subarray(0, 11), sealed]);
      this.seals.push({ key: Buffer.from(key).toString("hex"), nonce, plain: Uint8Array.from(plain), frame });
      return sealed;
    },
  };

  watchFlash(chips: Record<Chip, SimFlash>): void {
    for (const chip of CHIPS) {
      const flash = chips[chip];
      const write = flash.write.bind(flash);
      const erase = flash.erase.bind(flash);
      const note = (page: number, what: Pick<Operation, "write">) => {
        const kind =
          chip === "vault" ? (what.write ? "vault write" : "vault erase") : this.kindOf(what.write);
        const before = flash.read(page * flash.pageBytes, flash.pageBytes);
        const { seals, frames, lost } = this;
        const so = { seals: seals.length, frames: frames.length, lost: lost.length };
        this.operations.push({ kind, chip, page, before, ...what, ...so });
      };
      flash.write = (address, bytes) => {
        const page = Math.floor(address / flash.pageBytes);
        note(page, { write: { at: address % flash.pageBytes, bytes: Uint8Array.from(bytes) } });
        write(address, bytes);
      };
      flash.erase = (page) => {
        note(page, {});
        erase(page);
      };
    }
  }

  private kindOf(write: Operation["write"]): Kind {
    if (!write) return this.erasing;
    if (write.at === 0) return "page head";
    if (write.at === RELEASED_AT) return "release";
    if (write.at === MARKED_AT) return "mark";
    if (write.bytes.length === 4) return "commit";
    const { type } = placeOf(write.bytes.subarray(RECORD_HEAD_BYTES));
    return type === FrameType.signature ? "signature" : "record";
  }

  watchMonitor(monitor: Monitor): void {
    const { link } = monitor;
    const ring = ringOf(monitor);
    const evict = ring.evict.bind(ring);
    ring.evict = () => {
      const lost = evict();
      this.lost.push(...lost);
      return lost;
    };
    const eraseOne = ring.eraseOne.bind(ring);
    ring.eraseOne = () => {
      const fills = monitor.state === MonitorState.recording;
      this.erasing = fills ? "erase ahead while a FIFO fills" : "erase ahead at rest";
      eraseOne();
      this.erasing = "erase on the spot";
    };
    const receipt = ring.receipt.bind(ring);
    ring.receipt = (recording, next, holes) => {
      this.receipts.push({ recording, next, holes, at: this.operations.length });
      receipt(recording, next, holes);
    };
    const appended = link.appended.bind(link);
    link.appended = (recording, sequence) => {
      const { page } = this.operations.findLast(({ chip }) => chip === "flash")!;
      const { frame } = this.seals.findLast((seal) => isOf(seal, recording, sequence))!;
      this.frames.push({ recording, sequence, frame, page, at: this.operations.length });
      appended(recording, sequence);
    };
  }
}

/** The ring is the monitor's own affair, but what it gives back is what this test is about. */
const ringOf = (monitor: Monitor) => (monitor as unknown as { ring: Ring }).ring;

function placeOf(bytes: Uint8Array): { type: number; recording: number; sequence: number } {
  const view = Buffer.from(bytes);
  return { type: bytes[0]! & 15, recording: view.readUInt32BE(3), sequence: view.readUInt32BE(7) };
}

function isOf({ nonce }: Seal, recording: number, sequence: number): boolean {
  const place = placeOf(nonce);
  return isRecorded(place.type) && place.recording === recording && place.sequence === sequence;
}

const bodyOf = ({ plain }: Seal) => plain.slice(2, 2 + ((plain[0]! << 8) | plain[1]!));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function ecg(clock: Clock): SimFrontEnd {
  const heart = new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400, seed });
  return new SimFrontEnd(new GeneratedSource(heart), clock, { burstMs: 62.5, speed: 1, bearsMs: 125 });
}

/** The session: a claim, recordings with marks, receipts, pages erased ahead, a hub that leaves, a ring that overflows. */
async function session(account: Account, keepsake: Keepsake, dataDir: string): Promise<void> {
  const house = await openHouse({
    keepsake,
    radio: PERFECT,
    seed,
    crypto: account.crypto,
    startHub: (radio) => startHub({ dataDir, kind: "import", broker: "memory", radio }),
  });
  const { handheld, store, radio } = house;
  const boot = () => account.watchMonitor(handheld.powerOn(ecg(systemClock))!);
  const idle = () => waitUntil("idle", () => handheld.monitor!.state === MonitorState.idle, 600_000);
  const record = async (seconds: number) => {
    handheld.act((monitor) => monitor.start(RecordingMode.fixed, seconds));
    await pause(1500);
    handheld.act((monitor) => monitor.press());
    await pause(1000 * seconds);
  };
  boot();
  await claimIfNew(handheld, store);
  await record(20);
  await idle();
  await record(12);
  await idle();
  await pause(2000);
  radio.centralOff();
  await record(105);
  handheld.powerOff();
  boot();
  await record(4);
  radio.centralOn();
  await idle();
  await record(3);
  await idle();
  // The stock is filled up again, now from pages that were written before.
  await pause(2000);
  await house.close();
}

/** Timers of one handheld alone. */
class Hand implements Clock {
  private ms = 0;
  private timers: { dueMs: number; run: () => void }[] = [];
  now = () => this.ms;
  after(ms: number, run: () => void): () => void {
    const timer = { dueMs: this.ms + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }
  pass(ms: number): void {
    const until = this.ms + ms;
    for (;;) {
      const next = this.timers.reduce<(typeof this.timers)[0] | undefined>(
        (first, timer) => (!first || timer.dueMs < first.dueMs ? timer : first),
        undefined,
      );
      if (!next || next.dueMs > until) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.ms = Math.max(this.ms, next.dueMs);
      next.run();
    }
    this.ms = until;
  }
}

/** How far an operation came: by chance, half of an erase, or so many bytes of a write. */
type Tear = "random" | "half" | number;

/** All of it is what the next one finds when nothing of that came. */
function tearsOf({ kind, write }: Operation): Tear[] {
  if (!write) return [0, "half", "random"];
  const { length } = write.bytes;
  if (length === 4) return [0, 2, "random"];
  if (kind === "record" || kind === "signature") return [0, 4 * Math.floor(length / 8), "random"];
  return [...Array.from({ length: length / 4 }, (_, word) => 4 * word), "random"];
}

function chipWith(shape: typeof RING, pages: Uint8Array[], random: Random): SimFlash {
  const flash = new SimFlash({ ...shape, random });
  for (const [page, bytes] of pages.entries()) flash.write(page * shape.pageBytes, bytes);
  return flash;
}

/** Does the operation as far as a failing supply lets it. */
function tear(flash: SimFlash, { page, write, before }: Operation, how: Tear): void {
  const start = page * flash.pageBytes;
  if (how === 0) return;
  if (how === "random") {
    flash.cutAfter(1);
    const act = () => (write ? flash.write(start + write.at, write.bytes) : flash.erase(page));
    assert.throws(act, PowerCut);
    flash.restore();
    return;
  }
  if (write) {
    const torn = Uint8Array.from(write.bytes);
    flash.write(start + write.at, torn.fill(0xff, Number(how)));
    return;
  }
  flash.erase(page);
  flash.write(start + flash.pageBytes / 2, before.subarray(flash.pageBytes / 2));
}

/** Chain keys that the vault got, by its writes, oldest first. */
function chainKeysOf(operations: Operation[]): string[] {
  const keys: string[] = [];
  for (const { kind, write } of operations) {
    if (kind !== "vault write") continue;
    const key = toHex(write!.bytes.subarray(CHAIN_KEY_AT, CHAIN_KEY_AT + CHAIN_KEY_BYTES));
    if (keys.at(-1) !== key) keys.push(key);
  }
  return keys;
}

/** No eight bytes of a chain key before the newest stand in the vault: it opens what was recorded before. */
function forgets(image: Uint8Array, keys: string[], newest: string, where: string): void {
  const at = keys.indexOf(newest);
  assert.ok(at >= 0, `${where}: a chain key from nowhere`);
  const bytes = Buffer.from(image);
  assert.ok(bytes.includes(Buffer.from(newest, "hex")), `${where}: the newest chain key is gone`);
  for (const key of keys.slice(0, at)) {
    for (let piece = 0; piece < key.length; piece += 16) {
      const part = Buffer.from(key.slice(piece, piece + 16), "hex");
      assert.equal(bytes.includes(part), false, `${where}: an older chain key stands`);
    }
  }
}

describe(`a power cut (seed ${seed})`, function () {
  const dataDir = scratch(true);
  const account = new Account();
  let identity: Keepsake["identity"];
  let vaultShape: typeof RING;

  before(async () => {
    const time = new VirtualTime(Date.UTC(2026, 10, 27));
    try {
      const keepsake = newKeepsake(seed, RING);
      ({ identity } = keepsake);
      vaultShape = { pageBytes: keepsake.vault.pageBytes, pages: keepsake.vault.pages, writeBytes: 4 };
      account.watchFlash(keepsake);
      await time.until(session(account, keepsake, dataDir), 3600_000);
    } finally {
      time.restore();
    }
  });

  /** Boots a copy of the chips, and lives on out of reach of any hub. */
  function revive(flash: SimFlash, vault: SimFlash) {
    const clock = new Hand();
    const after = new Account();
    const radio = new Radio(PERFECT, clock, new Random(seed));
    const { crypto } = after;
    const handheld = new VirtualHandheld({ clock, flash, vault, radio, identity, crypto });
    const monitor = handheld.powerOn(ecg(clock))!;
    return { clock, after, handheld, monitor, ring: ringOf(monitor) };
  }

  /** SHA-256 over the frames as they were sealed, as DESIGN says. */
  function chainOf(recording: number, upTo: number): Buffer {
    const of = account.seals.filter(({ nonce }) => {
      const place = placeOf(nonce);
      return isRecorded(place.type) && place.recording === recording && place.sequence <= upTo;
    });
    const key = Buffer.from(of[0]!.key, "hex");
    const start = chainStart(nodeCrypto, identity.device, 1, recording, key);
    return of.reduce(
      (chain, { frame }) => createHash("sha256").update(chain).update(frame).digest(),
      Buffer.from(start),
    );
  }

  it("at every single flash operation of a session leaves every frame but the one in flight, and what follows is sound", () => {
    const { operations, seals, frames, lost } = account;
    // The session has everything in it that this test claims to cut.
    assert.ok(operations.length > 300, `only ${operations.length} operations`);
    const kinds = new Set(operations.map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), [...KINDS].sort());
    const types = new Set(frames.map(({ frame }) => placeOf(frame).type));
    const all = [FrameType.open, FrameType.data, FrameType.drop, FrameType.mark, FrameType.close];
    assert.deepEqual([...types].sort(), [...all, FrameType.signature].sort());
    assert.ok(lost.length > 1, "the ring never overflowed");

    const images: Record<Chip, Uint8Array[]> = {
      flash: Array.from({ length: RING.pages }, () => new Uint8Array(RING.pageBytes).fill(0xff)),
      vault: Array.from({ length: vaultShape.pages }, () => new Uint8Array(vaultShape.pageBytes).fill(0xff)),
    };
    const erasedAt: number[] = Array(RING.pages).fill(-1);
    const bodies = new Map<string, string>();
    const leaves = new Map<number, string>();
    let sealed = 0;
    const keep = (seal: Seal, where: string, nonces: Map<string, string>, signed: Map<number, string>) => {
      const place = `${seal.key} ${Buffer.from(seal.nonce).toString("hex")}`;
      const body = Buffer.from(seal.plain).toString("hex");
      const before = bodies.get(place) ?? nonces.get(place);
      assert.ok(before === undefined || before === body, `${where}: one key and nonce for two bodies`);
      nonces.set(place, body);
      if (placeOf(seal.nonce).type !== FrameType.signature) return;
      const { leaf } = decodeSignature(bodyOf(seal).slice(0, SIGNATURE_BYTES));
      const signer = leaves.get(leaf) ?? signed.get(leaf);
      assert.ok(signer === undefined || signer === place, `${where}: leaf ${leaf} signs twice`);
      signed.set(leaf, place);
    };
    const counts = { claimed: 0, unclaimed: 0, inFlight: 0, previous: 0 };

    for (const [i, operation] of operations.entries()) {
      for (; sealed < operation.seals; sealed++) keep(seals[sealed]!, "session", bodies, leaves);
      const committed = frames.slice(0, operation.frames);
      const given = lost.slice(0, operation.lost);
      const newest = committed.at(-1);
      const chainKeys = chainKeysOf(operations.slice(0, i + 1));
      if (operation.chip === "flash") {
        forgets(Buffer.concat(images.vault), chainKeys, chainKeys.at(-1)!, `before operation ${i}`);
      }
      const inFlight = seals.slice(0, operation.seals).findLast(({ nonce }) => isRecorded(nonce[0]! & 15));
      for (const how of tearsOf(operation)) {
        const where = `operation ${i}, ${operation.kind}, ${how}`;
        const chips = {
          flash: chipWith(RING, images.flash, new Random(`${seed} ${i} ${how}`)),
          vault: chipWith(vaultShape, images.vault, new Random(`${seed} ${i} ${how}`)),
        };
        tear(chips[operation.chip], operation, how);
        const { clock, after, handheld, monitor, ring } = revive(chips.flash, chips.vault);
        // Every frame is there, byte for byte, unless its page went for a reason.
        const standing: Committed[] = [];
        for (const held of committed) {
          const read = monitor.keys() && ring.read(held.recording, held.sequence);
          const going = operation.chip === "flash" && !operation.write && operation.page === held.page;
          const gone = erasedAt[held.page]! >= held.at || going;
          if (read) assert.deepEqual(Buffer.from(read), held.frame, where);
          else assert.ok(gone, `${where}: frame ${held.recording}/${held.sequence} is gone`);
          if (read) standing.push(held);
        }
        const vaultNow = () => chips.vault.read(0, vaultShape.pages * vaultShape.pageBytes);
        const keptKey = monitor.keys() && toHex(monitor.keys()!.chainKey);
        if (keptKey) {
          counts.claimed++;
          assert.ok(chainKeys.slice(-2).includes(keptKey), `${where}: an old chain key`);
          forgets(vaultNow(), chainKeys, keptKey, where);
        } else counts.unclaimed++;
        // The next recording is sound.
        handheld.act((it) => it.start(RecordingMode.fixed, 2));
        if (!monitor.keys()) {
          assert.equal(handheld.pattern, Pattern.claimMe, where);
          assert.equal(committed.length, 0, `${where}: the keys are gone`);
          continue;
        }
        forgets(
          vaultNow(),
          [...chainKeys, toHex(monitor.keys()!.chainKey)],
          toHex(monitor.keys()!.chainKey),
          where,
        );
        const before = newest && ring.read(newest.recording, newest.sequence) ? newest : standing.at(-1);
        clock.pass(4000);
        assert.notEqual(monitor.state, MonitorState.recording, where);
        const nonces = new Map<string, string>();
        const signed = new Map<number, string>();
        for (const seal of after.seals) keep(seal, where, nonces, signed);
        const recorded = after.seals.filter(({ nonce }) => isRecorded(nonce[0]! & 15));
        const [open] = recorded;
        const opened = placeOf(open!.nonce);
        assert.equal(opened.type, FrameType.open, where);
        assert.ok(!newest || opened.recording > newest.recording, where);
        for (const { nonce, frame } of recorded) {
          const { recording, sequence } = placeOf(nonce);
          const read = ring.read(recording, sequence);
          assert.deepEqual(Buffer.from(read ?? []), frame, `${where}: ${recording}/${sequence} of the next`);
        }
        assert.ok(
          recorded.some(({ nonce }) => placeOf(nonce).type === FrameType.close),
          where,
        );
        const { previous } = decodeOpen(bodyOf(open!));
        if (!before) continue;
        // What was in flight may have arrived whole.
        const flying = inFlight && placeOf(inFlight.nonce);
        const arrived =
          flying && flying.recording >= before.recording && previous!.recording === flying.recording
            ? previous!.frames === flying.sequence + 1
            : false;
        const last = arrived ? flying! : placeOf(before.frame);
        if (arrived) counts.inFlight++;
        counts.previous++;
        assert.equal(previous!.recording, last.recording, where);
        assert.equal(previous!.frames, last.sequence + 1, where);
        const closed = last.type === FrameType.close || last.type === FrameType.signature;
        assert.equal(previous!.closed, closed, where);
        const chain = chainOf(last.recording, last.sequence);
        assert.deepEqual(Buffer.from(previous!.chain), chain, `${where}: chain`);
      }
      // On with the session.
      const { chip, page, write } = operation;
      if (write) {
        const bytes = Uint8Array.from(images[chip][page]!);
        bytes.set(write.bytes, write.at);
        images[chip][page] = bytes;
      } else {
        images[chip][page] = new Uint8Array(images[chip][page]!.length).fill(0xff);
        if (chip === "flash") {
          // Whatever stood there unreceipted had been given up, and that was said.
          erasedAt[page] = i;
          for (const held of committed) {
            if (held.page !== page || held.at > i) continue;
            const declared = given.some(
              ({ recording, from, to }) =>
                recording === held.recording && held.sequence >= from && held.sequence <= to,
            );
            const receipted = account.receipted(held, i);
            assert.ok(declared || receipted, `frame ${held.recording}/${held.sequence} was erased, owed`);
          }
        }
      }
    }
    assert.ok(Math.min(...Object.values(counts)) > 5, JSON.stringify(counts));
  });
});
