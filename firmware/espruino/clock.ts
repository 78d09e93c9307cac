/** Time since power-on, and what is due later. */

export class Clock {
  private baseMs = getTime() * 1000;
  private lastMs = this.baseMs;

  /** Never runs backwards, even where a host sets the clock that the runtime reads. */
  uptimeMs(): number {
    const now = getTime() * 1000;
    if (now < this.lastMs) this.baseMs -= this.lastMs - now;
    this.lastMs = now;
    return now - this.baseMs;
  }

  /** The runtime's timers bear a hundred years, so that no wait needs to be cut. */
  after(ms: number, run: () => void): () => void {
    // The runtime uses a number again once its timer has run: clearing it then would hit another.
    let id = 0;
    id = setTimeout(function () {
      id = 0;
      run();
    }, ms);
    return function () {
      if (id === 0) return;
      clearTimeout(id);
      id = 0;
    };
  }
}
