/**
 * The simulator: handhelds with the real firmware, the real relay, broker and store, in one process and in virtual
 * time, while everything fails that may. A seed decides all of it: the same seed gives the same run in any process.
 *
 * | fault (name for --faults)              | the system must                                          | how it is made                                            |
 * | -------------------------------------- | -------------------------------------------------------- | --------------------------------------------------------- |
 * | loss, duplicate, reorder               | survive: every sample once                               | radio, per notification                                   |
 * | disconnect, absence                    | survive: every sample once                               | radio, at any byte; owners out of reach                   |
 * | fifo                                   | declare: the exact gap                                   | front end delivers late                                   |
 * | overflow                               | declare: the exact gap, the oldest first                 | small ring while nobody collects                          |
 * | power, battery                         | lose at most the block that is being written             | any flash operation, torn as NOR tears; between two       |
 * | broker, relay                          | survive: nothing lost, no hand lent                      | killed at any moment; the broker returns empty            |
 * | store                                  | survive: what was receipted is on disk                   | killed between two commits, and between commit and receipt |
 * | statement                              | survive: no receipt for what was rolled back             | a statement of the transaction fails, or the store dies there |
 * | disk                                   | survive: no receipts meanwhile, recovers by itself       | nothing new fits for a while                              |
 * | clock, drift                           | survive: sample counts stay true                         | the hub's clock jumps, handhelds' run fast or slow        |
 * | reclaim                                | survive: what the new owner records is whole             | claimed again, also while it owes                         |
 * | attack                                 | refuse and count every byte of it                        | radio and MQTT, by somebody who has heard everything      |
 * | clone                                  | detect: an alarm, once two differ for one place          | flash copied, both run                                    |
 *
 * Not here, because SQLite's files cannot be reached from JavaScript: torn writes of the database. They come by cutting
 * its log at every byte, and by kill -9 of a process (test/gateway/store/faults.test.ts, test/e2e/kills.test.ts).
 *
 * After every event (watcher.ts, truth.ts): what is receipted is on disk; nothing is stored twice; nothing is taken
 * that no handheld or store of ours sealed, and no session's message twice; no key and nonce seal two bodies, no LMS leaf
 * signs twice; memory stays within its bounds. At the end (judgement.ts), when all faults are over and everybody is at home: every handheld
 * owes nothing; every sample is kept as its front end gave it, or declared lost; verify agrees; every closed recording,
 * one that mixes a clone's frames among them, stands in the log, which still begins with every checkpoint that a receipt
 * bore; and where the store saw frames of a handheld and of its clone for one recording, it told so.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { MonitorState } from "../../../protocol/command";
import { waitUntil } from "../owner";
import { Random } from "../random";
import { VirtualTime } from "../time";
import { Chronicle, type Violation } from "./chronicle";
import type { Fault } from "./faults";
import { Judgement } from "./judgement";
import { drawPlan, type Plan } from "./plan";
import { Schedule } from "./schedule";
import { bringTrouble } from "./trouble";
import { type Parts, World } from "./world";

export interface SimulateOptions {
  seed: number;
  hours: number;
  faults: ReadonlySet<Fault>;
  /** Planted bugs of a test. */
  parts?: Parts;
  trace?: (line: string) => void;
}

export interface Outcome {
  seed: number;
  ok: boolean;
  violations: Violation[];
  /** SHA-256 over every event; the same for this seed, duration and choice of faults in any process. */
  hash: string;
  events: number;
  handhelds: number;
  /** Faults that this seed met. */
  faults: Fault[];
  counts: Record<string, number>;
  /** Largest sizes of what is bounded. */
  peaks: Record<string, number>;
  virtualSeconds: number;
  wallMs: number;
}

const START_MS = Date.UTC(2026, 10, 23);
const HOUR_MS = 3600_000;
/** After the trouble: handhelds that owe a full ring need minutes. */
const PATIENCE_MS = 30 * 60_000;
/** Two that say to be one may hold each other up for good: nothing is promised but that the store tells. */
const CLONE_PATIENCE_MS = 15_000;
const CLAIM_MS = 20_000;
const CLAIMS = 6;
const LAST_RECORDING_SECONDS = 3;
const LOGGED_MS = 65_000;

export async function simulate(options: SimulateOptions): Promise<Outcome> {
  const began = process.hrtime.bigint();
  const random = new Random(options.seed);
  const plan = drawPlan(random.fork("plan"), options.faults, options.hours * HOUR_MS);
  const parent = fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
  const dataDir = fs.mkdtempSync(path.join(parent, "avnode-simulate-"));
  const time = new VirtualTime(START_MS);
  const chronicle = new Chronicle(options.trace);
  const world = new World(plan, chronicle, random, dataDir, options.parts ?? {});
  const uncaught = (error: Error) => chronicle.violated(`uncaught: ${error.stack}`);
  process.on("uncaughtException", uncaught);
  let virtualSeconds = 0;
  try {
    const life = live(world, plan, random).catch((error: Error) => chronicle.violated(String(error.stack)));
    await time.until(Promise.race([life, chronicle.broken]));
    await time.until(world.close());
  } catch (error) {
    chronicle.violated(String((error as Error).stack));
  } finally {
    process.off("uncaughtException", uncaught);
    virtualSeconds = chronicle.now() / 1000;
    time.restore();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
  const { violations, counts } = chronicle;
  return {
    seed: options.seed,
    ok: violations.length === 0,
    violations,
    ...chronicle.end(),
    handhelds: world.units.length,
    faults: [...plan.faults],
    counts,
    peaks: world.watcher.peaks,
    virtualSeconds,
    wallMs: Number((process.hrtime.bigint() - began) / 1_000_000n),
  };
}

async function live(world: World, plan: Plan, random: Random): Promise<void> {
  const { chronicle } = world;
  await world.open();
  const schedule = new Schedule(plan.durationMs);
  world.live(schedule);
  bringTrouble(world, schedule, random.fork("trouble"));
  await new Promise((resolve) => setTimeout(resolve, plan.durationMs));
  schedule.end();
  await world.heal();
  await claimAll(world);
  const cloned = chronicle.counts["clone"] ? world.clone?.device : undefined;
  await settle(world, cloned);
  // What a power cut let nobody declare is declared by the next recording.
  for (const [i, unit] of world.units.entries())
    if (unit.handheld.monitor?.keys()) world.owners[i]!.record(LAST_RECORDING_SECONDS);
  await new Promise((resolve) => setTimeout(resolve, (LAST_RECORDING_SECONDS + 1) * 1000));
  await settle(world, cloned);
  const owned = world.units.filter((unit) => unit.handheld.monitor?.keys());
  // One that was cloned may send on without end, and each recording that it closes waits a minute for its signature.
  if (cloned !== undefined) world.units[0]!.powerOff();
  const store = world.store.running!;
  store.flush();
  // A closed recording whose signature was lost is logged a minute later without it; so is one that mixes two units'.
  await waitUntil("the log", () => world.watcher.log.isComplete(store.reader), LOGGED_MS, 1000).catch(
    () => {},
  );
  world.watcher.demandReceipted();
  // Only a frame shows that the disk takes frames again, and a cloned handheld alone may have none to give.
  const isHeard = world.units.some(({ device }) => device !== cloned);
  chronicle.demand(store.health.ok || !isHeard, () => `the store is still not well: ${store.health.reason}`);
  const judgement = new Judgement(store.reader, world.truth, chronicle, plan.faults);
  judgement.judge(owned, cloned);
  if (cloned !== undefined)
    judgement.judgeDetection(world.units[0]!, world.clone!, world.watcher.told.get(cloned));
  judgement.judgeRefusals(
    world.watcher.foreign,
    owned.map(({ device }) => device),
  );
  world.watcher.log.judge(store.reader);
  countRadio(world);
}

/** Whoever found no moment to claim her handheld amid the trouble does it now. */
async function claimAll(world: World): Promise<void> {
  for (const [i, unit] of world.units.entries()) {
    const isClaimed = () => unit.handheld.monitor?.keys() !== undefined;
    for (let claims = 0; claims < CLAIMS && !isClaimed(); claims++) {
      world.owners[i]!.claim();
      await waitUntil("the claim", isClaimed, CLAIM_MS, 1000).catch(() => {});
    }
    world.chronicle.demand(isClaimed(), () => `${unit.name} cannot be claimed, with all trouble over`);
  }
}

/** Everybody finishes what runs, and sends it. */
async function settle(world: World, cloned: string | undefined): Promise<void> {
  for (const unit of world.units) unit.handheld.act((monitor) => monitor.stop());
  const owes = ({ handheld: { monitor } }: World["units"][number]) =>
    monitor?.keys() && monitor.state !== MonitorState.idle;
  const owing = () => world.units.filter((unit) => unit.device !== cloned && owes(unit));
  const doubled = world.units.filter(({ device }) => device === cloned);
  await waitUntil("the cloned handheld", () => !doubled.some(owes), CLONE_PATIENCE_MS, 1000).catch(() =>
    world.chronicle.count("cloned handhelds that still owe"),
  );
  await waitUntil("all handhelds to owe nothing", () => owing().length === 0, PATIENCE_MS, 1000).catch(() => {
    const said = owing().map(({ name, handheld }) => {
      const { state, backlog } = handheld.monitor!.status(0, 0);
      return `${name} (state ${state}, backlog ${backlog})`;
    });
    world.chronicle.violated(
      `half an hour after all trouble, with everybody at home, handhelds still owe: ${said.join(", ")}`,
    );
  });
}

function countRadio(world: World): void {
  for (const { radio, handheld } of world.units) {
    const { lost, duplicated, reordered, vanished, disconnects } = radio.counters;
    for (const [name, count] of Object.entries({ lost, duplicated, reordered, vanished, disconnects }))
      world.chronicle.count(name === "disconnects" ? name : `notifications ${name}`, count);
    world.chronicle.count("power cuts", handheld.powerCuts);
  }
}
