/**
 * Handhelds that stream for a while over the virtual radio to a hub with the real stack, and what came of it: whether
 * the store has every sample, and what the hub's process took for it.
 */
import { finish, keptOf } from "../sim/radio/completeness";
import type { HubProcess } from "../sim/radio/hubprocess";
import type { HubUsage } from "../sim/radio/hubprogram";
import type { UnitStatus } from "../sim/radio/messages";
import { Rig } from "../sim/radio/rig";
import type { UnitProcess } from "../sim/radio/unitprocess";

const HUB = "d0:00:00:00:00:01";
export const RATE = 256;
const LOOK_MS = 5000;
/** Until a third of the time code is compiled and caches fill; the sixth behind it is held against the last. */
const WARM = 1 / 3;
const WINDOW = 1 / 6;

export interface StreamSettings {
  handhelds: number;
  seconds: number;
  seed: number;
  /** Folder to lay a folder in; short. */
  parent?: string;
  /** Every five seconds. */
  told?(look: Look): void;
}

/** The hub's process at one moment. */
export interface Look {
  /** Since the recordings began. */
  seconds: number;
  rssBytes: number;
  heapBytes: number;
  /** Buffers and what else lies beside the heap. */
  externalBytes: number;
  /** Of a core, since the look before. */
  cpuPercent: number;
  links: number;
}

/** A quantity of memory behind the warm-up and at the end. */
export interface Growth {
  earlyBytes: number;
  lateBytes: number;
  percent: number;
}

export interface Streamed {
  /** Per lead, of all handhelds: given to their front ends, and held by the store. */
  samplesTaken: number;
  samplesKept: number;
  /** Numbered by the handhelds, and held by the store. */
  framesSealed: number;
  framesStored: number;
  /** One line for each recording that is not whole, bit for bit. */
  faults: string[];
  /** Resident memory of the hub: means of windows, as it runs. */
  rss: Growth;
  /** Heap and buffers that are in use, after a garbage collection behind each window. */
  live: Growth;
  /** Of one core, over the whole time. */
  cpuPercent: { hub: number; air: number; handhelds: number };
  notificationsPerSecond: number;
  /** That found the handheld's queue full; the frames in them went again. */
  notificationsVanished: number;
  reconnects: number;
}

/** @throws when a handheld cannot be claimed, or ends; with the hub's last words */
export async function stream(settings: StreamSettings): Promise<Streamed> {
  const rig = await Rig.open(settings.seed, {}, settings.parent);
  const hub = rig.hub([HUB]);
  try {
    await hub.start();
    const booting = Array.from({ length: settings.handhelds }, (_, index) => booted(rig, index + 1));
    const units = await Promise.all(booting);
    for (const unit of units) await hub.claim(unit);
    return await measure(units, hub, settings);
  } catch (error) {
    throw new Error(`${(error as Error).message}; the hub said last:\n${hub.log()}`, { cause: error });
  } finally {
    await rig.close();
  }
}

function booted(rig: Rig, number: number): Promise<UnitProcess> {
  const address = `c0:00:00:00:00:${number.toString(16).padStart(2, "0")}`;
  return rig.unit(`unit-${number}`, address, { source: { ecg: { seed: rig.seed + number, rate: RATE } } });
}

async function measure(units: UnitProcess[], hub: HubProcess, settings: StreamSettings): Promise<Streamed> {
  for (const unit of units) await unit.tell({ do: "start" });
  const begin = await momentOf(units, hub);
  const { looks, early, late } = await watch(hub, settings);
  const end = await momentOf(units, hub);
  const ends = await Promise.all(units.map(finish));
  // Reading blocks this process and the air in it: nobody streams any more.
  const verdict = judge(units, ends, hub);
  const seconds = (end.atMs - begin.atMs) / 1000;
  const percent = (of: (moment: Moment) => number) => (of(end) - of(begin)) / 1e4 / seconds;
  const sum = (moment: Moment, of: (status: UnitStatus) => number) =>
    moment.units.reduce((total, status) => total + of(status), 0);
  const since = (of: (status: UnitStatus) => number) => sum(end, of) - sum(begin, of);
  const vanished = since(({ radio }) => radio.vanished);
  const warm = Math.ceil(looks.length * WARM);
  const window = Math.ceil(looks.length * WINDOW);
  const rss = looks.map(({ rssBytes }) => rssBytes);
  return {
    ...verdict,
    rss: growth(mean(rss.slice(warm, warm + window)), mean(rss.slice(-window))),
    live: growth(liveBytes(early), liveBytes(late)),
    cpuPercent: {
      hub: percent(({ usage }) => usage.cpuMicros),
      air: percent(({ ownMicros }) => ownMicros),
      handhelds: percent((moment) => sum(moment, ({ cpuMicros }) => cpuMicros)),
    },
    notificationsPerSecond: (since(({ radio }) => radio.notified) - vanished) / seconds,
    notificationsVanished: vanished,
    reconnects: end.usage.status.connects - begin.usage.status.connects,
  };
}

interface Moment {
  atMs: number;
  usage: HubUsage;
  units: UnitStatus[];
  /** CPU time of this process, which bears the air. */
  ownMicros: number;
}

async function momentOf(units: UnitProcess[], hub: HubProcess): Promise<Moment> {
  const [usage, ...statuses] = await Promise.all([hub.usage(), ...units.map((unit) => unit.status())]);
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), usage, units: statuses, ownMicros: user + system };
}

/** Looks at the hub until the time is over. */
async function watch(
  hub: HubProcess,
  { seconds, told }: StreamSettings,
): Promise<{ looks: Look[]; early: HubUsage; late: HubUsage }> {
  const looks: Look[] = [];
  let early: HubUsage | undefined;
  let before = { atMs: performance.now(), cpuMicros: (await hub.usage()).cpuMicros };
  const beginMs = before.atMs;
  while (before.atMs < beginMs + 1000 * seconds) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { status, memory, cpuMicros } = await hub.usage();
    const atMs = performance.now();
    const look = {
      seconds: (atMs - beginMs) / 1000,
      rssBytes: memory.rss,
      heapBytes: memory.heapUsed,
      externalBytes: memory.external,
      cpuPercent: (cpuMicros - before.cpuMicros) / 10 / (atMs - before.atMs),
      links: status.links.length,
    };
    before = { atMs, cpuMicros };
    looks.push(look);
    told?.(look);
    if (!early && look.seconds >= seconds * (WARM + WINDOW)) early = await hub.usage(true);
  }
  const late = await hub.usage(true);
  return { looks, early: early ?? late, late };
}

function judge(units: UnitProcess[], ends: UnitStatus[], hub: HubProcess) {
  const verdict = {
    ...{ samplesTaken: 0, samplesKept: 0, framesSealed: 0, framesStored: 0 },
    faults: [] as string[],
  };
  for (const [index, unit] of units.entries()) {
    const end = ends[index]!;
    verdict.samplesTaken += end.witnessed.samples;
    try {
      const { info, gaps, samples, problems } = keptOf(unit, end, hub);
      verdict.samplesKept += samples.samples;
      verdict.framesSealed += info.frames + info.holes;
      verdict.framesStored += info.frames;
      const isWhole =
        info.state === "closed" &&
        info.holes + info.dropped + info.flags.length + gaps.length + problems.length === 0;
      if (!isWhole) verdict.faults.push(`handheld ${index + 1}: ${JSON.stringify({ info, gaps, problems })}`);
      else if (JSON.stringify(samples) !== JSON.stringify(end.witnessed))
        verdict.faults.push(`handheld ${index + 1}: other samples than its front end was given`);
    } catch (error) {
      verdict.faults.push(`handheld ${index + 1}: ${(error as Error).message}`);
    }
  }
  return verdict;
}

function liveBytes({ memory }: HubUsage): number {
  return memory.heapUsed + memory.external;
}

function growth(earlyBytes: number, lateBytes: number): Growth {
  return { earlyBytes, lateBytes, percent: 100 * (lateBytes / earlyBytes - 1) };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
