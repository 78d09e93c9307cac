/** An open link: writes at a pace that a handheld bears, an end to silence, an end with its cause. */
import type { Clock } from "../clock";
import type { DialledLink } from "./bluetooth";
import type { OpenLink } from "./dial";
import { LINK_PACE, PacedWrites } from "./pace";
import type { CloseCause } from "./radio";

export interface LinkLimits {
  /**
   * A handheld whose store is known to it says how it is every 60 s, another one hello every 3 s (firmware/link.ts):
   * two and a half statuses. The link is let go of within a quarter more.
   */
  silenceMs: number;
  writeMs: number;
  rssiEveryMs: number;
}

export const LINK_LIMITS: Readonly<LinkLimits> = {
  silenceMs: 150_000,
  writeMs: 5_000,
  rssiEveryMs: 30_000,
};
const SILENCE_TICKS = 4;

export class BluetoothLink implements DialledLink {
  onNotification: (bytes: Uint8Array) => void = () => {};
  onClosed: (cause: CloseCause) => void = () => {};
  /** Writes that the queue could not take, or that outgrew what one write carries. */
  dropped = 0;
  /** dBm, as last read. */
  rssi?: number;
  private closed = false;
  private started = false;
  private readonly writes: PacedWrites;
  private quietTicks = 0;
  private readonly timers = new Map<string, () => void>();

  constructor(
    readonly id: string,
    private readonly open: OpenLink,
    private readonly clock: Clock,
    private readonly limits: LinkLimits = LINK_LIMITS,
  ) {
    this.writes = new PacedWrites(clock, LINK_PACE, (bytes) => this.send(bytes));
  }

  get notificationBytes(): number {
    return this.open.link.payloadBytes;
  }

  start(): void {
    if (this.closed || this.started) return;
    this.started = true;
    const { link, early, ended } = this.open;
    link.onNotification = (bytes) => this.notified(bytes);
    // We ended it either way: the HCI code would be that of our own host, as if another of its programs had done so.
    link.onClosed = (reason) => this.end(link.refused ? "refused" : causeOf(reason));
    this.watchSilence();
    for (const bytes of early.splice(0)) this.notified(bytes);
    if (ended) this.end(link.refused ? "refused" : causeOf(ended.reason));
    if (!this.closed) this.askRssi();
  }

  write(bytes: Uint8Array): void {
    if (!this.closed && !this.writes.push(bytes)) this.dropped++;
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
    this.quietTicks = 0;
    this.onNotification(bytes);
  }

  /** One timer for all notifications: there are a hundred a second. The relay waits less long for the first. */
  private watchSilence(): void {
    this.arm("silence", this.limits.silenceMs / SILENCE_TICKS, () => {
      if (++this.quietTicks > SILENCE_TICKS) this.close("silence");
      else this.watchSilence();
    });
  }

  private async send(bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.notificationBytes) {
      this.dropped++;
      return;
    }
    this.arm("write", this.limits.writeMs, () => this.close("write"));
    try {
      await this.open.link.write(bytes);
      this.disarm("write");
    } catch {
      this.close("write");
    }
  }

  /** A question without an answer by the time of the next one leaves no value: the last would look like today's. */
  private askRssi(): void {
    let answer: number | undefined;
    this.arm("rssi", this.limits.rssiEveryMs, () => {
      this.rssi = answer;
      this.askRssi();
    });
    this.open.link.rssi().then(
      (rssi) => {
        answer = rssi;
        if (!this.closed) this.rssi = rssi;
      },
      () => {},
    );
  }

  private end(cause: CloseCause): void {
    if (this.closed) return;
    this.closed = true;
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
    this.writes.close();
    this.onClosed(cause);
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
