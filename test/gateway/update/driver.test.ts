import assert from "node:assert/strict";
import type { Update } from "../../../gateway/store/updates";
import { Driver } from "../../../gateway/update/driver";
import type { Command } from "../../../protocol/command";
import { UpdatePhase, UpdateRefusal, type UpdateState } from "../../../protocol/update";
import { Random } from "../../../tools/sim/random";
import { Maker } from "../../firmware/maker";
import { Processor } from "../../firmware/slowhand";
import { ModelHandheld } from "./model";

const SEED = Number(process.env.AVNODE_SEED ?? 1 + (Date.now() % 1_000_000));
const HOUR_MS = 3_600_000;
/** Five chunks, the last one short. */
const made = new Maker(`${SEED}`).release(new Random(`${SEED} image`).bytes(2111), { counter: 2 });

const release = {
  counter: 2,
  bytes: made.image.length,
  offer: (): Command => ({ op: 7, bytes: made.offer }),
  chunk: (at: number): Command => ({ op: 8, at, bytes: made.chunks.get(at) }),
};

interface Troubles {
  /** Whether the n-th message, of either side, is lost on the air. */
  lost?(n: number): boolean;
  /** Whether the n-th message makes the handheld's session, or the hub, begin anew behind it. */
  reconnects?(n: number): boolean;
  restarts?(n: number): boolean;
}

function bench(wish: Partial<Update> = {}, { lost, reconnects, restarts }: Troubles = {}) {
  const clock = new Processor();
  let row: Update = {
    epoch: 1,
    release: "",
    counter: 2,
    version: "0.2.0",
    bytes: made.image.length,
    swap: "ready",
    cancelled: false,
    again: false,
    begun: false,
    swapped: false,
    askedAt: 0,
    ...wish,
  };
  let messages = 0;
  let driver: Driver;
  const sent: Command[] = [];
  const troubled = () => {
    const n = ++messages;
    if (reconnects?.(n)) clock.after(700, () => handheld.beginSession());
    if (restarts?.(n))
      clock.after(50, () => {
        driver.stop();
        if (!row.ended) begin();
      });
    return lost?.(n) ?? false;
  };
  const handheld = new ModelHandheld(clock, {
    heard(state: UpdateState) {
      if (!troubled()) clock.after(60, () => row.ended || driver.heard(state));
    },
    connected: () => void clock.after(50, () => row.ended || driver.connected()),
  });
  const begin = () => {
    driver = new Driver(row, {
      clock,
      release,
      send(command) {
        sent.push(command);
        if (!troubled()) clock.after(60, () => handheld.take(command));
      },
      keep(change) {
        row = { ...row, ...change };
      },
    });
  };
  begin();
  return {
    clock,
    handheld,
    sent,
    row: () => row,
    messages: () => messages,
    /** Asked for once more, behind the end of the one before. */
    anew(change: Partial<Update>) {
      row = {
        ...row,
        state: undefined,
        ended: undefined,
        swapped: false,
        begun: false,
        askedAt: 1,
        ...change,
      };
      begin();
    },
    wish(change: Partial<Update>) {
      row = { ...row, ...change };
      driver.wish(row);
    },
  };
}

function installed(unit: ReturnType<typeof bench>, what: string): void {
  unit.clock.pass(HOUR_MS);
  const { row, handheld } = unit;
  assert.equal(row().ended?.how, "installed", `${what}: ${JSON.stringify(row())}`);
  assert.equal(handheld.running, 2, what);
  assert.ok(handheld.image.equals(made.image), `${what}: another image`);
  assert.equal(handheld.written, 5, `${what}: a chunk was written twice`);
}

describe(`the driver of an update, seed ${SEED}`, () => {
  it("offers, sends chunk by chunk as each is taken, swaps and hears that the new image works", () => {
    const unit = bench();
    installed(unit, "by the book");
    const ops = unit.sent.map(({ op, at }) => (op === 8 ? at : `op ${op}`));
    const chunks = [0, 512, 1024, 1536, 2048];
    // Offered again while the signature takes its time; asked once while it clears.
    assert.deepEqual(
      ops.filter((op, i) => op !== ops[i - 1]),
      ["op 7", ...chunks, "op 9"],
    );
    assert.ok(ops.length <= 12, ops.join());
  });

  it("gets there whichever single message is lost", () => {
    const { messages } = (() => {
      const unit = bench();
      unit.clock.pass(HOUR_MS);
      return unit;
    })();
    assert.ok(messages() > 15);
    for (let n = 1; n <= messages(); n++) installed(bench({}, { lost: (m) => m === n }), `message ${n} lost`);
  });

  it("gets there whenever the handheld's session begins anew", () => {
    for (let n = 1; n <= 24; n++) installed(bench({}, { reconnects: (m) => m === n }), `after message ${n}`);
  });

  it("gets there whenever the hub restarts", () => {
    for (let n = 1; n <= 24; n++) installed(bench({}, { restarts: (m) => m === n }), `after message ${n}`);
  });

  it("gets there through losses, reconnections and restarts at random", () => {
    for (let run = 0; run < 200; run++) {
      const random = new Random(`${SEED} run ${run}`);
      const one = (times: number) => () => random.int(times) === 0;
      installed(bench({}, { lost: one(4), reconnects: one(15), restarts: one(15) }), `run ${run}`);
    }
  });

  it("says a chunk again every 3 s, ten times, and every minute once the handheld is away", () => {
    const unit = bench({}, { lost: (n) => n > 6 });
    unit.clock.pass(60_000);
    const chunks = unit.sent.filter(({ op }) => op === 8).length;
    assert.ok(chunks >= 10, `${chunks} times in a minute`);
    unit.clock.pass(5 * 60_000);
    const before = unit.sent.length;
    unit.clock.pass(10 * 60_000);
    const again = unit.sent.length - before;
    assert.ok(again >= 9 && again <= 11, `${again} times in ten minutes`);
  });

  it("waits with a restart until its owner says so", () => {
    const unit = bench({ swap: "no" });
    unit.clock.pass(HOUR_MS);
    assert.equal(unit.row().state?.phase, UpdatePhase.ready);
    assert.equal(unit.handheld.running, 1);
    assert.ok(!unit.sent.some(({ op }) => op === 9));
    unit.wish({ swap: "once" });
    installed(unit, "once");
  });

  it("tells why a restart is not possible now, and tries it once, or until it is", () => {
    for (const refuses of [UpdateRefusal.recording, UpdateRefusal.battery, UpdateRefusal.backlog]) {
      const unit = bench({ swap: "no" });
      unit.clock.pass(HOUR_MS);
      unit.handheld.refuses = refuses;
      unit.wish({ swap: "once" });
      unit.clock.pass(HOUR_MS);
      const { state, swap, swapped, ended } = unit.row();
      assert.deepEqual([state?.refused, swap, swapped, ended], [refuses, "no", false, undefined]);
      unit.wish({ swap: "ready" });
      unit.clock.pass(HOUR_MS);
      // What its owner reads is why it waits, however often it was tried.
      assert.deepEqual([unit.row().state?.refused, unit.row().swapped], [refuses, false]);
      unit.handheld.refuses = UpdateRefusal.none;
      unit.clock.pass(70_000);
      installed(unit, "when ready");
    }
  });

  it("ends with the reason of every offer that is refused", () => {
    for (const refuses of [3, 4, 6, 7, 11, 14, 15]) {
      const unit = bench();
      unit.handheld.refuses = refuses;
      unit.clock.pass(HOUR_MS);
      assert.equal(unit.row().ended?.how, "refused");
      assert.equal(unit.row().state?.refused, refuses);
    }
    const older = bench();
    older.handheld.running = 3;
    older.clock.pass(HOUR_MS);
    assert.deepEqual([older.row().ended?.how, older.row().state?.refused], ["refused", UpdateRefusal.older]);
  });

  it("ends where one chunk is refused again and again", () => {
    const good = made.chunks.get(1024)!;
    const wrong = Uint8Array.from(good);
    wrong[100]! ^= 1;
    made.chunks.set(1024, wrong);
    try {
      const unit = bench();
      unit.clock.pass(HOUR_MS);
      assert.deepEqual([unit.row().ended?.how, unit.row().state?.refused], ["refused", UpdateRefusal.chunk]);
      assert.equal(unit.handheld.image.length, 1024);
    } finally {
      made.chunks.set(1024, good);
    }
  });

  it("tells that a new image did not come up, and offers it once more where its owner wants to", () => {
    const unit = bench();
    unit.handheld.comesUp = false;
    unit.clock.pass(HOUR_MS);
    assert.equal(unit.row().ended?.how, "back");
    const again = bench();
    again.handheld.comesUp = false;
    again.clock.pass(HOUR_MS);
    again.handheld.comesUp = true;
    again.handheld.written = 0;
    again.anew({ again: true });
    installed(again, "once more");
  });

  it("is not driven to write or to ask by a handheld whose answers make no sense", () => {
    const senseless = { running: 1, counter: 2, taken: 0, refused: UpdateRefusal.none };
    for (const phase of [UpdatePhase.none, UpdatePhase.trial, UpdatePhase.kept, UpdatePhase.back]) {
      const clock = new Processor();
      let [asked, written] = [0, 0];
      const wish = { epoch: 1, release: "", counter: 2, version: "0.2.0", bytes: 2111, swap: "no" as const };
      const more = { cancelled: false, again: false, begun: true, swapped: false, askedAt: 0 };
      const driver: Driver = new Driver(
        { ...wish, ...more },
        {
          clock,
          release,
          send() {
            asked++;
            clock.after(1, () => driver.heard({ ...senseless, phase }));
          },
          keep: () => void written++,
        },
      );
      clock.pass(60_000);
      assert.ok(asked <= 21, `phase ${phase}: asked ${asked} times in a minute`);
      assert.equal(written, 1, `phase ${phase}`);
    }
  });

  it("cancels in every phase before the restart, through losses", () => {
    for (let seconds = 1; seconds <= 40; seconds += 1) {
      const random = new Random(`${SEED} cancel ${seconds}`);
      const unit = bench({ swap: "no" }, { lost: () => random.int(5) === 0 });
      unit.clock.pass(1000 * seconds);
      unit.wish({ cancelled: true });
      unit.clock.pass(HOUR_MS);
      assert.equal(unit.row().ended?.how, "cancelled", `after ${seconds} s`);
      assert.equal(unit.handheld.state().phase, UpdatePhase.none, `after ${seconds} s`);
      assert.equal(unit.handheld.running, 1);
    }
  });
});
