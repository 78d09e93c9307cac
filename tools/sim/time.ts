/** Virtual time for a whole system in one process: real mqtt.js, aedes, relay, store and firmware under fake timers. */
import sinon from "sinon";

const realImmediate = setImmediate;

/** Lets streams and promises move without letting time pass. */
function settle(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve));
}

export class VirtualTime {
  private readonly clock: sinon.SinonFakeTimers;

  /** From now on Date and timers of this process are virtual, until `restore`. */
  constructor(startMs: number) {
    // nextTick and queueMicrotask stay real: node's streams live on them.
    this.clock = sinon.useFakeTimers({
      now: startMs,
      toFake: [
        "setTimeout",
        "clearTimeout",
        "setInterval",
        "clearInterval",
        "setImmediate",
        "clearImmediate",
        "Date",
        "performance",
      ],
    });
  }

  now(): number {
    return this.clock.now;
  }

  /**
   * Lets time pass until the promise settles.
   * @throws when nothing is left to wait for, or after `limitMs` of virtual time
   */
  async until<T>(promise: Promise<T>, limitMs = Number.POSITIVE_INFINITY): Promise<T> {
    let pending = true;
    const done = () => {
      pending = false;
    };
    promise.then(done, done);
    const deadline = this.clock.now + limitMs;
    await settle();
    while (pending) {
      if (this.clock.now > deadline)
        throw new Error(`nothing came of it within ${limitMs} ms of virtual time`);
      if (this.clock.countTimers() === 0)
        throw new Error("virtual time stands still: nothing is due any more");
      this.clock.next();
      await settle();
    }
    return promise;
  }

  async pass(ms: number): Promise<void> {
    await this.until(new Promise<void>((resolve) => setTimeout(resolve, ms)));
  }

  restore(): void {
    this.clock.restore();
  }
}
