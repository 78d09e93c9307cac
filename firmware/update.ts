/** An update: takes a release into the spare slot while everything else goes on, and tells its owner how it gets on. */
import { cut, sameBytes } from "../protocol/bytes";
import { HASH_BYTES } from "../protocol/chain";
import { type Command, Op } from "../protocol/command";
import type { Sha256 } from "../protocol/lmots";
import { LmsCheck } from "../protocol/lms";
import type { Refusal } from "../protocol/refusal";
import {
  CHUNK_BYTES,
  chunkHash,
  chunksOf,
  decodeRelease,
  isLastLink,
  type Release,
  signedRelease,
  splitRelease,
} from "../protocol/release";
import { UpdatePhase, UpdateRefusal, type UpdateState } from "../protocol/update";
import type { Board } from "./board/board";
import { type Found, GOLDEN, Slots, Word } from "./slot";

/** Hashes of a slice, as of a signature: 20 ms (closing.ts). */
const SLICE_HASHES = 4;
/** How long a recording wants to be left alone after a slice, and after a page was erased: a twelfth of the processor. */
const AFTER_SLICE_MS = 250;
const AFTER_ERASE_MS = 1000;
/** A new image that its owner's hub does not hear of by then goes. */
const TRIAL_MS = 600000;
/**
 * Flash wears: a slot is cleared for the second time since the start a minute after the first, then two minutes after that
 * and so on. A hub in other hands that offers and cancels gets nowhere; an owner who thinks twice waits a minute.
 */
const CLEAR_AGAIN_MS = 60000;
/** Of a LiPo cell: half of its charge is left. */
const HALF_MILLIVOLTS = 3750;
/** The last answer leaves first. */
const RESTART_MS = 1000;
/** In the place of a reason: an answer follows. */
const NOT_YET = -1;

/** What an update asks of the monitor. */
export interface Host {
  recording(): boolean;
  /** A recording goes on, or its close is being signed: a restart would leave it unsigned for good. */
  unfinished(): boolean;
  /** Something in the ring is not yet the hub's, or not yet signed. */
  owes(): boolean;
  /** Tells the owner's hub of the state, if it listens. */
  tell(): void;
  /** There is something to do in the pauses. */
  work(): void;
}

export class Update {
  private readonly slots: Slots | undefined;
  /** Of the image that runs. */
  private readonly running: number;
  private readonly slot: number;
  private phase = UpdatePhase.none;
  private refused = UpdateRefusal.none;
  /** Counter of the release that the state is about, and that of one which did not come up. */
  private about = 0;
  private failed = 0;
  /** An offer whose signature is being checked. */
  private offered: { bytes: Uint8Array; release: Release } | undefined;
  private check: LmsCheck | undefined;
  /** The slot that is worked on, from an accepted offer on, and in a trial. */
  private found: Found | undefined;
  /** Pages of it that are erased. */
  private erased = 0;
  /** How often a slot was cleared since the start, and when the next may be. */
  private cleared = 0;
  private clearDueMs = 0;
  private taken = 0;
  /** Hash of the next chunk; while the image is read back, from its end on, of the chunk read before. */
  private next: Uint8Array = new Uint8Array(0);
  /** Reading back: chunks of the chain to go, bytes of the checksum done, and the checksum so far. */
  private chunks = 0;
  private summed = 0;
  private sum = 0;
  private leaving = false;
  private readonly sha256: Sha256;

  constructor(
    private readonly board: Board,
    private readonly host: Host,
  ) {
    const crypto = board.crypto;
    this.sha256 = function (data) {
      return crypto.sha256(data);
    };
    const boot = board.boot;
    this.running = boot ? boot.counter : 0;
    this.slot = boot ? boot.slot : GOLDEN;
    if (!boot || !board.slots) return;
    this.slots = new Slots(board.slots.flash, board.slots.count, board.crc32);
    this.load(boot.trial);
  }

  /** Finds what a restart left. */
  private load(trial: boolean): void {
    const slots = this.slots!;
    if (this.slot !== GOLDEN) {
      this.about = this.running;
      this.phase = trial ? UpdatePhase.trial : UpdatePhase.kept;
      if (trial) this.found = slots.find(this.slot);
    }
    for (let slot = 0; slot < slots.count; slot++) {
      const found = slot === this.slot ? undefined : slots.find(slot);
      if (found && found.release.counter > this.running) this.findOther(found);
    }
    if (!trial) return;
    const self = this;
    this.board.after(TRIAL_MS, function () {
      if (self.phase === UpdatePhase.trial) self.leave(0);
    });
  }

  /** A newer image than the one that runs: one that came to stand whole, or one that ran and failed. */
  private findOther(found: Found): void {
    const words = found.words;
    if (!words[Word.ready] || words[Word.kept] || words[Word.asked] !== words[Word.tried]) return;
    this.about = found.release.counter;
    if (words[Word.asked]) {
      this.phase = UpdatePhase.back;
      this.failed = this.about;
      return;
    }
    this.phase = UpdatePhase.ready;
    this.found = found;
    this.taken = found.release.bytes;
  }

  state(): UpdateState {
    return {
      phase: this.phase,
      running: this.running,
      counter: this.about,
      taken: this.taken,
      refused: this.refused,
    };
  }

  /** Carries out an offer, a chunk, a swap or a cancel. The state says what came of it. */
  command(command: Command): void {
    let reason: number;
    if (command.op === Op.offer) reason = this.offer(command.bytes!);
    else if (command.op === Op.chunk) reason = this.chunk(command.at!, command.bytes!);
    else if (command.op === Op.swap) reason = this.swap(command.counter!);
    else reason = this.cancel(command.counter!);
    if (reason !== NOT_YET) this.answer(reason);
  }

  private answer(reason: number): void {
    this.refused = reason;
    this.host.tell();
  }

  /** Forgets what is under way. What of it stands in flash never runs: it is not ready. */
  private drop(): void {
    this.phase = UpdatePhase.none;
    this.about = 0;
    this.taken = 0;
    this.found = undefined;
    this.offered = undefined;
    this.check = undefined;
  }

  /** True from the moment when an offer was accepted until its image runs. */
  private underWay(): boolean {
    return this.phase >= UpdatePhase.clearing && this.phase <= UpdatePhase.ready;
  }

  private offer(bytes: Uint8Array): number {
    // Said again, because the answer got lost or is not yet known.
    if (this.offered && sameBytes(bytes, this.offered.bytes)) return NOT_YET;
    if (this.leaving || (this.underWay() && sameBytes(bytes, this.found!.bytes))) return UpdateRefusal.none;
    this.drop();
    const boot = this.board.boot;
    const key = boot ? boot.key() : undefined;
    try {
      const parts = splitRelease(bytes);
      const release = decodeRelease(parts.encoded);
      this.about = release.counter;
      if (!key) return UpdateRefusal.key;
      this.check = new LmsCheck(this.sha256, key, signedRelease(parts.encoded), parts.signature);
      this.offered = { bytes, release };
    } catch (error) {
      if (!(error as Refusal).code) throw error;
      return UpdateRefusal.form;
    }
    this.host.work();
    return NOT_YET;
  }

  /** The signature of an offer is checked. */
  private judge(): void {
    const offered = this.offered!;
    const passed = this.check!.passed();
    this.offered = undefined;
    this.check = undefined;
    const spare = this.spare();
    const reason = passed ? this.unfit(offered.release, spare) : UpdateRefusal.signature;
    if (reason === UpdateRefusal.none) {
      this.found = { slot: spare, bytes: offered.bytes, release: offered.release, words: [] };
      this.erased = 0;
      this.next = offered.release.head;
      this.phase = UpdatePhase.clearing;
    }
    this.answer(reason);
  }

  /** Why a release of this unit's maker is not taken. */
  private unfit(release: Release, spare: number): number {
    if (release.board !== this.board.boot!.board) return UpdateRefusal.board;
    if (release.counter < this.running) return UpdateRefusal.older;
    if (release.counter === this.running) return UpdateRefusal.same;
    if (this.slots && release.bytes > this.slots.room()) return UpdateRefusal.size;
    if (spare === GOLDEN) return UpdateRefusal.place;
    return release.counter === this.failed ? UpdateRefusal.failed : UpdateRefusal.none;
  }

  /** The slot that may be written anew: not the running one, and of the others one that none is kept in, or the oldest. */
  private spare(): number {
    let spare = GOLDEN;
    let least = Infinity;
    for (let slot = 0; this.slots && slot < this.slots.count; slot++) {
      if (slot === this.slot) continue;
      const found = this.slots.find(slot);
      const counter = found && found.words[Word.kept] ? found.release.counter : 0;
      if (counter >= least) continue;
      spare = slot;
      least = counter;
    }
    return spare;
  }

  private enter(phase: number): void {
    this.phase = phase;
    this.answer(UpdateRefusal.none);
  }

  private chunk(at: number, bytes: Uint8Array): number {
    // Said again, because the answer got lost.
    if (this.underWay() && at < this.taken) return UpdateRefusal.none;
    if (this.phase !== UpdatePhase.taking || at !== this.taken) return UpdateRefusal.chunk;
    const found = this.found!;
    const left = found.release.bytes - at;
    const length = Math.min(CHUNK_BYTES, left);
    if (bytes.length !== HASH_BYTES + length) return UpdateRefusal.chunk;
    const next = cut(bytes, 0, HASH_BYTES);
    const data = bytes.subarray(HASH_BYTES);
    if (!sameBytes(chunkHash(this.sha256, data, next), this.next)) return UpdateRefusal.chunk;
    if (isLastLink(next) !== (length === left)) return UpdateRefusal.chunk;
    if (!this.slots!.write(found.slot, at, data)) return this.worn();
    this.taken += length;
    this.next = next;
    if (length < left) return UpdateRefusal.none;
    this.chunks = chunksOf(this.taken);
    this.summed = 0;
    this.host.work();
    return UpdateRefusal.none;
  }

  /** Flash does not hold what was written: this update is over. */
  private worn(): number {
    const about = this.about;
    this.drop();
    this.about = about;
    return UpdateRefusal.flash;
  }

  private swap(counter: number): number {
    if (this.phase !== UpdatePhase.ready || counter !== this.about) return UpdateRefusal.notReady;
    if (this.leaving) return UpdateRefusal.none;
    if (this.host.recording()) return UpdateRefusal.recording;
    const millivolts = this.board.batteryMillivolts();
    // A board that cannot read its battery says 0.
    if (millivolts > 0 && millivolts < HALF_MILLIVOLTS) return UpdateRefusal.battery;
    if (this.host.owes()) return UpdateRefusal.backlog;
    if (!this.slots!.clear(this.found!, Word.asked)) return this.worn();
    this.leave(RESTART_MS);
    return UpdateRefusal.none;
  }

  /** Ends whatever has not yet been asked to run; one that failed may then be offered again. */
  private cancel(counter: number): number {
    const ends = this.underWay() || this.offered !== undefined || this.phase === UpdatePhase.back;
    if (!ends || this.leaving || counter !== this.about) return UpdateRefusal.none;
    // As if it had been tried: it never runs.
    if (this.phase === UpdatePhase.ready) this.slots!.clear(this.found!, Word.tried);
    this.drop();
    this.failed = 0;
    return UpdateRefusal.none;
  }

  /** A recording that has begun is finished first, and signed. */
  private leave(ms: number): void {
    const self = this;
    this.leaving = true;
    this.board.after(ms, function () {
      if (!self.leaving) return;
      if (self.host.unfinished()) self.leave(RESTART_MS);
      else self.board.boot!.restart();
    });
  }

  /**
   * The owner's store has shown that it holds the keys: whatever brought it here works, from flash to radio. Also when the
   * time of a trial is over, while a recording is finished.
   */
  proved(): void {
    if (this.phase !== UpdatePhase.trial) return;
    const found = this.found;
    this.found = undefined;
    if (!found || !this.slots!.clear(found, Word.kept)) return;
    this.leaving = false;
    this.enter(UpdatePhase.kept);
  }

  /** Whether there is something to do in the pauses. */
  busy(): boolean {
    if (this.offered || this.phase === UpdatePhase.clearing) return true;
    return this.phase === UpdatePhase.taking && this.taken === this.found!.release.bytes;
  }

  /**
   * Goes on by one slice. @param bearsErase whether a page may be erased now
   * @returns how long a recording wants to be left alone behind it; 0 when nothing was done
   */
  step(bearsErase: boolean): number {
    if (!this.busy()) return 0;
    if (this.offered) {
      if (this.check!.step(SLICE_HASHES)) this.judge();
      return AFTER_SLICE_MS;
    }
    if (this.phase === UpdatePhase.clearing) return this.clear(bearsErase);
    this.readBack();
    return AFTER_SLICE_MS;
  }

  /** Erases the next page of the slot; behind the last one writes its head. */
  private clear(bearsErase: boolean): number {
    const slots = this.slots!;
    const found = this.found!;
    if (this.erased === slots.pagesFor(found.release.bytes)) {
      if (slots.writeHead(found.slot, found.bytes)) this.enter(UpdatePhase.taking);
      else this.answer(this.worn());
      return AFTER_SLICE_MS;
    }
    if (!bearsErase) return 0;
    if (this.erased === 0) {
      const now = this.board.uptimeMs();
      if (now < this.clearDueMs) return 0;
      this.cleared++;
      this.clearDueMs = now + this.cleared * CLEAR_AGAIN_MS;
      slots.spoil(found.slot);
    }
    slots.erase(found.slot, this.erased);
    this.erased++;
    return AFTER_ERASE_MS;
  }

  /** The whole image again, as it stands in flash: its chain from the end on, its checksum, the signature of its head. */
  private readBack(): void {
    const found = this.found!;
    if (this.chunks > 0) this.chain(found);
    else if (this.summed < this.taken) this.addUp(found);
    else if (!this.check) this.check = this.checkOf(found);
    else if (this.check.step(SLICE_HASHES)) this.prove(found);
  }

  private chain(found: Found): void {
    this.chunks--;
    const at = this.chunks * CHUNK_BYTES;
    const data = this.slots!.read(found.slot, at, Math.min(CHUNK_BYTES, this.taken - at));
    this.next = chunkHash(this.sha256, data, this.next);
    if (this.chunks === 0 && !sameBytes(this.next, found.release.head)) this.answer(this.worn());
  }

  /**
   * CRC-32 in pieces by a function that knows only whole ones: a checksum so far goes on when it is laid over the first four
   * bytes of what follows, lowest first. The odd length is the first piece's, which no checksum stands before.
   */
  private addUp(found: Found): void {
    const pageBytes = this.board.slots!.flash.pageBytes;
    const length = this.summed === 0 ? this.taken % pageBytes || pageBytes : pageBytes;
    const piece = this.slots!.read(found.slot, this.summed, length);
    if (this.summed > 0) for (let i = 0; i < 4; i++) piece[i] ^= (this.sum >>> (8 * i)) & 255;
    this.sum = this.board.crc32(piece);
    this.summed += length;
    if (this.summed === this.taken && this.sum !== found.release.crc32) this.answer(this.worn());
  }

  /** Of the head as it stands in flash; undefined, and the update over, where it is another. */
  private checkOf(found: Found): LmsCheck | undefined {
    const head = this.slots!.find(found.slot);
    if (head && sameBytes(head.bytes, found.bytes)) {
      const parts = splitRelease(head.bytes);
      return new LmsCheck(
        this.sha256,
        this.board.boot!.key()!,
        signedRelease(parts.encoded),
        parts.signature,
      );
    }
    this.answer(this.worn());
    return undefined;
  }

  private prove(found: Found): void {
    const passed = this.check!.passed();
    this.check = undefined;
    if (passed && this.slots!.clear(found, Word.ready)) this.enter(UpdatePhase.ready);
    else this.answer(this.worn());
  }
}
