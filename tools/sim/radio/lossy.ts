import type { Random } from "../random";

/** Injected time. `after` returns what cancels it. */
export interface Timers {
  now(): number;
  after(ms: number, fn: () => void): () => void;
}

type Range = readonly [from: number, to: number];

/** How bad the link is. Probabilities are 0 to 1; a range is drawn from uniformly each time. */
export interface RadioFaults {
  /** of a notification, or of a write, on its way */
  loss: number;
  /** of a notification arriving once more, later */
  duplicate: number;
  /** of a notification being held back so long that following ones may overtake it */
  reorder: number;
  latencyMs: Range;
  /** how long a connection lasts; without it, until somebody leaves */
  disconnectEveryMs?: Range;
  /** when the central is away, counted from the construction of the radio */
  absences?: readonly { fromMs: number; toMs: number }[];
  /** longest notification and longest write, 20 to 244 */
  notificationBytes: number;
  notificationsPerSecond: number;
  /** connection events, instead of that pace: notifications leave at each, so many at most, and writes arrive at one */
  events?: { intervalMs: number; packets: number };
  /** length of the stack's queue; a notification into a full one vanishes, as on the real thing */
  queue: number;
  /** how long connecting takes */
  connectMs: Range;
}

export const PERFECT: Readonly<RadioFaults> = {
  loss: 0,
  duplicate: 0,
  reorder: 0,
  latencyMs: [0, 0],
  notificationBytes: 244,
  notificationsPerSecond: 10_000,
  queue: 1024,
  connectMs: [0, 0],
};

/** The handheld's side. */
export interface Peripheral {
  /** Never blocks and never tells whether it went. @throws `RADIO_OVERSIZE` */
  notify(bytes: Uint8Array): void;
  /** the longest that {@link notify} takes */
  notificationBytes(): number;
  onConnect: () => void;
  onDisconnect: () => void;
  onWrite: (bytes: Uint8Array) => void;
}

/** The hub's side. */
export interface Central {
  /** A write without response: may be lost. @throws `RADIO_OVERSIZE` */
  write(bytes: Uint8Array): void;
  onConnect: (notificationBytes: number) => void;
  onDisconnect: () => void;
  onNotification: (bytes: Uint8Array) => void;
}

/** A central's stack queues more than a handheld's may. */
const CENTRAL_QUEUE = 6;
/** How many later slots a held-back notification waits at most. */
const HELD_BACK_SLOTS = 4;

/**
 * A lossy link like that of Bluetooth Low Energy, between one handheld and one central, in injected time.
 *
 * It connects by itself while both sides are there. A connection that ends takes everything queued and in flight with
 * it, in both directions. Without `reorder`, first arrivals keep their order. When nothing is under way,
 * notified = delivered - duplicated + lost + vanished.
 */
export class Radio {
  readonly peripheral: Peripheral;
  readonly central: Central;
  readonly counters = {
    notified: 0,
    /** copies included */
    delivered: 0,
    /** on the way, or with the connection */
    lost: 0,
    /** copies delivered */
    duplicated: 0,
    /** originals delivered after a later one */
    reordered: 0,
    /** never queued: the queue was full or nobody connected */
    vanished: 0,
    disconnects: 0,
    written: 0,
    writesDelivered: 0,
    writesLost: 0,
  };

  private powered = true;
  private centralRuns = true;
  private closed = false;
  private absent = 0;
  private link: Link | undefined;
  private cancelConnect: (() => void) | undefined;
  private readonly cancelAbsences: (() => void)[] = [];

  constructor(
    private readonly faults: Readonly<RadioFaults>,
    private readonly timers: Timers,
    private readonly random: Random,
  ) {
    demandSane(faults);
    this.peripheral = {
      notify: (bytes) => this.notify(bytes),
      notificationBytes: () => faults.notificationBytes,
      onConnect: nothing,
      onDisconnect: nothing,
      onWrite: nothing,
    };
    this.central = {
      write: (bytes) => this.write(bytes),
      onConnect: nothing,
      onDisconnect: nothing,
      onNotification: nothing,
    };
    for (const { fromMs, toMs } of faults.absences ?? []) {
      this.cancelAbsences.push(timers.after(fromMs, () => this.leave()));
      this.cancelAbsences.push(timers.after(toMs, () => this.comeBack()));
    }
    this.seek();
  }

  get connected(): boolean {
    return this.link !== undefined;
  }

  /** The handheld is off: the central sees a disconnect, the handheld nothing any more. */
  powerOff(): void {
    this.powered = false;
    this.seek();
  }

  powerOn(): void {
    this.powered = true;
    this.seek();
  }

  /** The hub's program is gone: the handheld sees a disconnect, the central nothing any more. */
  centralOff(): void {
    this.centralRuns = false;
    this.seek();
  }

  /** The central runs (as it does from the start) and connects unless it is absent. */
  centralOn(): void {
    this.centralRuns = true;
    this.seek();
  }

  /** Ends the connection, as either side may; both see it, and it comes back by itself. */
  drop(): void {
    this.disconnect();
    this.seek();
  }

  /** Ends all timers and callbacks; whatever was under way is lost. */
  close(): void {
    this.closed = true;
    for (const cancel of this.cancelAbsences) cancel();
    this.cancelConnect?.();
    this.link?.end();
    this.link = undefined;
  }

  /** The central goes out of range: both sides see the end. As often as it leaves, it has to come back. */
  leave(): void {
    this.absent++;
    this.seek();
  }

  comeBack(): void {
    this.absent--;
    this.seek();
  }

  /** Connects or disconnects as presence demands. */
  private seek(): void {
    if (this.closed) return;
    if (!this.powered || !this.centralRuns || this.absent > 0) {
      this.cancelConnect?.();
      this.cancelConnect = undefined;
      this.disconnect();
    } else if (!this.link && !this.cancelConnect) {
      this.cancelConnect = this.timers.after(this.random.between(this.faults.connectMs), () =>
        this.connect(),
      );
    }
  }

  private connect(): void {
    this.cancelConnect = undefined;
    const link = new Link(this, this.faults, this.timers, this.random);
    this.link = link;
    if (this.faults.disconnectEveryMs) {
      link.after(this.random.between(this.faults.disconnectEveryMs), () => this.drop());
    }
    this.central.onConnect(this.faults.notificationBytes);
    // The central's callback may have ended what it was told of.
    if (this.link === link) this.peripheral.onConnect();
  }

  private disconnect(): void {
    if (!this.link) return;
    this.link.end();
    this.link = undefined;
    this.counters.disconnects++;
    if (this.powered) this.peripheral.onDisconnect();
    if (this.centralRuns) this.central.onDisconnect();
  }

  private notify(bytes: Uint8Array): void {
    this.demandSize("notification", bytes);
    this.counters.notified++;
    if (!this.link?.enqueue(bytes.slice())) this.counters.vanished++;
  }

  private write(bytes: Uint8Array): void {
    this.demandSize("write", bytes);
    this.counters.written++;
    if (!this.link?.carryWrite(bytes.slice())) this.counters.writesLost++;
  }

  private demandSize(what: string, bytes: Uint8Array): void {
    const { notificationBytes } = this.faults;
    if (bytes.length <= notificationBytes) return;
    throw refused(
      "RADIO_OVERSIZE",
      `cannot send a ${what} of ${bytes.length} bytes: at most ${notificationBytes} fit`,
    );
  }
}

/** One connection: everything in it dies with it. */
class Link {
  private readonly queue: Uint8Array[] = [];
  private readonly notifications: (() => void)[] = [];
  private readonly writes: (() => void)[] = [];
  private readonly pending = new Set<() => void>();
  private pumping = false;
  private readonly connectedMs: number;
  private nextSlotMs: number;
  private notificationsUnderWay = 0;
  private writesUnderWay = 0;
  private lastNotificationMs = 0;
  private lastWriteMs = 0;
  private departed = 0;
  private newestArrived = 0;

  constructor(
    private readonly radio: Radio,
    private readonly faults: Readonly<RadioFaults>,
    private readonly timers: Timers,
    private readonly random: Random,
  ) {
    this.connectedMs = timers.now();
    this.nextSlotMs = this.connectedMs;
  }

  /** Like the timers' own, but ends with the connection. */
  after(ms: number, fn: () => void): void {
    const cancel = this.timers.after(ms, () => {
      this.pending.delete(cancel);
      fn();
    });
    this.pending.add(cancel);
  }

  end(): void {
    for (const cancel of this.pending) cancel();
    this.pending.clear();
    this.radio.counters.lost += this.queue.length + this.notificationsUnderWay;
    this.radio.counters.writesLost += this.writesUnderWay;
    this.queue.length = 0;
  }

  /** False when the queue is full. */
  enqueue(bytes: Uint8Array): boolean {
    if (this.queue.length >= this.faults.queue) return false;
    this.queue.push(bytes);
    if (!this.pumping) this.pump();
    return true;
  }

  /** False when it is lost at once: by chance, or because as many writes as the queue is long are under way. */
  carryWrite(bytes: Uint8Array): boolean {
    if (
      this.writesUnderWay >= Math.max(this.faults.queue, CENTRAL_QUEUE) ||
      this.random.chance(this.faults.loss)
    )
      return false;
    this.writesUnderWay++;
    this.lastWriteMs = Math.max(
      this.lastWriteMs,
      this.eventFrom(this.timers.now() + this.random.between(this.faults.latencyMs)),
    );
    this.inLine(this.writes, this.lastWriteMs - this.timers.now(), () => {
      this.writesUnderWay--;
      this.radio.counters.writesDelivered++;
      this.radio.peripheral.onWrite(bytes);
    });
    return true;
  }

  /** The connection event at this time or next, where the link has events. */
  private eventFrom(ms: number): number {
    const { events } = this.faults;
    if (!events) return ms;
    return (
      this.connectedMs + Math.ceil((ms - this.connectedMs) / events.intervalMs - 1e-9) * events.intervalMs
    );
  }

  /** Sends one notification per slot, or what an event takes, until the queue is empty. */
  private pump(): void {
    const { events, notificationsPerSecond } = this.faults;
    const now = this.timers.now();
    this.nextSlotMs = this.eventFrom(Math.max(this.nextSlotMs, now));
    this.pumping = true;
    this.after(this.nextSlotMs - now, () => {
      this.pumping = false;
      this.nextSlotMs += events ? events.intervalMs : 1000 / notificationsPerSecond;
      for (let left = events?.packets ?? 1; left > 0 && this.queue.length > 0; left--)
        this.depart(this.queue.shift()!);
      if (this.queue.length > 0) this.pump();
    });
  }

  private depart(bytes: Uint8Array): void {
    const { loss, duplicate } = this.faults;
    const order = ++this.departed;
    const lost = this.random.chance(loss);
    const copied = this.random.chance(duplicate);
    if (lost) {
      this.radio.counters.lost++;
      return;
    }
    this.notificationsUnderWay++;
    this.travel(() => {
      const { counters, central } = this.radio;
      this.notificationsUnderWay--;
      counters.delivered++;
      if (order < this.newestArrived) counters.reordered++;
      this.newestArrived = Math.max(this.newestArrived, order);
      if (copied) this.copy(bytes.slice());
      central.onNotification(bytes);
    });
  }

  private copy(bytes: Uint8Array): void {
    this.travel(() => {
      this.radio.counters.delivered++;
      this.radio.counters.duplicated++;
      this.radio.central.onNotification(bytes);
    });
  }

  /** Not before the last arrival, unless held back: then later than that, and the following do not wait. */
  private travel(arrive: () => void): void {
    const { latencyMs, reorder, notificationsPerSecond } = this.faults;
    const now = this.timers.now();
    const arrivalMs = Math.max(this.lastNotificationMs, now + this.random.between(latencyMs));
    if (this.random.chance(reorder)) {
      const heldMs = latencyMs[1] + (HELD_BACK_SLOTS * 1000) / notificationsPerSecond;
      this.after(arrivalMs + this.random.next() * heldMs - now, arrive);
    } else {
      this.lastNotificationMs = arrivalMs;
      this.inLine(this.notifications, arrivalMs - now, arrive);
    }
  }

  /** Arrivals that are due at once keep their order, however a clock rounds the waits for them. */
  private inLine(line: (() => void)[], ms: number, arrive: () => void): void {
    line.push(arrive);
    this.after(ms, () => line.shift()!());
  }
}

function demandSane(faults: Readonly<RadioFaults>): void {
  const demand = (name: keyof RadioFaults, holds: boolean, what: string) => {
    if (!holds) throw refused("RADIO_SETTING", `cannot simulate this radio: ${name} must be ${what}`);
  };
  for (const name of ["loss", "duplicate", "reorder"] as const) {
    demand(name, faults[name] >= 0 && faults[name] <= 1, "a probability, 0 to 1");
  }
  for (const name of ["latencyMs", "connectMs", "disconnectEveryMs"] as const) {
    const [from, to] = faults[name] ?? [0, 0];
    demand(name, from >= 0 && from <= to, "a range of milliseconds, the smaller first");
  }
  for (const { fromMs, toMs } of faults.absences ?? []) {
    demand("absences", fromMs >= 0 && fromMs <= toMs, "times in milliseconds, the earlier first");
  }
  const { notificationBytes, notificationsPerSecond, events, queue } = faults;
  demand("notificationBytes", notificationBytes >= 20 && notificationBytes <= 244, "20 to 244");
  demand("notificationsPerSecond", notificationsPerSecond > 0, "above 0");
  if (events) {
    const sane = events.intervalMs >= 7.5 && Number.isInteger(events.packets) && events.packets >= 1;
    demand("events", sane, "an interval of 7.5 ms or more and a whole number of packets");
  }
  demand("queue", Number.isInteger(queue) && queue >= 1, "a whole number, 1 or more");
}

function nothing(): void {}

function refused(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
