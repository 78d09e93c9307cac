/** The flash ring: every frame goes here first, and leaves only when a receipt covers it or nothing else makes room. */

import { chainNext, HASH_BYTES } from "../protocol/chain";
import type { Crypto } from "../protocol/crypto";
import { decodeHeader, type Header } from "../protocol/header";
import type { Hole } from "../protocol/receipt";
import { refusal } from "../protocol/refusal";
import type { Flash } from "./board/board";
import { Ledger } from "./ledger";
import {
  FIRST_RECORD_AT,
  isMarked,
  isReleased,
  type PageHead,
  readHead,
  readRecord,
  recordEnd,
  writeHead,
  writeMarked,
  writeRecord,
  writeReleased,
} from "./page";

/** A run of frames that had to go, unreceipted. */
export interface Evicted {
  recording: number;
  from: number;
  to: number;
  firstSample: number;
  endSample: number;
  /** Chain before frame `from`, zeros where nobody here knows it any more; and after frame `to`. */
  before: Uint8Array;
  chain: Uint8Array;
}

/** Where a recording stood when the ring was last written. */
export interface Tail {
  recording: number;
  frames: number;
  chain: Uint8Array;
  lastType: number;
}

/** A page's state in RAM; flat arrays, because an object per page would fill a small board's heap. */
const NO_HASH: Uint8Array = new Uint8Array(HASH_BYTES);
const FREE = 0;
const HELD = 1;
const RELEASED = 2;
const NO_PAGE = -1;

export class Ring {
  private readonly ledger = new Ledger();
  private readonly state: Uint8Array;
  private readonly marked: Uint8Array;
  private readonly serial: Uint32Array;
  private readonly recording: Uint32Array;
  private readonly first: Uint32Array;
  private readonly count: Uint16Array;
  private readonly pages: number;
  private epoch = 0;
  private newestSerial = 0;
  private markedPages = 0;
  /** The page that takes appends, and where. A restart never appends to an old page. */
  private current = NO_PAGE;
  private writeAt = 0;
  /** The page written last, also before a restart: wear goes on from there. */
  private rotation = NO_PAGE;
  /** Where the last read ended, because frames are mostly read in order. */
  private readPage = NO_PAGE;
  private readSequence = 0;
  private readAt = 0;

  constructor(
    private readonly flash: Flash,
    private readonly crc32: (bytes: Uint8Array) => number,
    private readonly crypto: Crypto,
  ) {
    this.pages = flash.pages;
    this.state = new Uint8Array(this.pages);
    this.marked = new Uint8Array(this.pages);
    this.serial = new Uint32Array(this.pages);
    this.recording = new Uint32Array(this.pages);
    this.first = new Uint32Array(this.pages);
    this.count = new Uint16Array(this.pages);
  }

  /** Finds what a restart left. Pages of another epoch belong to a former owner and count as free. */
  load(epoch: number): void {
    this.epoch = epoch;
    for (let page = 0; page < this.pages; page++) {
      const head = readHead(this.flash, page, this.crc32);
      if (!head) continue;
      if (head.serial > this.newestSerial) {
        this.newestSerial = head.serial;
        this.rotation = page;
      }
      if (head.epoch !== epoch) continue;
      this.enter(page, head);
      let at = FIRST_RECORD_AT;
      let record = readRecord(this.flash, page, at, this.crc32);
      while (record) {
        this.count[page]++;
        at = record.nextAt;
        record = readRecord(this.flash, page, at, this.crc32);
      }
      if (isReleased(this.flash, page) || this.count[page] === 0) this.state[page] = RELEASED;
      if (isMarked(this.flash, page)) this.setMarked(page);
    }
  }

  private enter(page: number, head: PageHead): void {
    this.state[page] = HELD;
    this.serial[page] = head.serial;
    this.recording[page] = head.recording;
    this.first[page] = head.firstSequence;
    this.count[page] = 0;
  }

  private setMarked(page: number): void {
    if (this.marked[page] === 0) this.markedPages++;
    this.marked[page] = 1;
  }

  /** True when a frame of this length can be appended without losing anything. */
  fits(recording: number, frameBytes: number): boolean {
    return this.fitsCurrent(recording, frameBytes) || this.nextPage() !== NO_PAGE;
  }

  /** True when two frames, one right behind the other, can be appended without losing anything. */
  fitsBoth(recording: number, firstBytes: number, secondBytes: number): boolean {
    let free = 0;
    for (let page = 0; page < this.pages; page++) if (this.state[page] !== HELD) free++;
    let at = this.writeAt;
    if (!this.fitsCurrent(recording, firstBytes)) {
      if (free === 0) return false;
      free--;
      at = FIRST_RECORD_AT;
    }
    return free > 0 || recordEnd(recordEnd(at, firstBytes), secondBytes) <= this.flash.pageBytes;
  }

  private fitsCurrent(recording: number, frameBytes: number): boolean {
    return (
      this.current !== NO_PAGE &&
      this.recording[this.current] === recording &&
      recordEnd(this.writeAt, frameBytes) <= this.flash.pageBytes
    );
  }

  /** The next page in rotation that holds nothing anybody waits for: rotation is the wear levelling. */
  private nextPage(): number {
    for (let i = 1; i <= this.pages; i++) {
      const page = (this.rotation + i + this.pages) % this.pages;
      if (this.state[page] !== HELD) return page;
    }
    return NO_PAGE;
  }

  /**
   * Appends a sealed frame; call `fits` first. One of a recording before the running one gets a page of its own: the
   * running one goes on in its page.
   * @returns false when the page did not keep it: that page takes no more, and the same frame must go to another
   * @param firstSample sample index per lead before the frame, `endSample` after it
   * @param chain the recording's chain before the frame
   */
  append(frame: Uint8Array, firstSample: number, endSample: number, chain: Uint8Array): boolean {
    const header = decodeHeader(frame);
    const running = this.current;
    const late = running !== NO_PAGE && this.recording[running] > header.recording;
    if (!late) return this.appendHere(header, frame, firstSample, endSample, chain);
    const writeAt = this.writeAt;
    this.current = NO_PAGE;
    const kept = this.appendHere(header, frame, firstSample, endSample, chain);
    const own = this.current;
    this.current = running;
    this.writeAt = writeAt;
    if (own !== NO_PAGE) this.settle(own);
    return kept;
  }

  private appendHere(
    header: Header,
    frame: Uint8Array,
    firstSample: number,
    endSample: number,
    chain: Uint8Array,
  ): boolean {
    if (!this.fitsCurrent(header.recording, frame.length)) {
      this.openPage({
        serial: this.newestSerial + 1,
        epoch: this.epoch,
        recording: header.recording,
        firstSequence: header.sequence,
        firstSample,
        chain,
      });
    }
    this.writeAt = writeRecord(this.flash, this.current, this.writeAt, frame, endSample, this.crc32);
    if (this.writeAt === 0) {
      const worn = this.current;
      this.current = NO_PAGE;
      this.settle(worn);
      return false;
    }
    this.count[this.current]++;
    return true;
  }

  private openPage(head: PageHead): void {
    const page = this.nextPage();
    if (page === NO_PAGE) throw new Error("the ring is full: evict before appending");
    this.forgetPage(page);
    this.flash.erase(page);
    writeHead(this.flash, page, head, this.crc32);
    this.newestSerial = head.serial;
    this.enter(page, head);
    const full = this.current;
    this.current = page;
    this.rotation = page;
    if (full !== NO_PAGE) this.settle(full);
    this.writeAt = FIRST_RECORD_AT;
  }

  /** Forgets a page's old content: its mark, its recording's account if it was the last page of it, the read position. */
  private forgetPage(page: number): void {
    if (this.marked[page]) this.markedPages--;
    this.marked[page] = 0;
    if (this.readPage === page) this.readPage = NO_PAGE;
    if (this.state[page] === FREE) return;
    this.state[page] = FREE;
    if (!this.holds(this.recording[page])) this.ledger.forget(this.recording[page]);
  }

  private holds(recording: number): boolean {
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] !== FREE && this.recording[page] === recording) return true;
    }
    return false;
  }

  private owedIn(page: number): number {
    return this.ledger.owed(this.recording[page], this.first[page], this.count[page]);
  }

  /** Sets a page's state by what is owed of it; a released one stays readable until its room is needed. */
  private settle(page: number): void {
    if (this.state[page] === FREE) return;
    const state = page === this.current || this.owedIn(page) > 0 ? HELD : RELEASED;
    if (state === RELEASED && this.state[page] === HELD) writeReleased(this.flash, page);
    this.state[page] = state;
  }

  /** Marks the page being written and the one before it: evicted last, unless marks fill half of the ring. */
  mark(): void {
    const before = this.pageBefore(this.current);
    this.markPage(this.current);
    if (before !== NO_PAGE) this.markPage(before);
  }

  private markPage(page: number): void {
    if (page === NO_PAGE || this.marked[page]) return;
    writeMarked(this.flash, page);
    this.setMarked(page);
  }

  private pageBefore(page: number): number {
    for (let other = 0; other < this.pages; other++) {
      if (this.state[other] === HELD && this.serial[other] === this.serial[page] - 1) return other;
    }
    return NO_PAGE;
  }

  /** Gives up the oldest page that may go (marked ones last, while marks hold less than half) and says what went. */
  evict(): Evicted[] {
    let victim = this.victim(true, this.markedPages * 2 <= this.pages);
    if (victim === NO_PAGE) victim = this.victim(true, false);
    if (victim === NO_PAGE) victim = this.victim(false, false);
    if (victim === NO_PAGE) throw new Error("a ring of " + this.pages + " pages has none to give up");
    const lost = this.owedRuns(victim);
    this.state[victim] = RELEASED;
    return lost;
  }

  /** The oldest page that may go: not the one being written, and, while others can, no open frame and no mark. */
  private victim(sparingOpen: boolean, sparingMarks: boolean): number {
    let victim = NO_PAGE;
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] !== HELD || page === this.current) continue;
      if (sparingMarks && this.marked[page]) continue;
      if (victim !== NO_PAGE && this.serial[page] > this.serial[victim]) continue;
      if (!sparingOpen || this.first[page] !== 0 || !this.holdsMore(page)) victim = page;
    }
    return victim;
  }

  /** True when other pages of its recording are held: without the open frame nobody could read them. */
  private holdsMore(page: number): boolean {
    for (let other = 0; other < this.pages; other++) {
      if (other !== page && this.state[other] === HELD && this.recording[other] === this.recording[page])
        return true;
    }
    return false;
  }

  private owedRuns(page: number): Evicted[] {
    const head = readHead(this.flash, page, this.crc32)!;
    const runs: Evicted[] = [];
    let chain = head.chain;
    let firstSample = head.firstSample;
    let sequence = head.firstSequence;
    let record = readRecord(this.flash, page, FIRST_RECORD_AT, this.crc32);
    while (record) {
      const before = chain;
      chain = chainNext(this.crypto, chain, record.frame);
      if (!this.ledger.covers(head.recording, sequence)) {
        const last = runs.length > 0 ? runs[runs.length - 1] : undefined;
        if (last && last.to === sequence - 1) {
          last.to = sequence;
          last.endSample = record.endSample;
          last.chain = chain;
        } else {
          const endSample = record.endSample;
          runs.push({
            recording: head.recording,
            from: sequence,
            to: sequence,
            firstSample,
            endSample,
            before,
            chain,
          });
        }
      }
      firstSample = record.endSample;
      sequence++;
      record = readRecord(this.flash, page, record.nextAt, this.crc32);
    }
    return runs;
  }

  /**
   * Takes the store's word on one recording, and frees or claims back its pages. Of a recording that the ring does not
   * hold there is nothing to do.
   * @throws RECEIPT_NEXT for frames that are yet to come
   */
  receipt(recording: number, next: number, holes: Hole[]): void {
    let end = 0;
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] === FREE || this.recording[page] !== recording) continue;
      end = Math.max(end, this.first[page] + this.count[page]);
    }
    if (end === 0) return;
    // Of an older recording the last pages may be gone already; only what is being written has an end that we know.
    if (next > end && this.current !== NO_PAGE && this.recording[this.current] === recording) {
      throw refusal(
        "RECEIPT_NEXT",
        "a receipt up to frame " + next + " of recording " + recording + ", which has " + end,
      );
    }
    this.ledger.set(recording, next, holes);
    for (let page = 0; page < this.pages; page++) if (this.recording[page] === recording) this.settle(page);
  }

  /** Which of these frames, that the store misses, the ring has no more; as far as a page behind them tells the chain. */
  gone(recording: number, holes: Hole[]): Evicted[] {
    const runs: Evicted[] = [];
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] === FREE || this.recording[page] !== recording) continue;
      const to = this.first[page] - 1;
      for (let h = 0; h < holes.length; h++) {
        if (to < holes[h].from || to >= holes[h].from + holes[h].length) continue;
        if (this.pageOf(recording, to, HELD) !== NO_PAGE) continue;
        const head = readHead(this.flash, page, this.crc32)!;
        const before = this.endBefore(recording, to);
        const from = Math.max(holes[h].from, before.sequence);
        runs.push({
          recording,
          from,
          to,
          firstSample: before.sample,
          endSample: head.firstSample,
          before: from === before.sequence ? before.chain : NO_HASH,
          chain: head.chain,
        });
      }
    }
    return runs;
  }

  /** Holes before the pages of every recording that the ring holds something of. */
  holes(): Evicted[] {
    let runs: Evicted[] = [];
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] !== HELD || this.serial[page] !== this.oldestSerialOf(this.recording[page]))
        continue;
      runs = runs.concat(this.gone(this.recording[page], [{ from: 0, length: 0xffffffff }]));
    }
    return runs;
  }

  private oldestSerialOf(recording: number): number {
    let oldest = Infinity;
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] === HELD && this.recording[page] === recording)
        oldest = Math.min(oldest, this.serial[page]);
    }
    return oldest;
  }

  /** Where the newest held page that ends before `sequence` ends: next sequence and sample. */
  private endBefore(
    recording: number,
    sequence: number,
  ): { sequence: number; sample: number; chain: Uint8Array } {
    let nearest = NO_PAGE;
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] === FREE || this.recording[page] !== recording || this.first[page] > sequence)
        continue;
      if (nearest === NO_PAGE || this.first[page] > this.first[nearest]) nearest = page;
    }
    const end = { sequence: 0, sample: 0, chain: NO_HASH };
    if (nearest === NO_PAGE) return end;
    let record = readRecord(this.flash, nearest, FIRST_RECORD_AT, this.crc32);
    end.sequence = this.first[nearest];
    end.chain = readHead(this.flash, nearest, this.crc32)!.chain;
    while (record) {
      end.chain = chainNext(this.crypto, end.chain, record.frame);
      end.sequence++;
      end.sample = record.endSample;
      record = readRecord(this.flash, nearest, record.nextAt, this.crc32);
    }
    return end;
  }

  /** True when anything was ever written, by whatever owner's recording. */
  used(): boolean {
    return this.newestSerial > 0;
  }

  bytes(): number {
    return this.pages * this.flash.pageBytes;
  }

  /** True while the ring holds this frame and no receipt covers it. */
  owes(recording: number, sequence: number): boolean {
    return this.pageOf(recording, sequence, HELD) !== NO_PAGE && !this.ledger.covers(recording, sequence);
  }

  private pageOf(recording: number, sequence: number, leastState: number): number {
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] < leastState || this.recording[page] !== recording) continue;
      if (sequence >= this.first[page] && sequence < this.first[page] + this.count[page]) return page;
    }
    return NO_PAGE;
  }

  /** Serial of the page behind the one that holds this frame: where to go on when its page gets nowhere. */
  serialBehind(recording: number, sequence: number): number {
    const page = this.pageOf(recording, sequence, HELD);
    return page === NO_PAGE ? 0 : this.serial[page] + 1;
  }

  /** The oldest owed frame that `skip` lets pass, or nothing. @param fromSerial of the page to begin with */
  nextOwed(
    skip: (recording: number, sequence: number) => boolean,
    fromSerial: number,
  ): { recording: number; sequence: number } | undefined {
    let page = this.oldestHeld(fromSerial);
    while (page !== NO_PAGE) {
      const recording = this.recording[page];
      for (let i = 0; i < this.count[page]; i++) {
        const sequence = this.first[page] + i;
        if (!this.ledger.covers(recording, sequence) && !skip(recording, sequence))
          return { recording, sequence };
      }
      page = this.oldestHeld(this.serial[page] + 1);
    }
    return undefined;
  }

  private oldestHeld(fromSerial: number): number {
    let oldest = NO_PAGE;
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] !== HELD || this.serial[page] < fromSerial) continue;
      if (oldest === NO_PAGE || this.serial[page] < this.serial[oldest]) oldest = page;
    }
    return oldest;
  }

  /** A frame as it stands in flash, or nothing when the ring has it no more. */
  read(recording: number, sequence: number): Uint8Array | undefined {
    let page = this.readPage;
    let at = this.readAt;
    let skip = sequence - this.readSequence;
    const follows =
      page !== NO_PAGE &&
      this.recording[page] === recording &&
      skip >= 0 &&
      sequence < this.first[page] + this.count[page];
    if (!follows) {
      page = this.pageOf(recording, sequence, HELD);
      if (page === NO_PAGE) return undefined;
      at = FIRST_RECORD_AT;
      skip = sequence - this.first[page];
    }
    let record = readRecord(this.flash, page, at, this.crc32);
    while (record && skip > 0) {
      record = readRecord(this.flash, page, record.nextAt, this.crc32);
      skip--;
    }
    if (!record) return undefined;
    this.readPage = page;
    this.readSequence = sequence + 1;
    this.readAt = record.nextAt;
    return record.frame;
  }

  /** The end of the newest recording that has frames, or nothing in an empty ring. */
  tail(): Tail | undefined {
    let newest = NO_PAGE;
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] === FREE || this.count[page] === 0) continue;
      if (newest === NO_PAGE || this.isLater(page, newest)) newest = page;
    }
    if (newest === NO_PAGE) return undefined;
    let chain = readHead(this.flash, newest, this.crc32)!.chain;
    let lastType = 0;
    let record = readRecord(this.flash, newest, FIRST_RECORD_AT, this.crc32);
    while (record) {
      chain = chainNext(this.crypto, chain, record.frame);
      lastType = decodeHeader(record.frame).type;
      record = readRecord(this.flash, newest, record.nextAt, this.crc32);
    }
    return {
      recording: this.recording[newest],
      frames: this.first[newest] + this.count[newest],
      chain,
      lastType,
    };
  }

  /** A recording's late signature stands behind the next recording's first pages. */
  private isLater(page: number, than: number): boolean {
    return this.recording[page] === this.recording[than]
      ? this.serial[page] > this.serial[than]
      : this.recording[page] > this.recording[than];
  }

  /** Backlog in frames, fullness in thousandths of what can be held, and the lowest recording that still stands (0 = none). */
  usage(): { backlog: number; permille: number; oldestRecording: number } {
    let backlog = 0;
    let held = 0;
    let oldest = 0;
    for (let page = 0; page < this.pages; page++) {
      if (this.state[page] === FREE) continue;
      // What was receipted counts: a restored store may need it again.
      if (oldest === 0 || this.recording[page] < oldest) oldest = this.recording[page];
      if (this.state[page] !== HELD) continue;
      const owed = this.owedIn(page);
      backlog += owed;
      if (owed > 0) held++;
    }
    return { backlog, permille: Math.floor((1000 * held) / this.pages), oldestRecording: oldest };
  }

  /** Gives everything up, for a new owner. */
  clear(epoch: number): void {
    for (let page = 0; page < this.pages; page++) this.forgetPage(page);
    this.current = NO_PAGE;
    this.epoch = epoch;
  }
}
