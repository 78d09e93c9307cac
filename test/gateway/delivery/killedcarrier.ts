/**
 * A carrier in a process of its own that is killed without notice at one point of a delivery.
 * Usage: killedcarrier.ts DATA_DIR NOW POINT. NOW: its clock at the start, Unix ms. "end" is no point: it leaves once
 * nothing waits.
 */
import { Carrier } from "../../../gateway/delivery/carrier";
import { makeDocuments } from "../../../gateway/delivery/documents";
import { handOver } from "../../../gateway/delivery/transport";
import { silentLog } from "../../../gateway/store/log";
import { type Delivery, Outbox } from "../../../gateway/store/outbox/outbox";
import { StoreReader } from "../../../gateway/store/reader";
import type { Way } from "../../../gateway/web/schema/delivery";

const [dataDir, now, point] = process.argv.slice(2);
const reach = (here: string) => {
  if (here === point) process.kill(process.pid, "SIGKILL");
};

const from = Number(now) - Date.now();
const clock = {
  now: () => from + Date.now(),
  after(ms: number, run: () => void) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
const outbox = Outbox.open<Way>(dataDir!, clock.now);
const reader = StoreReader.open(dataDir!);
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
  ...{ reader, outbox: watched, dataDir: dataDir!, clock, log: silentLog },
  random: () => 0.5,
  make: async ({ id, way }) => {
    reach("making");
    if (way.kind === "dicom" || way.kind === "fhir") return makeDocuments(reader, dataDir!, id, way);
    return { pdf: Buffer.from("%PDF-1.7 test"), hasProof: true, simulated: true };
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
const isOver = ({ state }: Delivery) => state !== "queued" && state !== "sending";
setInterval(async () => {
  if (!outbox.list().every(isOver)) return;
  await carrier.stop();
  process.exit(0);
}, 50);
