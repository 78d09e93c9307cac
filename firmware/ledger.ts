/** What the store has receipted, recording by recording. */
import type { Hole } from "../protocol/receipt";

interface Account {
  recording: number;
  next: number;
  holes: Hole[];
}

/** Bounded by what the ring holds: an account goes when the ring forgets its recording. */
export class Ledger {
  private accounts: Account[] = [];

  /** Takes the store's newest word, which may be less than an older one: a restored store asks again. */
  set(recording: number, next: number, holes: Hole[]): void {
    this.forget(recording);
    this.accounts.push({ recording, next, holes });
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

  forget(recording: number): void {
    const account = this.find(recording);
    if (account) this.accounts.splice(this.accounts.indexOf(account), 1);
  }
}
