import assert from "node:assert/strict";
import { type Connection, capacityOf, Drain } from "../../tools/sim/drain";
import { VirtualTime } from "../../tools/sim/time";
import { scratch } from "./rig";

const SEED = 1;
const BACKLOG = 1500;
const SECONDS = 60;
/** The reference board's. */
const BOARD_PER_SECOND = 40;
/** A second of this ECG, at 128 bytes. */
const NOTIFICATIONS_PER_FRAME = 2;
/** As much as the link ever asks for. */
const FAST_PER_SECOND = 100;

interface Case {
  perSecond: number;
  connection: Omit<Connection, "notificationBytes">;
  /** Of what board and connection carry. */
  leastUse: number;
  oldestLiveMs: number;
}

/** A queue of one is what the runtime's stack has; no more than 30 ms is what our hub grants. */
const CASES: Case[] = [
  {
    perSecond: BOARD_PER_SECOND,
    connection: { intervalMs: 20, packets: 1, queue: 1 },
    leastUse: 0.95,
    oldestLiveMs: 3000,
  },
  {
    perSecond: BOARD_PER_SECOND,
    connection: { intervalMs: 30, packets: 1, queue: 1 },
    leastUse: 0.8,
    oldestLiveMs: 3000,
  },
  {
    perSecond: BOARD_PER_SECOND,
    connection: { intervalMs: 30, packets: 6, queue: 16 },
    leastUse: 0.95,
    oldestLiveMs: 3000,
  },
  {
    perSecond: FAST_PER_SECOND,
    connection: { intervalMs: 15, packets: 1, queue: 4 },
    leastUse: 0.8,
    oldestLiveMs: 3000,
  },
  // A central that is not ours may be slower: no collapse, and a live block that is lost may be lost once more.
  {
    perSecond: BOARD_PER_SECOND,
    connection: { intervalMs: 50, packets: 1, queue: 1 },
    leastUse: 0.7,
    oldestLiveMs: 8000,
  },
  {
    perSecond: BOARD_PER_SECOND,
    connection: { intervalMs: 100, packets: 2, queue: 16 },
    leastUse: 0.7,
    oldestLiveMs: 8000,
  },
];

describe("a backlog while the recording goes on", () => {
  for (const { perSecond, connection, leastUse, oldestLiveMs } of CASES) {
    const { intervalMs, packets, queue } = connection;
    const dataDir = scratch(true);
    it(`drains at the pace of ${intervalMs} ms, ${packets} an event, queue ${queue}, board ${perSecond}/s, live ones first`, async function () {
      const time = new VirtualTime(Date.UTC(2026, 10, 23));
      const options = { dataDir, seed: SEED, pages: 512, notificationsPerSecond: perSecond };
      try {
        const { seconds, frames, receipts, liveAgesMs } = await time.until(
          drained(options, { ...connection, notificationBytes: 128 }),
        );
        // Of what is stored: what is sent twice counts once.
        const use = (frames * NOTIFICATIONS_PER_FRAME) / seconds / capacityOf(perSecond, connection);
        assert.ok(use >= leastUse, `${Math.round(100 * use)} % of what the connection carries`);
        assert.ok(
          liveAgesMs.length >= Math.floor(seconds) - 5,
          `${liveAgesMs.length} live blocks in ${seconds} s`,
        );
        const oldest = liveAgesMs.at(-1)!;
        assert.ok(oldest < oldestLiveMs, `a live block came ${oldest} ms late`);
        // 170 ms of the handheld's processor each: a fifth of it at 1.2 a second.
        assert.ok(receipts / seconds <= 1.2, `${receipts} receipts in ${seconds} s`);
      } finally {
        time.restore();
      }
    });
  }
});

async function drained(options: Parameters<typeof Drain.begin>[0], connection: Connection) {
  const drain = await Drain.begin(options);
  await drain.fill(() => drain.backlog() >= BACKLOG);
  const result = await drain.drain(connection, SECONDS * 1000);
  await drain.end();
  return result;
}

describe("a backlog of many pieces", () => {
  const connection: Connection = { intervalMs: 30, packets: 6, queue: 16, notificationBytes: 128 };
  const inVirtualTime = async (run: (drain: Drain) => Promise<void>, dataDir: string) => {
    const time = new VirtualTime(Date.UTC(2026, 10, 23));
    try {
      await time.until(
        (async () => {
          const options = { dataDir, seed: SEED, pages: 512, notificationsPerSecond: BOARD_PER_SECOND };
          const drain = await Drain.begin(options);
          await run(drain);
          await drain.end();
        })(),
      );
    } finally {
      time.restore();
    }
  };
  /** Nothing is lost on this connection, so nothing is sent twice but what a receipt could not tell of in time. */
  const leastSeconds = (backlog: number) => (backlog * NOTIFICATIONS_PER_FRAME) / BOARD_PER_SECOND;
  const gaps = scratch(true);
  const strips = scratch(true);

  it("drains at the board's pace although one recording has more gaps than a receipt can name", async function () {
    await inVirtualTime(async (drain) => {
      for (let i = 0; i < 20; i++) {
        await drain.away(100_000);
        await drain.drain(connection, 3000);
      }
      const backlog = drain.backlog();
      assert.ok(backlog > 800, `${backlog} frames`);
      const { seconds } = await drain.drain(connection, 3 * 1000 * leastSeconds(backlog));
      assert.ok(drain.backlog() < 20, `${drain.backlog()} of ${backlog} frames left after ${seconds} s`);
      assert.ok(seconds < 1.3 * leastSeconds(backlog), `${seconds} s for ${backlog} frames`);
    }, gaps);
  });

  it("drains although it is of many short recordings, whose signatures take longer than they", async function () {
    await inVirtualTime(async (drain) => {
      await drain.records(60, 2);
      const backlog = drain.backlog();
      assert.ok(backlog >= 240, `${backlog} frames`);
      const { seconds, frames } = await drain.drain(connection, 120_000);
      assert.ok(drain.backlog() < 10, `${drain.backlog()} of ${backlog} frames left after ${seconds} s`);
      // Twelve notifications of a signature, and one for each other frame.
      const least = (60 * 12 + (frames - 60)) / BOARD_PER_SECOND;
      assert.ok(seconds < 1.6 * least, `${seconds} s, of which ${least} were needed`);
    }, strips);
  });
});
