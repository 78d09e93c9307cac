/**
 * What runs full, as JSON on a retained topic for whoever automates a house: protocol/README.md. A handheld goes by its name
 * on the air, as in all topics; nothing of the ECG.
 */
import type { Clock } from "../clock";
import type { Limit, LimitName } from "../health/limits";
import type { DataKind } from "../store/claims";

/** Said again so often, so that what a broker retains of a hub that is gone does not stand for the present. */
const AGAIN_MS = 5 * 60_000;
/** How long a message holds. */
const HOLDS_MS = 15 * 60_000;
/** The fullest ones; some 300 bytes each. */
const MAX_LIMITS = 256;

export interface LimitsMessage {
  v: 1;
  type: "avnode/limits";
  /** "demo" and "import" hold nobody's heart. */
  kind: DataKind;
  /** Unix ms: when it was so, and until when it may be believed. */
  at: number;
  until: number;
  limits: {
    limit: LimitName;
    alias?: string;
    level: Limit["level"];
    /** 0 to 1. */
    share: number;
    /** Unix ms: since when it has that level, and when it was measured. */
    since: number;
    at: number;
    advice?: string;
  }[];
}

export class LimitTopic {
  private told = "";
  private toldAt = Number.NEGATIVE_INFINITY;

  /** @param publish retained; returns whether it went out */
  constructor(
    private readonly kind: DataKind,
    private readonly publish: (payload: Buffer) => boolean,
    private readonly clock: Clock,
  ) {}

  /** Another connection, perhaps to a broker that knows nothing any more: said again at the next look. */
  forget(): void {
    this.told = "";
  }

  /** Says what changed by a hundredth or in its level, and all of it every five minutes. */
  tell(limits: Limit[]): void {
    const now = this.clock.now();
    const said = limits
      .slice(0, MAX_LIMITS)
      .map(({ what: limit, alias, level, permille, since, at, advice }) => ({
        ...{ limit, alias, level, share: Math.floor(permille / 10) / 100, since, at, advice },
      }));
    const news = JSON.stringify(said.map(({ at: _, ...one }) => one));
    if (news === this.told && Math.abs(now - this.toldAt) < AGAIN_MS) return;
    const { kind } = this;
    const message: LimitsMessage = {
      ...{ v: 1, type: "avnode/limits", kind, at: now, until: now + HOLDS_MS },
      limits: said,
    };
    if (!this.publish(Buffer.from(JSON.stringify(message)))) return;
    this.told = news;
    this.toldAt = now;
  }
}
