/** The whole way in: from the broker to the receipt of frames that are on disk, beside plain subscribers. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Hub, startHub } from "../../gateway/hub";
import { type Broker, startBroker } from "../../gateway/mqtt/broker";
import { UNPACED } from "../../gateway/store/receipts";
import { MAX_ENVELOPE_MESSAGES } from "../../protocol/names";
import type { Context, Row } from "./area";
import { inFolder } from "./folder";
import type { Orders } from "./publisher";
import { inTime, interleave, median, secondsOf } from "./rounds";
import { BareSubscriber } from "./subscriber";

const ROUNDS = 5;
const FRAMES_A_ROUND = 3000;
const BATCH = 100;
const PACED_RUNS = 3;
const PACED_PER_SECOND = 1000;
const PACED_FRAMES = 4000;
const PATIENCE_MS = 60_000;

export function benchIngest(context: Context): Promise<Row[]> {
  return inFolder(async (folder) => {
    const hub = await startHub({
      dataDir: join(folder, "hub"),
      kind: "demo",
      broker: { port: 0 },
      roles: ["store"],
      receipts: UNPACED,
    });
    const broker = await startBroker({ port: 0 });
    const child = fork(join(__dirname, "publisher.ts"), {
      execArgv: ["-r", "ts-node/register/transpile-only"],
    });
    const single = new BareSubscriber(broker, join(folder, "single.db"), 1);
    const batched = new BareSubscriber(broker, join(folder, "batched.db"), BATCH);
    try {
      const rig = await pair(hub, broker, child, context);
      context.note(
        "broker (aedes) and subscriber share a process, ours and the peers' alike; mqtt.js publishes from another over loopback TCP",
      );
      context.note(`median of ${ROUNDS} rounds of ${FRAMES_A_ROUND} frames; databases in ${folder}`);
      return [...(await throughput(rig, single, batched, context)), ...(await latency(rig, context))];
    } finally {
      child.kill();
      single.close();
      batched.close();
      await hub.stop();
      await broker.close();
    }
  });
}

/** Gives the publisher an order and waits until it is carried out. */
type Order = <Name extends keyof Orders>(
  name: Name,
  ...args: Parameters<Orders[Name]>
) => Promise<ReturnType<Orders[Name]>>;

interface Rig {
  order: Order;
  /** Waits for the receipt that covers all frames below `end`. */
  receipted(end: number): Promise<void>;
  /** Frames published to the hub so far. */
  sent: number;
}

async function pair(hub: Hub, broker: Broker, child: ChildProcess, context: Context): Promise<Rig> {
  const order: Order = async (name, ...args) => {
    child.send({ name, args });
    const [answer] = await inTime(once(child, "message"), PATIENCE_MS, `the publisher did not ${name}`);
    if (answer.error) throw new Error(`publisher: ${answer.error}`);
    return answer.result;
  };
  context.progress("claiming a handheld and sealing its frames");
  const code = await order("pair", hub.port!, hub.broker!.users.relay);
  hub.store!.claim(Buffer.from(code, "hex"));
  await order("own", 2 * (ROUNDS + 1) * FRAMES_A_ROUND + PACED_RUNS * PACED_FRAMES);
  await order("joinBare", broker.port!, broker.users.relay);
  let next = 0;
  let reached = () => {};
  hub.store!.events.on("receipted", (_device, receipt) => {
    if (receipt.holes.length === 0) next = receipt.next;
    reached();
  });
  const receipted = (end: number) =>
    new Promise<void>((resolve) => {
      reached = () => {
        if (next >= end) resolve();
      };
      reached();
    });
  return { order, receipted, sent: 0 };
}

async function throughput(
  rig: Rig,
  single: BareSubscriber,
  batched: BareSubscriber,
  context: Context,
): Promise<Row[]> {
  const ours = async (perEnvelope: number) => {
    await rig.order("load", rig.sent, FRAMES_A_ROUND, perEnvelope);
    rig.sent += FRAMES_A_ROUND;
    const receipted = rig.receipted(rig.sent);
    return perSecond(() => Promise.all([rig.order("publish", "hub"), receipted]));
  };
  const theirs = async (subscriber: BareSubscriber) => {
    await rig.order("load", 0, FRAMES_A_ROUND, 1);
    const { stored } = await subscriber.expect(FRAMES_A_ROUND);
    const value = await perSecond(() => Promise.all([rig.order("publish", "bare"), stored]));
    await subscriber.rest();
    return value;
  };
  const values = await interleave(
    ROUNDS,
    {
      one: () => ours(1),
      "mqtt.js subscriber + SQLite insert per message": () => theirs(single),
      many: () => ours(MAX_ENVELOPE_MESSAGES),
      "mqtt.js subscriber + SQLite in batches of 100": () => theirs(batched),
    },
    context.progress,
  );
  const { one, many, ...peers } = values;
  return [
    { name: "ingest/frames-per-second", value: one, unit: "frames/s", peers },
    { name: "ingest/frames-per-second-batched", value: many, unit: "frames/s", peers },
  ];
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  return FRAMES_A_ROUND / (await secondsOf(() => inTime(work(), PATIENCE_MS, "not every frame was stored")));
}

async function latency(rig: Rig, context: Context): Promise<Row[]> {
  const middles: number[] = [];
  const tails: number[] = [];
  for (let run = 1; run <= PACED_RUNS; run++) {
    context.progress(`receipts at ${PACED_PER_SECOND} frames/s, run ${run} of ${PACED_RUNS}`);
    await rig.order("load", rig.sent, PACED_FRAMES, 1);
    const latenciesMs = await rig.order("pace", rig.sent, PACED_PER_SECOND);
    rig.sent += PACED_FRAMES;
    latenciesMs.sort((a, b) => a - b);
    middles.push(latenciesMs[Math.floor(0.5 * PACED_FRAMES)]!);
    tails.push(latenciesMs[Math.floor(0.99 * PACED_FRAMES)]!);
  }
  context.note(
    `receipt times: from publish to the receipt's arrival, both at the publisher, ${PACED_PER_SECOND} frames/s`,
  );
  return [
    { name: "ingest/receipt-p50-ms", value: median(middles), unit: "ms", peers: {} },
    { name: "ingest/receipt-p99-ms", value: median(tails), unit: "ms", peers: {} },
  ];
}
