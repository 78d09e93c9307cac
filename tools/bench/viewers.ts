/** What it costs the hub's thread to store a block, alone and with viewers of the live stream, who have a thread of theirs. */
import { setTimeout as pause } from "node:timers/promises";
import { UNPACED } from "../../gateway/store/receipts";
import { Store } from "../../gateway/store/store";
import { startWeb } from "../../gateway/web/server";
import { BenchHandheld } from "./handheld";
import { Watchers } from "./watchers";

const BLOCKS = 250;
/** Faster than life, so that it takes seconds; each block is committed and told alone all the same. */
const PACE_MS = 20;

/**
 * @param silent more of them, who never read
 * @returns ms of the hub's thread per block @throws when one who reads did not get every block
 */
export async function blockCost(
  dataDir: string,
  leads: string[],
  viewers: number,
  silent = 0,
): Promise<number> {
  const store = Store.open({ dataDir, kind: "demo", receipts: UNPACED });
  const handheld = new BenchHandheld((alias, message) => {
    setImmediate(() => store.receive(alias, message));
  }, leads);
  store.onSend = (_alias, message) => handheld.take(message);
  store.claim(handheld.identity.claimCode);
  await handheld.own();
  const web = await startWeb({ dataDir, place: { port: 0 }, hub: store });
  const [device] = store.reader.devices();
  const watchers = await Watchers.of(web.address, device!.id, viewers, silent);
  try {
    const frames = handheld.frames(BLOCKS + 1);
    store.receive(handheld.alias, frames[0]!);
    await pause(500);
    const before = performance.eventLoopUtilization();
    for (const frame of frames.slice(1)) {
      store.receive(handheld.alias, frame);
      await pause(PACE_MS);
    }
    const { active } = performance.eventLoopUtilization(before);
    await pause(500);
    const got = await watchers.blocks();
    if (got !== viewers * BLOCKS)
      throw new Error(`${viewers} viewers got ${got} of ${viewers * BLOCKS} blocks`);
    return active / BLOCKS;
  } finally {
    await watchers.stop();
    await web.stop();
    store.close();
  }
}
