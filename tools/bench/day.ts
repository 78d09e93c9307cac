/** A day's recording, by the store's own hand, for whoever measures what comes after. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { UNPACED } from "../../gateway/store/receipts";
import { Store } from "../../gateway/store/store";
import type { Context } from "./area";
import { BenchHandheld } from "./handheld";

const DAY_SECONDS = 86_400;
/** Frames that come in one turn of the event loop. */
const BURST = 64;

/** 24 hours in a store, logged hour by hour and still running. @param leads their names; one by default */
export async function recordDay(dataDir: string, context: Context, leads?: string[]): Promise<string> {
  const store = Store.open({ dataDir, kind: "demo", receipts: UNPACED });
  const handheld = new BenchHandheld((alias, message) => {
    setImmediate(() => store.receive(alias, message));
  }, leads);
  let receipted = 0;
  store.onSend = (_alias, message) => handheld.take(message);
  handheld.onReceipt = ({ next }) => {
    receipted = next;
  };
  store.claim(handheld.identity.claimCode);
  await handheld.own();
  for (let hour = 1; hour <= 24; hour++) {
    context.progress(`recording a day: hour ${hour}`);
    const frames = handheld.frames(DAY_SECONDS / 24 + (hour === 24 ? 1 : 0));
    for (const [index, frame] of frames.entries()) {
      store.receive(handheld.alias, frame);
      if (index % BURST === BURST - 1) await nextTurn();
    }
    while (receipted < (hour * DAY_SECONDS) / 24) await nextTurn();
  }
  store.close();
  return dataDir;
}
