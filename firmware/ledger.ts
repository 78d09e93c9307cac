/** What the store has receipted, recording by recording. */
import type { Hole } from "../protocol/receipt";

/** The store's word on one recording: it holds everything below `next` but the holes. */
export interface Account {
  recording: number;
  next: number;
  holes: Hole[];
}

/** A store drains recordings in turn, so few are receipted in part; of what is forgotten some frames are sent once more. */
const MAX_ACCOUNTS = 8;

export class Ledger {
  private accounts: Account[] = [];

  /**
   * Takes the store's newest word, which may be less than an older one: a restored store asks again.
   * @returns its word before, if that is still known
   */
  set(recording: number, next: number, holes: Hole[]): Account | undefined {
    const before = this.find(recording);
    if (before) this.accounts.splice(this.accounts.indexOf(before), 1);
    else if (this.accounts.length === MAX_ACCOUNTS) this.forgetOldest();
    this.accounts.push({ recording, next, holes });
    return before;
  }

  /** How many of the frames `first` to `first + count - 1` the store does not hold; by intervals, not frame by frame. */
  owed(recording: number, first: number, count: number): number {
    const account = this.find(recording);
    if (!account) return count;
    const end = first + count;
    let owed = end - Math.min(Math.max(account.next, first), end);
    for (let i = 0; i < account.holes.length; i++) {
      const hole = account.holes[i];
      const overlap = Math.min(end, hole.from + hole.length) - Math.max(first, hole.from);
      if (overlap > 0) owed += overlap;
    }
    return owed;
  }

  /** True when the store holds this frame on disk. */
  covers(recording: number, sequence: number): boolean {
    return this.owed(recording, sequence, 1) === 0;
  }

  private find(recording: number): Account | undefined {
    for (let i = 0; i < this.accounts.length; i++) {
      if (this.accounts[i].recording === recording) return this.accounts[i];
    }
    return undefined;
  }

  /** The lowest recording's: never that of the running one, whose count of dropped samples hangs on it. */
  private forgetOldest(): void {
    let oldest = 0;
    for (let i = 1; i < this.accounts.length; i++) {
      if (this.accounts[i].recording < this.accounts[oldest].recording) oldest = i;
    }
    this.accounts.splice(oldest, 1);
  }

  /** For a new owner, whose recordings begin at 1 again. */
  clear(): void {
    this.accounts = [];
  }
}
