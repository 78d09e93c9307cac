/** Housekeeping in the pauses: pages erased ahead of need, the runtime's memory put in order. */
import type { Board } from "./board/board";
import type { Ring } from "./ring";

/** Between two pages erased ahead while nothing is recorded. */
const ERASE_EVERY_MS = 200;
/** What the front end's FIFO must bear beyond what is done meanwhile: the way there and back. */
const ERASE_MARGIN_MS = 20;
const TIDY_MARGIN_MS = 5;
/** Between two slices of an update while nothing is recorded. */
const UPDATE_EVERY_MS = 25;
/** At some sixty arrays a second each costs half a millisecond more by then. */
const TIDY_EVERY_MS = 2000;

/** What the handheld is busy with. */
export interface Work {
  recording(): boolean;
  /** Frames go out. */
  sending(): boolean;
  /** Goes on with a signature that waits for the FIFO to be empty. @returns true when it took time */
  signed(): boolean;
  /** Whether an update has something to do. */
  updating(): boolean;
  /**
   * Goes on with it by a slice. @param bearsErase whether a page may be erased for it
   * @returns how long a recording wants to be left alone behind it; 0 when it took no time
   */
  updated(bearsErase: boolean): number;
}

export class Upkeep {
  private waiting = false;
  private tidiedMs = 0;
  /** A recording asks after nobody's update. */
  private updates = false;
  private updateDueMs = 0;
  /** What the front end's FIFO bears while it fills. */
  private readonly bearsErase: boolean;
  private readonly bearsTidying: boolean;

  constructor(
    private readonly board: Board,
    private readonly ring: Ring,
    private readonly work: Work,
  ) {
    const bearsMs = board.frontEnd.bearsMs;
    this.bearsErase = bearsMs >= board.eraseMs + ERASE_MARGIN_MS;
    this.bearsTidying = bearsMs >= board.tidyMs + TIDY_MARGIN_MS;
  }

  /** While a recording's FIFO, just emptied, fills again: as much of one thing as it bears. @returns true when it took time */
  emptied(): boolean {
    if (this.bearsErase && this.ring.wantsErase()) {
      this.ring.eraseOne();
      return true;
    }
    // Behind the stock, so that its page is erased by then wherever there is one to erase.
    if (this.work.signed()) return true;
    if (this.bearsTidying && this.tidied()) return true;
    return this.updates && this.updated(this.bearsErase);
  }

  /** An update has something to do. */
  update(): void {
    this.updates = true;
    this.rest();
  }

  /** While nothing is recorded: goes on until the stock is full and nothing more is sent. */
  rest(): void {
    const erases = this.ring.wantsErase();
    const updates = this.updates;
    if (this.waiting || this.work.recording() || !(erases || updates || this.work.sending())) return;
    this.waiting = true;
    const self = this;
    this.board.after(erases ? ERASE_EVERY_MS : updates ? UPDATE_EVERY_MS : TIDY_EVERY_MS, function () {
      self.waiting = false;
      if (self.work.recording()) return;
      if (self.ring.wantsErase()) self.ring.eraseOne();
      else if (!self.tidied() && self.updates) self.updated(true);
      self.rest();
    });
  }

  private updated(bearsErase: boolean): boolean {
    const now = this.board.uptimeMs();
    if (this.work.recording() && now < this.updateDueMs) return false;
    const restMs = this.work.updated(bearsErase);
    this.updateDueMs = now + restMs;
    this.updates = this.work.updating();
    return restMs > 0;
  }

  private tidied(): boolean {
    const now = this.board.uptimeMs();
    if (now - this.tidiedMs < TIDY_EVERY_MS) return false;
    this.tidiedMs = now;
    this.board.tidy();
    return true;
  }
}
