/** Backlogs on their way in virtual time: how fast they drain, and how old the live signal is meanwhile. */
import { join } from "node:path";
import { type Connection, capacityOf, Drain, type Drained } from "../sim/drain";
import { VirtualTime } from "../sim/time";
import type { Area, Row } from "./area";
import { inFolder } from "./folder";

const FULL_PERMILLE = 990;
/** The reference board's. */
const PER_SECOND = 40;
/** What a receipt costs the reference handheld, estimated from instruction counts. */
const RECEIPT_MS = 170;
const CONNECTION: Connection = { intervalMs: 30, packets: 4, queue: 8, notificationBytes: 128 };

interface Backlog {
  name: string;
  /** Of 4 KB. */
  pages: number;
  isEnough(permille: number, frames: number): boolean;
}

const RING: Backlog = {
  name: "ring-2MB",
  pages: 512,
  isEnough: (permille) => permille >= FULL_PERMILLE,
};
const DAY: Backlog = {
  name: "day-32MB",
  pages: 8192,
  isEnough: (_permille, frames) => frames >= 86_400,
};

export const benchDrain: Area = (context) =>
  inFolder(async (folder) => {
    const { intervalMs, packets, queue, notificationBytes } = CONNECTION;
    context.note(
      `virtual time; connection interval ${intervalMs} ms, ${packets} packets an event, queue ${queue}, notifications of ` +
        `${notificationBytes} bytes, board ${PER_SECOND} notifications a second; 256 Hz, 18 bits, one lead`,
    );
    if (!context.long) context.note("the day on 32 MB is left out (--long: minutes)");
    const rows: Row[] = [];
    for (const backlog of context.long ? [RING, DAY] : [RING]) {
      const time = new VirtualTime(Date.UTC(2026, 10, 23));
      try {
        rows.push(...rowsOf(backlog.name, await time.until(drained(folder, backlog, context.progress))));
      } finally {
        time.restore();
      }
    }
    return rows;
  });

async function drained(
  folder: string,
  { name, pages, isEnough }: Backlog,
  progress: (text: string) => void,
): Promise<Drained> {
  const dataDir = join(folder, name);
  const drain = await Drain.begin({ dataDir, seed: 1, pages, notificationsPerSecond: PER_SECOND });
  await drain.fill((permille) => {
    progress(`${name}: ${drain.backlog()} frames recorded`);
    return isEnough(permille, drain.backlog());
  });
  const shown = setInterval(() => progress(`${name}: ${drain.backlog()} frames left`), 10_000);
  const result = await drain.drain(CONNECTION);
  clearInterval(shown);
  await drain.end();
  return result;
}

function rowsOf(name: string, drained: Drained): Row[] {
  const { seconds, frames, notifications, receipts, liveAgesMs } = drained;
  const row = (what: string, value: number, unit: string) => ({
    name: `drain/${name}-${what}`,
    value,
    unit,
    peers: {},
  });
  return [
    row("minutes", seconds / 60, "min"),
    row("rate", frames / seconds, "frames/s"),
    row("of-capacity", (100 * notifications) / seconds / capacityOf(PER_SECOND, CONNECTION), "%"),
    row("notifications-per-frame", notifications / frames, ""),
    row("live-age-median", liveAgesMs[liveAgesMs.length >> 1]!, "ms"),
    row("live-age-worst", liveAgesMs.at(-1)!, "ms"),
    row("receipts-processor", (receipts * RECEIPT_MS) / seconds / 10, "%"),
  ];
}
