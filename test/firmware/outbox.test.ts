import assert from "node:assert/strict";
import type { Board } from "../../firmware/board/board";
import { Outbox } from "../../firmware/outbox";
import { Pace } from "../../firmware/pace";

/** A board whose time passes only as told, and what its radio was given when. */
class Bench {
  readonly sentMs: number[] = [];
  private now = 0;
  private due?: { at: number; run: () => void };
  readonly board = {
    uptimeMs: () => this.now,
    after: (ms: number, run: () => void) => {
      const timer = { at: this.now + ms, run };
      this.due = timer;
      return () => {
        if (this.due === timer) this.due = undefined;
      };
    },
    radio: { notificationBytes: () => 244, notify: () => void this.sentMs.push(this.now) },
  } as unknown as Board;

  passUntil(ms: number): void {
    while (this.due && this.due.at <= ms) {
      const { at, run } = this.due;
      this.due = undefined;
      this.now = at;
      run();
    }
    this.now = ms;
  }

  /** The most that went within any window of this length. */
  most(windowMs: number): number {
    return Math.max(
      0,
      ...this.sentMs.map((from) => this.sentMs.filter((at) => at >= from && at < from + windowMs).length),
    );
  }
}

const FRAME = new Uint8Array(60);

describe("the outbox", () => {
  for (const perSecond of [10, 13, 30, 100, 200]) {
    it(`sends ${perSecond} notifications a second while there is more, and never more than it may`, () => {
      const bench = new Bench();
      const outbox = new Outbox(bench.board, new Pace(perSecond), () => FRAME);
      outbox.wake();
      bench.passUntil(20_000);
      // Plus what a rest beforehand has saved: a tick's worth.
      const saved = Math.ceil(perSecond / 40) + 1;
      assert.ok(bench.most(1000) <= perSecond + saved, `${bench.most(1000)} within a second`);
      const sent = bench.sentMs.length / 20;
      assert.ok(Math.abs(sent - perSecond) <= 0.05 * perSecond + 0.1, `${sent} a second`);
    });
  }

  it("is not hurried by being woken, however often", () => {
    const bench = new Bench();
    let frames = 0;
    const outbox = new Outbox(bench.board, new Pace(100), () => (frames-- > 0 ? FRAME : undefined));
    for (let ms = 0; ms < 5000; ms++) {
      frames = 1;
      outbox.wake();
      bench.passUntil(ms + 1);
    }
    assert.ok(bench.most(1000) <= 106, `${bench.most(1000)} within a second`);
    assert.ok(bench.sentMs.length >= 475, `${bench.sentMs.length} in five seconds`);
  });

  it("keeps another pace from the moment it is set", () => {
    const bench = new Bench();
    const pace = new Pace(100);
    const outbox = new Outbox(bench.board, pace, () => FRAME);
    outbox.wake();
    bench.passUntil(1000);
    pace.limit(20);
    bench.passUntil(11_000);
    const after = bench.sentMs.filter((at) => at > 1100).length;
    assert.ok(after >= 190 && after <= 205, `${after} in ten seconds`);
  });
});
