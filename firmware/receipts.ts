/** What a receipt frees, or claims back: only the pages of which the store's word changed are looked at. */
import type { Hole } from "../protocol/receipt";
import { refusal } from "../protocol/refusal";
import type { Flash } from "./board/board";
import { type Directory, NO_PAGE, PageState } from "./directory";
import type { Account, Ledger } from "./ledger";
import { writeReleased } from "./page";

function sameHoles(some: Hole[], others: Hole[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) {
    if (some[i].from !== others[i].from || some[i].length !== others[i].length) return false;
  }
  return true;
}

export class Receipts {
  constructor(
    private readonly flash: Flash,
    private readonly directory: Directory,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Takes the store's word on one recording. Of one that the ring does not hold there is nothing to do.
   * @returns true when frames that were sent before may be owed anew
   * @throws RECEIPT_NEXT for frames that are yet to come
   */
  take(recording: number, next: number, holes: Hole[]): boolean {
    const directory = this.directory;
    const last = directory.find(recording, 0xffffffff);
    if (last < 0 || directory.recording[directory.order[last]] !== recording) return false;
    const end = directory.first[directory.order[last]] + directory.count[directory.order[last]];
    const running = directory.writing;
    // Of an older recording the last pages may be gone already; only what is being written has an end that we know.
    if (next > end && running !== NO_PAGE && directory.recording[running] === recording) {
      throw refusal(
        "RECEIPT_NEXT",
        "a receipt up to frame " + next + " of recording " + recording + ", which has " + end,
      );
    }
    const before = this.ledger.set(recording, next, holes);
    if (!before) {
      this.settleAll(recording, next);
      return true;
    }
    const same = sameHoles(holes, before.holes);
    this.settleBetween(recording, Math.min(before.next, next), Math.max(before.next, next));
    if (!same) this.settleHoles(before, holes);
    return next < before.next || !same;
  }

  private settleHoles(before: Account, holes: Hole[]): void {
    const both = before.holes.concat(holes);
    for (let i = 0; i < both.length; i++)
      this.settleBetween(before.recording, both[i].from, both[i].from + both[i].length);
  }

  /** Settles the pages that hold any of these frames. */
  private settleBetween(recording: number, from: number, to: number): void {
    const directory = this.directory;
    for (let place = Math.max(0, directory.find(recording, from)); place < directory.standing; place++) {
      const page = directory.order[place];
      if (directory.recording[page] > recording || directory.first[page] >= to) return;
      if (directory.recording[page] === recording) this.settle(page);
    }
  }

  /** Without an earlier word a page behind this one may be in any state; nearly all are wholly owed, as it says. */
  private settleAll(recording: number, next: number): void {
    const directory = this.directory;
    for (let place = Math.max(0, directory.find(recording, 0)); place < directory.standing; place++) {
      const page = directory.order[place];
      if (directory.recording[page] > recording) return;
      if (directory.first[page] >= next && directory.owed[page] === directory.count[page]) continue;
      if (directory.recording[page] === recording) this.settle(page);
    }
  }

  /** Sets what is owed of a page, and its state by it; a released one stays readable until its room is needed. */
  settle(page: number): void {
    const directory = this.directory;
    const owed = this.ledger.owed(directory.recording[page], directory.first[page], directory.count[page]);
    directory.setOwed(page, owed);
    const held = owed > 0 || page === directory.writing;
    if (!held && directory.state[page] === PageState.held) writeReleased(this.flash, page);
    directory.setState(page, held ? PageState.held : PageState.released);
  }
}
