/**
 * A carrier in a process of its own that is killed without notice at one point of a delivery.
 * Usage: killedcarrier.ts DATA_DIR NOW POINT [HASTE DOCUMENTS]. NOW: its clock at the start, Unix ms. "end" is no point:
 * it leaves once nothing waits; a number is so many ms of its clock, that runs HASTE times as fast as ours. DOCUMENTS: a
 * file of them, by the kind of way.
 */
import { readFileSync } from "node:fs";
import { deserialize } from "node:v8";
import { Carrier } from "../../../gateway/delivery/carrier";
import type { Documents } from "../../../gateway/delivery/documents";
import { handOver } from "../../../gateway/delivery/transport";
import type { Way } from "../../../gateway/schema/delivery";
import { silentLog } from "../../../gateway/store/log";
import { type Delivery, Outbox } from "../../../gateway/store/outbox/outbox";
import { StoreReader } from "../../../gateway/store/reader";

const [dataDir, now, point, haste = "1", documents] = process.argv.slice(2);
const kept: Record<string, Documents> | undefined = documents && deserialize(readFileSync(documents));
const reach = (here: string) => {
  if (here === point) process.kill(process.pid, "SIGKILL");
};

const begun = performance.now();
const clock = {
  now: () => Number(now) + Math.round((performance.now() - begun) * Number(haste)),
  after(ms: number, run: () => void) {
    const timer = setTimeout(run, ms / Number(haste));
    return () => clearTimeout(timer);
  },
};
const outbox = Outbox.open<Way>(dataDir!, clock.now);
const watched = new Proxy(outbox, {
  get(target, name) {
    if (name === "begin")
      return (id: number) => {
        reach("found");
        const begun = target.begin(id);
        reach("begun");
        return begun;
      };
    if (name === "end")
      return (...ended: Parameters<(typeof outbox)["end"]>) => {
        target.end(...ended);
        reach("noted");
      };
    const value: unknown = Reflect.get(target, name, target);
    return typeof value === "function" ? value.bind(target) : value;
  },
});
const carrier = new Carrier({
  ...{ reader: StoreReader.open(dataDir!), outbox: watched, dataDir: dataDir!, clock, log: silentLog },
  random: () => 0.5,
  makeLink: () => "",
  make: async ({ way }) => {
    reach("making");
    return kept?.[way.kind] ?? { pdf: Buffer.from("%PDF-1.7 test"), hasProof: true, simulated: true };
  },
  leaving: () => reach("leaving"),
  async handOver(...asked) {
    const sent = handOver(...asked);
    // A server that hangs: the connection is open, and nothing was said.
    if (point === "connected") setTimeout(() => reach("connected"), 500);
    await sent;
    reach("answered");
  },
});
if (/^\d+$/.test(point!)) clock.after(Number(point), () => reach(point!));
const isOver = ({ state }: Delivery) => state !== "queued" && state !== "sending";
setInterval(async () => {
  if (!outbox.list().every(isOver)) return;
  await carrier.stop();
  process.exit(0);
}, 50);
