/** The flash ring: every frame goes here first, and leaves only when a receipt covers it or nothing else makes room. */
import type { Crypto } from "../protocol/crypto";
import { recordingOf, sequenceOf } from "../protocol/header";
import type { Hole } from "../protocol/receipt";
import type { Flash } from "./board/board";
import { Directory, NO_PAGE, PageState } from "./directory";
import { Ledger } from "./ledger";
import { type Evicted, Losses } from "./losses";
import { Owing } from "./owing";
import { type Crc32, FIRST_RECORD_AT, recordEnd, writeHead, writeMarked, writeRecord } from "./page";
import { Receipts } from "./receipts";
import { Rotation } from "./rotation";
import { scan } from "./scan";
import { victimOf } from "./victim";

export type { Evicted } from "./losses";

/** Where a recording stood when the ring was last written. */
export interface Tail {
  recording: number;
  frames: number;
  chain: Uint8Array;
  lastType: number;
}

export class Ring {
  private readonly directory: Directory;
  private readonly rotation: Rotation;
  private readonly ledger = new Ledger();
  private readonly losses: Losses;
  private readonly owing: Owing;
  private readonly receipts: Receipts;
  private epoch = 0;
  private newestSerial = 0;
  /** Where the next record goes in the page being written. */
  private writeAt = 0;

  constructor(
    private readonly flash: Flash,
    private readonly crc32: Crc32,
    crypto: Crypto,
  ) {
    this.directory = new Directory(flash.pages);
    this.rotation = new Rotation(flash, crc32, this.directory);
    this.losses = new Losses(flash, crc32, crypto, this.directory, this.ledger);
    this.owing = new Owing(flash, crc32, this.directory, this.ledger);
    this.receipts = new Receipts(flash, this.directory, this.ledger);
  }

  /** Finds what a restart left. Pages of another epoch belong to a former owner and count as free. */
  load(epoch: number, alive: () => void): void {
    this.epoch = epoch;
    const found = scan(this.flash, this.crc32, this.directory, epoch, alive);
    this.newestSerial = found.newestSerial;
    this.rotation.resume(found.newest);
  }

  /** True when a frame of this length can be appended without losing anything. */
  fits(recording: number, frameBytes: number): boolean {
    return this.directory.spare > 0 || this.fitsCurrent(recording, frameBytes);
  }

  /** True when two frames, one right behind the other, can be appended without losing anything. */
  fitsBoth(recording: number, firstBytes: number, secondBytes: number): boolean {
    let spare = this.directory.spare;
    let at = this.writeAt;
    if (!this.fitsCurrent(recording, firstBytes)) {
      if (spare === 0) return false;
      spare--;
      at = FIRST_RECORD_AT;
    }
    return spare > 0 || recordEnd(recordEnd(at, firstBytes), secondBytes) <= this.flash.pageBytes;
  }

  private fitsCurrent(recording: number, frameBytes: number): boolean {
    const page = this.directory.writing;
    return (
      page !== NO_PAGE &&
      this.directory.recording[page] === recording &&
      recordEnd(this.writeAt, frameBytes) <= this.flash.pageBytes
    );
  }

  /**
   * Appends a sealed frame; call `fits` first. One of a recording before the running one gets a page of its own: the
   * running one goes on in its page.
   * @returns false when the flash did not keep it: that page takes no more, and the same frame must go to another
   * @param firstSample sample index per lead before the frame, `endSample` after it
   * @param chain the recording's chain before the frame
   */
  append(frame: Uint8Array, firstSample: number, endSample: number, chain: Uint8Array): boolean {
    const directory = this.directory;
    const running = directory.writing;
    const recording = recordingOf(frame);
    const late = running !== NO_PAGE && directory.recording[running] > recording;
    if (!late) return this.appendHere(recording, frame, firstSample, endSample, chain);
    const writeAt = this.writeAt;
    directory.writing = NO_PAGE;
    const kept = this.appendHere(recording, frame, firstSample, endSample, chain);
    const own = directory.writing;
    directory.writing = running;
    this.writeAt = writeAt;
    if (own !== NO_PAGE) this.receipts.settle(own);
    return kept;
  }

  private appendHere(
    recording: number,
    frame: Uint8Array,
    firstSample: number,
    endSample: number,
    chain: Uint8Array,
  ): boolean {
    const directory = this.directory;
    const fits = this.fitsCurrent(recording, frame.length);
    if (!fits && !this.openPage(frame, firstSample, chain)) return false;
    const page = directory.writing;
    const end = writeRecord(this.flash, page, this.writeAt, frame, endSample, this.crc32);
    if (end === 0) {
      directory.writing = NO_PAGE;
      if (directory.count[page] === 0) directory.forget(page);
      else this.receipts.settle(page);
      return false;
    }
    this.owing.wrote(page, directory.first[page] + directory.count[page], this.writeAt);
    this.writeAt = end;
    directory.grow(page);
    return true;
  }

  /** Begins a page with this frame. @returns false when there is none, or it does not keep its head */
  private openPage(frame: Uint8Array, firstSample: number, chain: Uint8Array): boolean {
    const page = this.rotation.take();
    if (page === NO_PAGE) return false;
    this.newestSerial++;
    const serial = this.newestSerial;
    const recording = recordingOf(frame);
    const firstSequence = sequenceOf(frame);
    const head = { serial, epoch: this.epoch, recording, firstSequence, firstSample, chain };
    if (!writeHead(this.flash, page, head, this.crc32)) {
      this.directory.setState(page, PageState.worn);
      return false;
    }
    const directory = this.directory;
    directory.enter(page, recording, firstSequence, serial);
    const full = directory.writing;
    directory.writing = page;
    this.writeAt = FIRST_RECORD_AT;
    if (full !== NO_PAGE) this.receipts.settle(full);
    return true;
  }

  /** True while fewer pages are erased ahead than the stock should hold, and there is one to erase. */
  wantsErase(): boolean {
    return this.rotation.wantsErase();
  }

  /** Erases one page ahead of need: it takes as long as an erase takes, so it is for a moment that can bear it. */
  eraseOne(): void {
    this.rotation.eraseOne();
  }

  /** Marks the page being written and the one before it: evicted last, unless marks fill half of the ring. */
  mark(): void {
    const directory = this.directory;
    const page = directory.writing;
    if (page === NO_PAGE) return;
    const place = directory.find(directory.recording[page], directory.first[page]);
    this.markPage(page);
    if (place > 0) this.markPage(directory.order[place - 1]);
  }

  private markPage(page: number): void {
    if (this.directory.marked[page] || this.directory.state[page] !== PageState.held) return;
    writeMarked(this.flash, page);
    this.directory.mark(page);
  }

  /** Gives up the oldest page that may go (marked ones last, while marks hold less than half) and says what went. */
  evict(): Evicted[] {
    const page = victimOf(this.directory);
    if (page === NO_PAGE) throw new Error("a ring of " + this.directory.pages + " pages has none to give up");
    const lost = this.losses.runsOf(page);
    this.directory.forget(page);
    return lost;
  }

  /**
   * Takes the store's word on one recording, and frees or claims back its pages. Of a recording that the ring does not
   * hold there is nothing to do.
   * @throws RECEIPT_NEXT for frames that are yet to come
   */
  receipt(recording: number, next: number, holes: Hole[]): void {
    if (this.receipts.take(recording, next, holes)) this.owing.rewind();
  }

  /** Which of these frames, that the store misses, the ring has no more; as far as a page behind them tells the chain. */
  gone(recording: number, holes: Hole[]): Evicted[] {
    return this.losses.gone(recording, holes);
  }

  /** Holes before the pages of every recording that the ring holds something of. */
  holes(): Evicted[] {
    return this.losses.holes();
  }

  /** True when anything was ever written, by whatever owner's recording. */
  used(): boolean {
    return this.newestSerial > 0;
  }

  bytes(): number {
    return this.flash.pages * this.flash.pageBytes;
  }

  /** True while the ring holds this frame and no receipt covers it. */
  owes(recording: number, sequence: number): boolean {
    return this.owing.owes(recording, sequence);
  }

  /** Serial of the page behind the one that holds this frame: where to go on when its page gets nowhere. */
  serialBehind(recording: number, sequence: number): number {
    const page = this.directory.pageOf(recording, sequence);
    return page === NO_PAGE ? 0 : this.directory.serial[page] + 1;
  }

  /**
   * The oldest owed frame that `skip` lets pass, or nothing. What was passed over, or given before, comes again only after
   * `rewind`.
   * @param fromSerial of the page to begin with
   */
  nextOwed(
    skip: (recording: number, sequence: number) => boolean,
    fromSerial: number,
  ): { recording: number; sequence: number } | undefined {
    return this.owing.next(skip, fromSerial);
  }

  /** Lets `nextOwed` begin with the oldest again: what was given before may have to be sent once more. */
  rewind(): void {
    this.owing.rewind();
  }

  /** A frame as it stands in flash, or nothing when the ring has it no more. */
  read(recording: number, sequence: number): Uint8Array | undefined {
    return this.owing.read(recording, sequence);
  }

  /** The end of the newest recording that has frames, or nothing in an empty ring. */
  tail(): Tail | undefined {
    if (this.directory.standing === 0) return undefined;
    const page = this.directory.order[this.directory.standing - 1];
    const end = this.losses.endOf(page);
    return {
      recording: this.directory.recording[page],
      frames: end.sequence,
      chain: end.chain,
      lastType: end.lastType,
    };
  }

  /** True when it is that full. */
  fullTo(permille: number): boolean {
    return 1000 * this.directory.owing >= permille * this.directory.pages;
  }

  /** Backlog in frames, fullness in thousandths of what can be held, and the lowest recording that still stands (0 = none). */
  usage(): { backlog: number; permille: number; oldestRecording: number } {
    const directory = this.directory;
    return {
      backlog: directory.backlog,
      permille: Math.floor((1000 * directory.owing) / directory.pages),
      // What was receipted counts: a restored store may need it again.
      oldestRecording: directory.standing === 0 ? 0 : directory.recording[directory.order[0]],
    };
  }

  /** Gives everything up, for a new owner. */
  clear(epoch: number): void {
    while (this.directory.standing > 0)
      this.directory.forget(this.directory.order[this.directory.standing - 1]);
    this.ledger.clear();
    this.owing.rewind();
    this.directory.writing = NO_PAGE;
    this.epoch = epoch;
  }
}
