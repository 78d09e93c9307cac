/** The hub in numbers, as Prometheus reads them: since the start, without names and without health data. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { CLOSE_CAUSES } from "../radio/radio";
import type { DeviceInfo } from "../store/infos";
import { REFUSALS } from "../store/refusals";
import type { Store } from "../store/store";
import type { HubStatus } from "./status";

/** A group commit waits 20 ms for more frames; a card that wears out takes seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const ADAPTER_STATES = ["starting", "on", "off", "no-permission", "gone", "recovering"] as const;

export interface MetricsOptions {
  /** A relay alone has none. */
  store?: Pick<Store, "events"> & { readonly reader: { devices(): Pick<DeviceInfo, "status">[] } };
  status(): HubStatus;
}

export class Metrics {
  /** One of our own: whatever else in this process uses the library's stays out. */
  private readonly registry = new Registry();
  readonly contentType = this.registry.contentType;
  private readonly unlisten: (() => void)[];
  /** Of the scrape that runs: it costs a look at disk and machine. */
  private status!: HubStatus;

  constructor(private readonly options: MetricsOptions) {
    collectDefaultMetrics({ register: this.registry });
    const { store } = options;
    this.unlisten = store ? this.countStore(store.events) : [];
    if (store) this.readStore(store);
    this.readStatus();
  }

  /** In the text exposition format. */
  text(): Promise<string> {
    this.status = this.options.status();
    return this.registry.metrics();
  }

  close(): void {
    for (const off of this.unlisten) off();
    this.registry.clear();
  }

  private countStore(events: Store["events"]): (() => void)[] {
    const frames = this.counter("avnode_frames_stored_total", "Frames that are on disk since the start.");
    const bytes = this.counter("avnode_stored_bytes_total", "Content of these frames, padding left off.");
    const receipts = this.counter("avnode_receipts_total", "Receipts handed to the broker.");
    const refusals = this.counter("avnode_refusals_total", "Messages refused, by kind.", "kind");
    for (const kind of Object.keys(REFUSALS)) refusals.inc({ kind }, 0);
    const commit = this.histogram("avnode_store_commit_seconds", "A transaction of the store.");
    const answer = this.histogram(
      "avnode_ingest_receipt_seconds",
      "From a frame's arrival at the store to its receipt's departure.",
    );
    return [
      events.on("stored", (stored) => {
        frames.inc(stored.length);
        bytes.inc(stored.reduce((sum, { body }) => sum + body.length, 0));
      }),
      events.on("receipted", () => receipts.inc()),
      events.on("refused", (kind) => refusals.inc({ kind })),
      events.on("committed", ({ commitMs, answeredMs }) => {
        commit.observe(commitMs / 1000);
        for (const ms of answeredMs) answer.observe(ms / 1000);
      }),
    ];
  }

  /** What the store is asked for when it is scraped. */
  private readStore({ reader }: NonNullable<MetricsOptions["store"]>): void {
    const sum = (devices: Pick<DeviceInfo, "status">[]) =>
      devices.reduce((total, device) => total + (device.status?.backlog ?? 0), 0);
    this.gauge(
      "avnode_backlog_frames",
      "Frames that handhelds last said they still hold, all together.",
      () => sum(reader.devices()),
    );
    this.gauge("avnode_handhelds", "Handhelds claimed.", () => reader.devices().length);
    this.gauge("avnode_store_writable", "1 when the disk takes frames.", () =>
      Number(this.status.store?.ok ?? 0),
    );
    this.gauge(
      "avnode_disk_free_bytes",
      "Room where the data lies.",
      () => this.status.store?.disk.freeBytes ?? 0,
    );
    this.total(
      "avnode_store_forgotten_total",
      "Messages given up for want of disk; handhelds send them again.",
      (set) => set(this.status.store?.forgotten ?? 0),
    );
  }

  /** What the hub is asked for when it is scraped; the counters of the radio are its own. */
  private readStatus(): void {
    this.gauge("avnode_handhelds_connected", "Handhelds connected now.", () => this.status.presences.length);
    this.gauge("avnode_healthy", "1 when everything works that should.", () => Number(this.status.ok));
    this.gauge("avnode_broker_connected", "1 with a connection to the broker.", () =>
      Number(this.status.broker.connected),
    );
    this.gauge("avnode_radio_links", "Radio links open now.", () => this.status.radio?.links.length ?? 0);
    this.byLabel("avnode_radio_adapters", "Bluetooth adapters, by state.", "state", (set) => {
      const { adapters = [] } = this.status.radio ?? {};
      for (const state of ADAPTER_STATES) set(adapters.filter((one) => one.state === state).length, state);
    });
    this.byLabel("avnode_limit_ratio", "How full the fullest of each kind is, 0 to 1.", "limit", (set) => {
      // The fullest of each kind is set last.
      for (const { what, permille } of [...this.status.limits].reverse()) set(permille / 1000, what);
    });
    this.total("avnode_radio_connects_total", "Radio links made.", (set) =>
      set(this.status.radio?.connects ?? 0),
    );
    this.total("avnode_radio_link_seconds_total", "How long links lasted, all together.", (set) =>
      set((this.status.radio?.linkMs ?? 0) / 1000),
    );
    this.total(
      "avnode_radio_closes_total",
      "Links that ended or were never made, by cause: each is dialled again.",
      (set) => {
        const { closes = {} } = this.status.radio ?? {};
        for (const cause of CLOSE_CAUSES) set(closes[cause] ?? 0, { cause });
      },
      "cause",
    );
    this.byLabel("avnode_build_info", "The version that runs.", "version", (set) =>
      set(1, this.status.version),
    );
  }

  private counter(name: string, help: string, label?: string): Counter {
    return new Counter({ name, help, labelNames: label ? [label] : [], registers: [this.registry] });
  }

  private histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets: SECONDS, registers: [this.registry] });
  }

  private gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  private byLabel(
    name: string,
    help: string,
    label: string,
    read: (set: (value: number, label: string) => void) => void,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        read((value, word) => this.set({ [label]: word }, value));
      },
    });
  }

  /** A counter that somebody else counts. */
  private total(
    name: string,
    help: string,
    read: (set: (value: number, labels?: Record<string, string>) => void) => void,
    label?: string,
  ): void {
    new Counter({
      name,
      help,
      labelNames: label ? [label] : [],
      registers: [this.registry],
      collect() {
        this.reset();
        read((value, labels = {}) => this.inc(labels, value));
      },
    });
  }
}
