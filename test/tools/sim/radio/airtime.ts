/** Time for the simulated air, in fractions of a millisecond, and hosts that talk to it in bytes. */
import type { Clock } from "../../../../gateway/clock";
import type { Air } from "../../../../tools/sim/radio/air";
import type { Controller } from "../../../../tools/sim/radio/controller";

export class AirTime implements Clock {
  private ms = 0;
  private order = 0;
  private readonly due = new Map<number, { at: number; run: () => void }>();

  now(): number {
    return this.ms;
  }

  after(ms: number, run: () => void): () => void {
    const id = ++this.order;
    this.due.set(id, { at: this.ms + Math.max(0, ms), run });
    return () => this.due.delete(id);
  }

  get timers(): number {
    return this.due.size;
  }

  pass(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      let next: [number, { at: number; run: () => void }] | undefined;
      // The map keeps the order of asking: of several due at once the first asked for comes first.
      for (const entry of this.due) if (!next || entry[1].at < next[1].at) next = entry;
      if (!next || next[1].at > end) break;
      this.due.delete(next[0]);
      this.ms = next[1].at;
      next[1].run();
    }
    this.ms = end;
  }
}

/** A host: hexadecimal commands down, hexadecimal packets up, each with the time of its arrival. */
export class HexHost {
  readonly heard: { at: number; hex: string }[] = [];
  congested = false;
  closed = false;
  readonly controller: Controller;

  constructor(
    time: AirTime,
    air: Air,
    readonly address: string,
  ) {
    const controller = air.attach(
      {
        send: (packet) => this.heard.push({ at: time.now(), hex: packet.toString("hex") }),
        close: () => {
          this.closed = true;
        },
        congested: () => this.congested,
      },
      address,
    );
    if (!controller) throw new Error(`${address} is gone`);
    this.controller = controller;
  }

  /** @param hex blanks are ignored */
  send(hex: string): void {
    this.controller.receive(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  }

  /** What came since the last call. */
  take(): string[] {
    return this.heard.splice(0).map(({ hex }) => hex);
  }

  /** The packets among what came that begin so, with their times; the rest is forgotten. */
  among(prefix: string): { at: number; hex: string }[] {
    return this.heard.splice(0).filter(({ hex }) => hex.startsWith(prefix.replaceAll(" ", "")));
  }
}
