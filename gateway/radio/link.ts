/** An open link: writes at a pace that a handheld bears, an end to silence, an end with its cause. */
import type { Clock } from "../clock";
import type { OpenLink } from "./dial";
import type { CloseCause, LinkStatus, RadioLink } from "./radio";

export interface LinkLimits {
  /** A handheld says hello as soon as it is connected, and again every 3 s. */
  firstFrameMs: number;
  /**
   * A handheld whose store is known to it says how it is every 60 s, another one hello every 3 s (firmware/link.ts):
   * two and a half statuses. The link is let go of within a quarter more.
   */
  silenceMs: number;
  writeMs: number;
  rssiEveryMs: number;
  /** A handheld looks at 30 writes a second before the store has proved itself, and ends the link at 60. */
  writesPerSecond: number;
  burst: number;
  queueBytes: number;
  queueMessages: number;
}

export const LINK_LIMITS: Readonly<LinkLimits> = {
  firstFrameMs: 5_000,
  silenceMs: 150_000,
  writeMs: 5_000,
  rssiEveryMs: 30_000,
  writesPerSecond: 20,
  burst: 8,
  queueBytes: 65_536,
  queueMessages: 1_024,
};
const SILENCE_TICKS = 4;

export interface LinkEvents {
  onNotification(link: BluetoothLink, bytes: Uint8Array): void;
  /** Once. */
  onClosed(link: BluetoothLink, cause: CloseCause): void;
}

export class BluetoothLink implements RadioLink {
  /** Writes that the queue could not take, or that outgrew what one write carries. */
  dropped = 0;
  private readonly since: number;
  private lastRssi?: number;
  private closed = false;
  private started = false;
  private heard = false;
  private readonly queue: Uint8Array[] = [];
  private queued = 0;
  private writing = false;
  private tokens: number;
  private quietTicks = 0;
  private readonly timers = new Map<string, () => void>();

  constructor(
    readonly id: string,
    readonly adapter: string,
    private readonly open: OpenLink,
    private readonly events: LinkEvents,
    private readonly clock: Clock,
    private readonly limits: LinkLimits = LINK_LIMITS,
  ) {
    this.since = clock.now();
    this.tokens = limits.burst;
  }

  get address(): string {
    return this.open.link.address;
  }

  get notificationBytes(): number {
    return this.open.link.payloadBytes;
  }

  status(): LinkStatus {
    const { id, adapter, since, notificationBytes } = this;
    return { id, adapter, since, notificationBytes, rssi: this.lastRssi };
  }

  /** Delivers what came already, then what comes. */
  start(): void {
    if (this.closed || this.started) return;
    this.started = true;
    const { link, early, ended } = this.open;
    link.onNotification = (bytes) => this.notified(bytes);
    link.onClosed = (reason) => this.end(causeOf(reason));
    this.arm("first-frame", this.limits.firstFrameMs, () => this.close("first-frame"));
    for (const bytes of early.splice(0)) this.notified(bytes);
    if (ended) this.end(causeOf(ended.reason));
    if (!this.closed) this.askRssi();
  }

  write(bytes: Uint8Array): void {
    if (this.closed) return;
    const { queueBytes, queueMessages } = this.limits;
    if (this.queue.length >= queueMessages || this.queued + bytes.length > queueBytes) {
      this.dropped++;
      return;
    }
    this.queue.push(bytes);
    this.queued += bytes.length;
    this.pump();
  }

  close(cause: CloseCause): void {
    if (this.closed) return;
    this.open.link.onNotification = () => {};
    this.open.link.onClosed = () => {};
    if (!this.open.ended) this.open.link.disconnect();
    this.end(cause);
  }

  private notified(bytes: Uint8Array): void {
    if (this.closed) return;
    if (!this.heard) {
      this.disarm("first-frame");
      this.heard = true;
      this.watchSilence();
    }
    this.quietTicks = 0;
    this.events.onNotification(this, bytes);
  }

  /** One timer for all notifications: there are a hundred a second. */
  private watchSilence(): void {
    this.arm("silence", this.limits.silenceMs / SILENCE_TICKS, () => {
      if (++this.quietTicks > SILENCE_TICKS) this.close("silence");
      else this.watchSilence();
    });
  }

  private pump(): void {
    while (!this.closed && !this.writing && this.queue.length > 0 && this.tokens > 0) {
      const bytes = this.queue.shift()!;
      this.queued -= bytes.length;
      if (bytes.length > this.notificationBytes) {
        this.dropped++;
        continue;
      }
      this.tokens--;
      this.send(bytes);
    }
    if (!this.closed && this.tokens < this.limits.burst && !this.timers.has("pace")) this.refill();
  }

  private refill(): void {
    this.arm("pace", 1000 / this.limits.writesPerSecond, () => {
      this.tokens++;
      this.pump();
    });
  }

  private send(bytes: Uint8Array): void {
    this.writing = true;
    this.arm("write", this.limits.writeMs, () => this.close("write"));
    this.open.link.write(bytes).then(
      () => {
        if (this.closed) return;
        this.writing = false;
        this.disarm("write");
        this.pump();
      },
      () => this.close("write"),
    );
  }

  /** An answer that never comes costs nothing but the next question. */
  private askRssi(): void {
    this.open.link.rssi().then(
      (rssi) => {
        if (this.closed) return;
        this.lastRssi = rssi;
        this.arm("rssi", this.limits.rssiEveryMs, () => this.askRssi());
      },
      () => {},
    );
  }

  private end(cause: CloseCause): void {
    if (this.closed) return;
    this.closed = true;
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
    this.queue.length = 0;
    this.queued = 0;
    this.events.onClosed(this, cause);
  }

  private arm(name: string, ms: number, run: () => void): void {
    this.disarm(name);
    this.timers.set(
      name,
      this.clock.after(ms, () => {
        this.timers.delete(name);
        run();
      }),
    );
  }

  private disarm(name: string): void {
    this.timers.get(name)?.();
    this.timers.delete(name);
  }
}

/** Remote user, low resources, power off: Core 5.4 Vol 1 Part F 1.3. */
const PEER_REASONS = [0x13, 0x14, 0x15];

/** @param reason HCI error code; without one the adapter went */
export function causeOf(reason: number | undefined): CloseCause {
  if (reason === undefined) return "adapter";
  return PEER_REASONS.includes(reason) ? "peer" : "lost";
}
