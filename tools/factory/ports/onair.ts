/** Who is on the air, by address: since when, and how near. */
import type { Advertisement } from "../../../gateway/radio/central";

/** Who was silent for so long is gone; if it is heard again, it started anew. */
const STALE_MS = 15_000;
/** dBm: beside the adapter, and not across the room. */
const NEAR = -55;
const MAX_HEARD = 1024;

/** Times are Unix ms. */
export interface Heard {
  firstAt: number;
  at: number;
  /** When it was near; 0 for never. */
  nearAt: number;
  /** dBm. */
  rssi: number;
}

export class OnAir {
  private readonly heard = new Map<string, Heard>();

  constructor(readonly staleMs = STALE_MS) {}

  hears({ address, rssi }: Pick<Advertisement, "address" | "rssi">): void {
    const now = Date.now();
    const before = this.lately(address);
    const nearAt = rssi >= NEAR ? now : (before?.nearAt ?? 0);
    this.heard.delete(address);
    this.heard.set(address, { firstAt: before?.firstAt ?? now, at: now, nearAt, rssi });
    if (this.heard.size > MAX_HEARD) this.heard.delete(this.heard.keys().next().value as string);
  }

  /** Undefined for whoever is gone. */
  lately(address: string): Heard | undefined {
    const heard = this.heard.get(address);
    return heard && Date.now() - heard.at <= this.staleMs ? heard : undefined;
  }

  all(): [string, Heard][] {
    const since = Date.now() - this.staleMs;
    return [...this.heard].filter(([, { at }]) => at >= since);
  }
}
