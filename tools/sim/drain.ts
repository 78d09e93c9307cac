/**
 * A backlog on its way in virtual time, while the recording that it belongs to goes on: real firmware, relay, broker and
 * store over a link with connection events.
 */
import { systemClock } from "../../gateway/clock";
import { startHub } from "../../gateway/hub";
import type { StoredFrame } from "../../gateway/store/ingest";
import { decodeData } from "../../protocol/bodies";
import { blockSamples } from "../../protocol/codec/block";
import { MonitorState } from "../../protocol/command";
import { FrameType } from "../../protocol/header";
import { type Lead, RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "./ecg/generator";
import { SimFrontEnd } from "./frontend";
import { type House, openHouse } from "./house";
import { newKeepsake } from "./keepsake";
import { claimIfNew, waitUntil } from "./owner";
import { PERFECT, type RadioFaults } from "./radio/lossy";
import { GeneratedSource, type SampleSource } from "./source";

/** As the reference handheld: 18 bits at a gain of 20, about. */
const RATE = 256;
const COUNTS_PER_MILLIVOLT = 2621;
const NOISE = { baseline: 0.1, mains: 0, muscle: 0.0015 };
const BURST_MS = 250;
/** While the ring fills nobody waits for it. */
const FILL_SPEED = 40;
/** Backlog that is no backlog any more: what a running recording has under way. */
const DRAINED = 8;

export interface DrainOptions {
  dataDir: string;
  seed: number;
  /** Pages of 4 KB. */
  pages: number;
  /** What the handheld's board carries for sure. */
  notificationsPerSecond: number;
}

/** One way that a connection may be. */
export interface Connection {
  intervalMs: number;
  packets: number;
  queue: number;
  notificationBytes: number;
}

export interface Drained {
  seconds: number;
  /** Of backlog and live signal that were stored meanwhile. */
  frames: number;
  notifications: number;
  vanished: number;
  receipts: number;
  /** Sample end to stored, ms, ascending, of every block that ended meanwhile. */
  liveAgesMs: number[];
  /** Backlog at the end. */
  left: number;
}

/** Notifications a second that board and connection carry. */
export function capacityOf(
  perSecond: number,
  { intervalMs, packets, queue }: Omit<Connection, "notificationBytes">,
): number {
  return Math.min(perSecond, (Math.min(packets, queue) * 1000) / intervalMs);
}

export class Drain {
  private constructor(
    private readonly house: House,
    private readonly faults: RadioFaults,
    private readonly source: WatchedSource,
    private readonly speed: { speed: number },
  ) {}

  /** A claimed handheld that records, its hub away. */
  static async begin(options: DrainOptions): Promise<Drain> {
    const { dataDir, seed, notificationsPerSecond } = options;
    const faults: RadioFaults = { ...PERFECT };
    const house = await openHouse({
      keepsake: newKeepsake(seed, { pageBytes: 4096, pages: options.pages, writeBytes: 4 }),
      radio: faults,
      seed,
      notificationsPerSecond,
      startHub: (radio) => startHub({ dataDir, kind: "import", broker: "memory", radio }),
    });
    const ecg = new EcgGenerator({
      rate: RATE,
      bits: 18,
      gainCountsPerMillivolt: COUNTS_PER_MILLIVOLT,
      noiseMillivolts: NOISE,
      seed,
    });
    const source = new WatchedSource(new GeneratedSource(ecg));
    const speed = { burstMs: BURST_MS, speed: 1 };
    house.handheld.powerOn(new SimFrontEnd(source, systemClock, speed));
    await claimIfNew(house.handheld, house.store);
    house.radio.leave();
    house.handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
    return new Drain(house, faults, source, speed);
  }

  /** Goes on recording without a hub for so long. */
  async away(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Ends the recording that it began with, and makes so many short ones instead, its hub away. */
  async records(count: number, seconds: number): Promise<void> {
    const { handheld } = this.house;
    handheld.act((monitor) => monitor.stop());
    for (let i = 0; i < count; i++) {
      await this.away(2000);
      handheld.act((monitor) => monitor.start(RecordingMode.fixed, seconds));
      const hasEnded = () => handheld.monitor!.status(0, 0).state !== MonitorState.recording;
      await waitUntil("its end", hasEnded, 1000 * (seconds + 60));
    }
  }

  backlog(): number {
    return this.house.handheld.monitor!.status(0, 0).backlog;
  }

  /** Records without a hub. @param enough e.g. a backlog of so many frames */
  async fill(enough: (permille: number) => boolean): Promise<void> {
    this.speed.speed = FILL_SPEED;
    const { monitor } = this.house.handheld;
    await waitUntil("the backlog", () => enough(monitor!.status(0, 0).ringPermille), 10 * 86_400_000, 1000);
    this.speed.speed = 1;
    // The samples that were in a hurry are in flash then.
    await this.away(3000);
  }

  /** The hub comes, over such a connection. @param forMs ends it early */
  async drain(connection: Connection, forMs = Number.POSITIVE_INFINITY): Promise<Drained> {
    const { store, radio } = this.house;
    const { intervalMs, packets, queue, notificationBytes } = connection;
    Object.assign(this.faults, { events: { intervalMs, packets }, queue, notificationBytes });
    const liveFrom = this.source.total;
    const beganAt = Date.now();
    const before = { ...radio.counters };
    const ages: number[] = [];
    let frames = 0;
    let receipts = 0;
    store.events.on("stored", (stored) => {
      frames += stored.length;
      for (const frame of stored) {
        const end = endOf(frame);
        if (end > liveFrom + RATE) ages.push(Date.now() - this.source.timeOf(end));
      }
    });
    store.events.on("receipted", () => {
      receipts++;
    });
    radio.comeBack();
    const drained = () => this.backlog() <= DRAINED || Date.now() - beganAt >= forMs;
    await waitUntil("the backlog to be receipted", drained, 30 * 86_400_000, 250);
    const result = {
      seconds: (Date.now() - beganAt) / 1000,
      frames,
      notifications: radio.counters.delivered - before.delivered,
      vanished: radio.counters.vanished - before.vanished,
      receipts,
      liveAgesMs: ages.sort((a, b) => a - b),
      left: this.backlog(),
    };
    radio.leave();
    return result;
  }

  async end(): Promise<void> {
    await this.house.close();
  }
}

const SHAPE = { leads: 1, bits: 18, nominal: RATE };

/** Samples up to the end of its block. */
function endOf({ header, body }: StoredFrame): number {
  if (header.type !== FrameType.data) return 0;
  const { firstSample, block } = decodeData(body);
  return firstSample + blockSamples(block, SHAPE);
}

/** Knows when which sample was taken, while the source runs as a heart does. */
class WatchedSource implements SampleSource {
  readonly name: string;
  readonly rateNum: number;
  readonly rateDen: number;
  readonly bits: number;
  readonly leads: Lead[];
  total = 0;
  private readAt = 0;

  constructor(private readonly source: SampleSource) {
    this.name = source.name;
    this.rateNum = source.rateNum;
    this.rateDen = source.rateDen;
    this.bits = source.bits;
    this.leads = source.leads;
  }

  left(): number {
    return this.source.left();
  }

  read(count: number): Int32Array[] {
    this.total += count;
    this.readAt = Date.now();
    return this.source.read(count);
  }

  timeOf(sample: number): number {
    return this.readAt - ((this.total - sample) / RATE) * 1000;
  }
}
