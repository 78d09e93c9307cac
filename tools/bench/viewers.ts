/** What it costs the hub's thread to store a block, alone and with viewers of the live stream, who have a thread of theirs. */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { UNPACED } from "../../gateway/store/receipts";
import { Store } from "../../gateway/store/store";
import { startWeb } from "../../gateway/web/server";
import { BenchHandheld } from "./handheld";
import { login } from "./session";

const BLOCKS = 250;
/** Faster than life, so that it takes seconds; each block is committed and told alone all the same. */
const PACE_MS = 20;

/** Says "watching" when all of them have their first event, and how many blocks they got when it is asked. */
const WATCH = `
const { parentPort, workerData } = require("node:worker_threads");
const { port, path, headers, count } = workerData;
let watching = 0, blocks = 0;
for (let n = 0; n < count; n++) require("node:http").get({ port, path, headers }, (answer) => {
  let isNew = true;
  answer.setEncoding("latin1").on("data", (text) => {
    if (isNew && ++watching === count) parentPort.postMessage("watching");
    isNew = false;
    blocks += text.split("event: block").length - 1;
  });
});
parentPort.on("message", () => parentPort.postMessage(blocks));
`;

/** @returns ms of the hub's thread per block */
export async function blockCost(dataDir: string, leads: string[], viewers: number): Promise<number> {
  const store = Store.open({ dataDir, kind: "demo", receipts: UNPACED });
  const handheld = new BenchHandheld((alias, message) => {
    setImmediate(() => store.receive(alias, message));
  }, leads);
  store.onSend = (_alias, message) => handheld.take(message);
  store.claim(handheld.identity.claimCode);
  await handheld.own();
  const web = await startWeb({ dataDir, place: { port: 0 }, hub: store });
  const [device] = store.reader.devices();
  const watchers = new Worker(WATCH, {
    eval: true,
    workerData: {
      port: web.port,
      path: `/api/live?handheld=${device!.id}`,
      headers: { ...(await login(web.address)), host: new URL(web.address).host },
      count: viewers,
    },
  });
  try {
    if (viewers > 0) await once(watchers, "message");
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
    watchers.postMessage("how many");
    const [got] = await once(watchers, "message");
    if (got !== viewers * BLOCKS)
      throw new Error(`${viewers} viewers got ${got} of ${viewers * BLOCKS} blocks`);
    return active / BLOCKS;
  } finally {
    await watchers.terminate();
    await web.stop();
    store.close();
  }
}
