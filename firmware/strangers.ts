/**
 * There is one connection, and anybody in range may take it. Whoever has not proved to be the owner's store is heard a
 * little, loses it after a while, and has no better chance of the next one than the store.
 */
import type { Board } from "./board/board";

/** So long may somebody be connected without proof: a store on a slow link needs some of it. */
const LONG_MS = 60000;
/**
 * And so long after a connection that proved nothing: whoever comes back at once takes one of the store's chances each time,
 * so there must be many. Every eighth has the whole minute, lest a slow store never has it.
 */
const SHORT_MS = 8000;
const LONG_EVERY = 8;
/**
 * After such a connection it is seen so long without taking anybody. Who waits with a connect under way would have it by its
 * first advertisement, and a hub hears one before it connects: this way both wait for the same one.
 */
const ANNOUNCE_MS = 2000;
/** Writes a second that are looked at before proof: hello, claim and proof take eight at 128 bytes, and twenty at 20. */
const HEARD_WRITES = 30;
const FLOOD_WRITES = 60;

export class Strangers {
  /** Somebody is connected without proof. */
  private here = false;
  /** Connections in a row that ended so. */
  private ended = 0;
  private admits = true;
  private cancelLimit: (() => void) | undefined;
  private cancelAnnounce: (() => void) | undefined;
  /** Writes within the second that began then. */
  private writes = 0;
  private writesMs = 0;

  constructor(
    private readonly board: Board,
    private readonly owned: () => boolean,
  ) {}

  /** Somebody connected; said again within a connection it changes nothing. */
  connected(): void {
    if (this.cancelLimit) return;
    if (this.cancelAnnounce) this.cancelAnnounce();
    this.cancelAnnounce = undefined;
    this.here = true;
    // From now on: the runtime advertises by itself the moment that a connection ends.
    this.admit(false);
    const self = this;
    // Nobody can prove to be the store of a unit without an owner: a claim has its minute.
    const limit = this.owned() && this.ended % LONG_EVERY > 0 ? SHORT_MS : LONG_MS;
    this.cancelLimit = this.board.after(limit, function () {
      self.cancelLimit = undefined;
      self.board.radio.disconnect();
      // Whatever becomes of that: a unit that never takes anybody again would be lost to its owner.
      self.announce();
    });
  }

  /** Whoever is connected is the owner's store. */
  proved(): void {
    if (!this.cancelLimit) return;
    this.cancelLimit();
    this.cancelLimit = undefined;
    this.here = false;
    this.ended = 0;
    this.admit(true);
  }

  disconnected(): void {
    if (this.cancelLimit) this.cancelLimit();
    this.cancelLimit = undefined;
    if (!this.here) return;
    this.here = false;
    this.ended++;
    this.announce();
  }

  /** Each write costs milliseconds that a recording needs. @returns whether this one is not to be looked at */
  tooMuch(): boolean {
    const now = this.board.uptimeMs();
    if (now - this.writesMs >= 1000) {
      this.writesMs = now;
      this.writes = 0;
    }
    this.writes++;
    if (this.writes === FLOOD_WRITES) this.board.radio.disconnect();
    return this.writes > HEARD_WRITES;
  }

  private announce(): void {
    const self = this;
    this.admit(false);
    if (this.cancelAnnounce) this.cancelAnnounce();
    this.cancelAnnounce = this.board.after(ANNOUNCE_MS, function () {
      self.cancelAnnounce = undefined;
      self.admit(true);
    });
  }

  private admit(anybody: boolean): void {
    if (this.admits === anybody) return;
    this.admits = anybody;
    this.board.radio.admit(anybody);
  }
}
