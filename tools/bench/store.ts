/** The store alone, in this process: sealed frames in, durable receipts out. */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { UNPACED } from "../../gateway/store/receipts";
import { Store } from "../../gateway/store/store";
import type { Context, Row } from "./area";
import { inFolder } from "./folder";
import { BenchHandheld } from "./handheld";
import { interleave, secondsOf } from "./rounds";
import { BareSqlite } from "./sqlite";

const ROUNDS = 5;
const FRAMES_A_ROUND = 10_000;
/** One transaction each is so slow that fewer must do. */
const SINGLES_A_ROUND = 500;
/** Frames that come in one turn of the event loop: an envelope's most. */
const BURST = 64;
const LONG_FRAMES = 1_000_000;

export function benchStore(context: Context): Promise<Row[]> {
  return inFolder(async (folder) => {
    const rig = await ownedHandheld(join(folder, "store"));
    const singles = new BareSqlite(join(folder, "singles.db"));
    const batches = new BareSqlite(join(folder, "batches.db"));
    try {
      const rows = [await throughput(rig, singles, batches, context)];
      context.note(`databases in ${folder}`);
      if (context.long) rows.push(await memoryGrowth(rig, context));
      return rows;
    } finally {
      rig.store.close();
      singles.close();
      batches.close();
    }
  });
}

interface Rig {
  store: Store;
  handheld: BenchHandheld;
  /** Frames that receipts cover. */
  receipted: number;
}

async function ownedHandheld(dataDir: string): Promise<Rig> {
  const store = Store.open({ dataDir, kind: "demo", receipts: UNPACED });
  const handheld = new BenchHandheld((alias, message) => {
    setImmediate(() => store.receive(alias, message));
  });
  const rig = { store, handheld, receipted: 0 };
  store.onSend = (_alias, message) => handheld.take(message);
  handheld.onReceipt = ({ next, holes }) => {
    if (holes.length === 0) rig.receipted = next;
  };
  store.claim(handheld.identity.claimCode);
  await handheld.own();
  return rig;
}

async function throughput(
  rig: Rig,
  singles: BareSqlite,
  batches: BareSqlite,
  context: Context,
): Promise<Row> {
  context.progress("sealing frames");
  const frames = rig.handheld.frames((ROUNDS + 1) * FRAMES_A_ROUND);
  const source = rig.handheld.identity.device.toString();
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length;
  context.note(`${frames.length} frames of ${bytes.toFixed(0)} bytes, median of ${ROUNDS} rounds`);
  let fed = 0;
  let compared = 0;
  const sameFrames = (count: number) => {
    if (compared + count > frames.length) compared = 0;
    compared += count;
    return frames.slice(compared - count, compared);
  };
  const values = await interleave(
    ROUNDS,
    {
      store: async () => {
        const slice = frames.slice(fed, fed + FRAMES_A_ROUND);
        fed += FRAMES_A_ROUND;
        return FRAMES_A_ROUND / (await secondsOf(() => feed(rig, slice, fed)));
      },
      "SQLite insert, one transaction per frame": async () => {
        const slice = sameFrames(SINGLES_A_ROUND);
        return slice.length / (await secondsOf(() => insertInBatches(singles, source, slice, 1)));
      },
      "SQLite insert in batches of 100": async () => {
        const slice = sameFrames(FRAMES_A_ROUND);
        return slice.length / (await secondsOf(() => insertInBatches(batches, source, slice, 100)));
      },
    },
    context.progress,
  );
  checkHeld(rig, frames.length);
  const { store: value, ...peers } = values;
  return { name: "store/frames-per-second", value, unit: "frames/s", peers };
}

/** Until the receipt that covers the last of them. @param end frames sent when all of these are */
async function feed(rig: Rig, frames: Uint8Array[], end: number): Promise<void> {
  const { store, handheld } = rig;
  for (const [index, frame] of frames.entries()) {
    store.receive(handheld.alias, frame);
    if (index % BURST === BURST - 1) await nextTurn();
  }
  while (rig.receipted < end) await nextTurn();
}

function insertInBatches(into: BareSqlite, source: string, frames: Uint8Array[], batch: number): void {
  for (let at = 0; at < frames.length; at += batch) into.insert(source, frames.slice(at, at + batch));
}

/** @throws unless the store holds every frame, without a hole */
function checkHeld({ store }: Rig, frames: number): void {
  const [recording] = store.reader.recordings();
  if (recording?.frames !== frames || recording.holes !== 0)
    throw new Error(
      `the store holds ${recording?.frames} of ${frames} frames, ${recording?.holes} are missing`,
    );
}

/** Resident memory after 10⁶ frames less that after the first tenth of them. */
async function memoryGrowth(rig: Rig, context: Context): Promise<Row> {
  const slice = LONG_FRAMES / 100;
  const before = rig.receipted;
  let start = 0;
  for (let part = 1; part <= 100; part++) {
    context.progress(`memory over 10⁶ frames: ${part} %`);
    await feed(rig, rig.handheld.frames(slice), before + part * slice);
    if (part === 10) start = process.memoryUsage.rss();
  }
  checkHeld(rig, before + LONG_FRAMES);
  const value = (process.memoryUsage.rss() - start) / 2 ** 20;
  return { name: "store/rss-growth-mb", value, unit: "MB", peers: {} };
}
