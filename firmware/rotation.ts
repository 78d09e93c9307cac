/** Which page is written next, and when pages are erased: in rotation, which levels the wear, and ahead of need. */
import type { Flash } from "./board/board";
import { type Directory, NO_PAGE, PageState } from "./directory";
import type { Crc32 } from "./page";

/**
 * Erased ahead, at most a quarter of the ring: a strip of thirty seconds at 512 Hz with its close and signature, whatever
 * its signal. Raw it would be 34 KB, of which an ECG needs less than half.
 */
const STOCK_BYTES = 32768;
/** Read at a time to see whether a page is erased, where a page is a whole number of it. */
const CHUNK_BYTES = 1024;

export class Rotation {
  /** The page written last, also before a restart: wear goes on from there. */
  private newest = NO_PAGE;
  /** Pages kept erased while there are any to erase. */
  private readonly stock: number;
  private readonly chunk: number;
  private readonly crcOfOnes: number;

  constructor(
    private readonly flash: Flash,
    private readonly crc32: Crc32,
    private readonly directory: Directory,
  ) {
    this.stock = Math.min(Math.ceil(STOCK_BYTES / flash.pageBytes), Math.floor(flash.pages / 4));
    this.chunk = flash.pageBytes % CHUNK_BYTES === 0 ? CHUNK_BYTES : flash.pageBytes;
    const ones = new Uint8Array(this.chunk);
    ones.fill(0xff);
    this.crcOfOnes = crc32(ones);
  }

  /** After a restart: goes on behind this page. */
  resume(newest: number): void {
    this.newest = newest;
  }

  wantsErase(): boolean {
    return this.directory.erased < this.stock && this.directory.erased < this.directory.spare;
  }

  /** Erases the next page in turn that nobody waits for; one that a restart left erased is only looked at. */
  eraseOne(): void {
    const page = this.nextToErase();
    if (page !== NO_PAGE) this.prepare(page);
  }

  /** The next page to write, erased, or none while all are held. */
  take(): number {
    let page = this.ahead(PageState.erased);
    while (page === NO_PAGE) {
      page = this.nextToErase();
      if (page === NO_PAGE) return NO_PAGE;
      this.prepare(page);
      if (this.directory.state[page] !== PageState.erased) page = NO_PAGE;
    }
    this.newest = page;
    return page;
  }

  private nextToErase(): number {
    const free = this.ahead(PageState.free);
    const released = this.ahead(PageState.released);
    if (free === NO_PAGE || released === NO_PAGE) return Math.max(free, released);
    return this.distance(free) < this.distance(released) ? free : released;
  }

  /** The nearest page in turn that is in this state. */
  private ahead(state: number): number {
    const behind = this.directory.state.indexOf(state, this.newest + 1);
    return behind >= 0 ? behind : this.directory.state.indexOf(state);
  }

  private distance(page: number): number {
    return (page - this.newest - 1 + this.directory.pages) % this.directory.pages;
  }

  private prepare(page: number): void {
    const untouched = this.directory.state[page] === PageState.free && this.isErased(page);
    this.directory.forget(page);
    if (!untouched) this.flash.erase(page);
    const erased = untouched || this.isErased(page);
    this.directory.setState(page, erased ? PageState.erased : PageState.worn);
  }

  /** Looks at every byte: after a torn erase the head alone may look erased. */
  private isErased(page: number): boolean {
    const start = page * this.flash.pageBytes;
    for (let at = 0; at < this.flash.pageBytes; at += this.chunk) {
      if (this.crc32(this.flash.read(start + at, this.chunk)) !== this.crcOfOnes) return false;
    }
    return true;
  }
}
