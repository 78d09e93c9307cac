/**
 * What the ring knows of its pages without reading them, in flat arrays: 20 bytes a page, because an object per page would
 * fill a small board's heap. Every count that somebody asks for is kept up to date, every search halves.
 */

export const PageState = {
  /** Nothing that anybody waits for, in whatever condition. */
  free: 0,
  /** Found to be all ones since the start. */
  erased: 1,
  /** Does not become all ones any more. */
  worn: 2,
  /** Owed, or being written. */
  held: 3,
  /** The store holds all of it; readable until its room is needed, so that a restored store can ask again. */
  released: 4,
};

export const NO_PAGE = -1;

function isSpare(state: number): boolean {
  return state !== PageState.held && state !== PageState.worn;
}

export class Directory {
  /** Of each page; the rest is meaningful while it stands (held or released). */
  readonly state: Uint8Array;
  readonly marked: Uint8Array;
  /** Order in which the pages were written. */
  readonly serial: Uint32Array;
  readonly recording: Uint32Array;
  /** Sequence of the first frame, how many there are, and how many of them no receipt covers. */
  readonly first: Uint32Array;
  readonly count: Uint16Array;
  readonly owed: Uint16Array;
  /** Pages that stand, by recording and sequence. */
  readonly order: Uint16Array;
  standing = 0;
  /** The page that takes appends. A restart never appends to an old page. */
  writing = NO_PAGE;
  /** Pages that may be written next, erased or not, and how many of them are erased. */
  spare: number;
  erased = 0;
  markedPages = 0;
  /** Frames owed, and the pages that hold them. */
  backlog = 0;
  owing = 0;
  /** Nothing before this place of the order is owed. */
  private owedFrom = 0;

  constructor(readonly pages: number) {
    this.state = new Uint8Array(pages);
    this.marked = new Uint8Array(pages);
    this.serial = new Uint32Array(pages);
    this.recording = new Uint32Array(pages);
    this.first = new Uint32Array(pages);
    this.count = new Uint16Array(pages);
    this.owed = new Uint16Array(pages);
    this.order = new Uint16Array(pages);
    this.spare = pages;
  }

  /** Takes a page into the order, held and without frames. */
  enter(page: number, recording: number, first: number, serial: number): void {
    this.setState(page, PageState.held);
    this.recording[page] = recording;
    this.first[page] = first;
    this.serial[page] = serial;
    const place = this.find(recording, first) + 1;
    // A copy, because the handheld's set() goes upwards and would overwrite what it is yet to move.
    if (place < this.standing)
      this.order.set(new Uint16Array(this.order.subarray(place, this.standing)), place + 1);
    this.order[place] = page;
    this.standing++;
    if (place < this.owedFrom) this.owedFrom = place;
  }

  /** Forgets what a page held. */
  forget(page: number): void {
    if (this.state[page] < PageState.held) return;
    this.setOwed(page, 0);
    const place = this.placeOf(page);
    this.order.set(this.order.subarray(place + 1, this.standing), place);
    this.standing--;
    if (place < this.owedFrom) this.owedFrom--;
    this.setState(page, PageState.free);
    this.markedPages -= this.marked[page];
    this.marked[page] = 0;
    this.recording[page] = 0;
    this.count[page] = 0;
  }

  setState(page: number, state: number): void {
    const before = this.state[page];
    if (before === state) return;
    this.state[page] = state;
    this.spare += (isSpare(state) ? 1 : 0) - (isSpare(before) ? 1 : 0);
    this.erased += (state === PageState.erased ? 1 : 0) - (before === PageState.erased ? 1 : 0);
  }

  setOwed(page: number, owed: number): void {
    const before = this.owed[page];
    if (before === owed) return;
    this.owed[page] = owed;
    this.backlog += owed - before;
    if (owed === 0) this.owing--;
    if (before > 0) return;
    this.owing++;
    if (this.owedFrom === 0) return;
    const place = this.placeOf(page);
    if (place < this.owedFrom) this.owedFrom = place;
  }

  /** One more frame in a page, owed. */
  grow(page: number): void {
    const owed = this.owed[page];
    this.count[page]++;
    if (owed === 0) this.setOwed(page, 1);
    else {
      this.owed[page] = owed + 1;
      this.backlog++;
    }
  }

  mark(page: number): void {
    if (this.marked[page] === 1) return;
    this.marked[page] = 1;
    this.markedPages++;
  }

  /** Place in the order of the last page that begins at or before this frame, also in an earlier recording; -1 for none. */
  find(recording: number, sequence: number): number {
    let low = 0;
    let high = this.standing;
    // The newest page is asked for most.
    let middle = high - 1;
    while (low < high) {
      const page = this.order[middle];
      const other = this.recording[page];
      if (other < recording || (other === recording && this.first[page] <= sequence)) low = middle + 1;
      else high = middle;
      middle = (low + high) >> 1;
    }
    return low - 1;
  }

  private placeOf(page: number): number {
    let place = this.find(this.recording[page], this.first[page]);
    // Two pages may begin with one frame where the first did not keep it.
    while (this.order[place] !== page) place--;
    return place;
  }

  /** The page that holds this frame. */
  pageOf(recording: number, sequence: number): number {
    const place = this.find(recording, sequence);
    if (place < 0) return NO_PAGE;
    const page = this.order[place];
    const holds = this.recording[page] === recording && sequence < this.first[page] + this.count[page];
    return holds ? page : NO_PAGE;
  }

  /** True when the page at this place of the order goes on where the one before it ends. */
  follows(place: number): boolean {
    if (place < 1 || place >= this.standing) return false;
    const page = this.order[place];
    const before = this.order[place - 1];
    return (
      this.recording[before] === this.recording[page] &&
      this.first[before] + this.count[before] === this.first[page]
    );
  }

  /** Place of the first page of which something is owed, or `standing`. */
  oldestOwed(): number {
    while (this.owedFrom < this.standing && this.owed[this.order[this.owedFrom]] === 0) this.owedFrom++;
    return this.owedFrom;
  }

  /**
   * Place of the first page that was written at `serial` or later, or `standing`. Serials rise along the order but where a
   * signature was written behind the next recording's beginning: near that it may be a page off.
   */
  findSerial(serial: number): number {
    let low = 0;
    let high = this.standing;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.serial[this.order[middle]] < serial) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
