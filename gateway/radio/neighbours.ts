/**
 * Whoever advertises our service: how often it failed, and whose turn it is. An attacker may say any number of addresses,
 * so memory is bounded in three tiers, and what happens in one takes no place from the tiers above it.
 */
import type { Advertisement } from "./central";

export interface Neighbour {
  readonly address: string;
  readonly firstAt: number;
  heardAt: number;
  name?: string;
  /** False for seconds after somebody had its connection and proved nothing (firmware/strangers.ts). */
  connectable: boolean;
  /** By adapter: where it was heard last. */
  readonly heard: Map<string, { rssi: number; at: number }>;
  /** In a row, since it was last worth a link. */
  failures: number;
  failedAt: number;
  waitMs: number;
  /** Adapter of the newest failure. */
  failedOn?: string;
  /** Unix ms when the store last answered what only a handheld of its own could have said here. */
  provedAt?: number;
  /** Where and when its newest link ended: it should be heard again there, as long as it stays in the house. */
  left?: { adapter: string; at: number };
  /** Dialled or connected: never forgotten meanwhile. */
  held: boolean;
}

/** Handhelds of the house; each lasts until as many others proved themselves after it. */
const MAX_KNOWN = 64;
/** Heard again after a while, as handhelds are and most made-up addresses are not. */
const MAX_STEADY = 192;
/** Heard for the first time just now. */
const MAX_PASSING = 64;
const STEADY_AFTER_MS = 1000;
const SILENT_MS = 10000;
const FORGET_MS = 3600000;
/** Not heard because somebody was connected: shorter than a handheld bears that, longer than a dial in vain for it. */
const TAKEN_MS = 6000;
/** An address that proved itself and failed so often since waits among strangers again: others can borrow it. */
const KNOWN_FAILURES = 6;
const MAX_NAME = 32;

export class Neighbours {
  private readonly known = new Map<string, Neighbour>();
  private readonly steady = new Map<string, Neighbour>();
  private readonly passing = new Map<string, Neighbour>();

  get size(): number {
    return this.known.size + this.steady.size + this.passing.size;
  }

  find(address: string): Neighbour | undefined {
    return this.known.get(address) ?? this.steady.get(address) ?? this.passing.get(address);
  }

  all(): Neighbour[] {
    return [...this.known.values(), ...this.steady.values(), ...this.passing.values()];
  }

  heard(adapter: string, seen: Advertisement, now: number): Neighbour {
    const { address, rssi } = seen;
    const neighbour = this.find(address) ?? this.meet(address, now);
    // It takes somebody in a moment, and whoever had it waits for that, too: a wait for any other reason is over. Not for
    // an address that goes on saying so in vain: others may have borrowed it.
    const wasAway = neighbour.provedAt !== undefined && Math.abs(now - neighbour.heardAt) >= TAKEN_MS;
    if (!seen.connectable && (wasAway || this.isKnown(neighbour))) neighbour.waitMs = 0;
    neighbour.heardAt = now;
    neighbour.connectable = seen.connectable;
    // Any stranger may choose it, and terminals show it.
    if (seen.name !== undefined) neighbour.name = seen.name.replace(/[^ -~]/g, "").slice(0, MAX_NAME);
    neighbour.heard.set(adapter, { rssi, at: now });
    if (this.passing.has(address)) {
      this.passing.delete(address);
      if (Math.abs(now - neighbour.firstAt) >= STEADY_AFTER_MS) this.settle(neighbour);
      else this.passing.set(address, neighbour);
    }
    return neighbour;
  }

  proved(neighbour: Neighbour, now: number): void {
    neighbour.provedAt = now;
    neighbour.failures = 0;
    this.passing.delete(neighbour.address);
    this.steady.delete(neighbour.address);
    // Last in the order: the first one is who proved itself longest ago.
    this.known.delete(neighbour.address);
    this.known.set(neighbour.address, neighbour);
    if (this.known.size > MAX_KNOWN) forgetFirst(this.known);
  }

  isKnown({ provedAt, failures }: Neighbour): boolean {
    return provedAt !== undefined && failures < KNOWN_FAILURES;
  }

  /** Until it may be dialled again, ms. */
  waitOf({ failures, failedAt, waitMs }: Neighbour, now: number): number {
    return failures === 0 ? 0 : Math.max(0, waitMs - Math.abs(now - failedAt));
  }

  /** Those heard within `withinMs` whose wait is over, whoever waits longest first; known ones before strangers. */
  waiting(now: number, withinMs: number): { known: Neighbour[]; strangers: Neighbour[] } {
    const ready = (neighbour: Neighbour) =>
      !neighbour.held && Math.abs(now - neighbour.heardAt) <= withinMs && this.waitOf(neighbour, now) === 0;
    const queue = (tier: Map<string, Neighbour>) =>
      [...tier.values()].filter(ready).sort((a, b) => waitsSince(a) - waitsSince(b));
    const proved = queue(this.known);
    return {
      known: proved.filter((neighbour) => this.isKnown(neighbour)),
      strangers: [
        ...proved.filter((neighbour) => !this.isKnown(neighbour)),
        ...queue(this.steady),
        ...queue(this.passing),
      ],
    };
  }

  /** A handheld that proved itself should be heard by this adapter: it was, or was connected through it, within `withinMs`. */
  expects(adapter: string, now: number, withinMs: number): boolean {
    const isNew = (at: number | undefined) => at !== undefined && Math.abs(now - at) <= withinMs;
    for (const { held, heard, left } of this.known.values())
      if (!held && (isNew(heard.get(adapter)?.at) || (left?.adapter === adapter && isNew(left.at))))
        return true;
    return false;
  }

  /** What an adapter heard that is gone is no reason to dial or to wait any more. */
  drop(adapter: string): void {
    for (const { heard } of this.all()) heard.delete(adapter);
  }

  forgetOld(now: number): void {
    for (const tier of [this.known, this.steady, this.passing])
      for (const { address, held, heardAt } of tier.values())
        if (!held && Math.abs(now - heardAt) > FORGET_MS) tier.delete(address);
  }

  private meet(address: string, now: number): Neighbour {
    const neighbour: Neighbour = {
      address,
      firstAt: now,
      heardAt: now,
      connectable: false,
      heard: new Map(),
      failures: 0,
      failedAt: 0,
      waitMs: 0,
      held: false,
    };
    this.passing.set(address, neighbour);
    if (this.passing.size > MAX_PASSING) forgetFirst(this.passing);
    return neighbour;
  }

  private settle(neighbour: Neighbour): void {
    this.steady.set(neighbour.address, neighbour);
    if (this.steady.size <= MAX_STEADY) return;
    const now = neighbour.heardAt;
    let worst = neighbour;
    for (const other of this.steady.values()) if (!other.held && isWorse(other, worst, now)) worst = other;
    this.steady.delete(worst.address);
  }
}

/** Gone silent, then failed more often, then newer: those who wait longest must stay until it is their turn. */
function isWorse(a: Neighbour, b: Neighbour, now: number): boolean {
  const isSilent = ({ heardAt }: Neighbour) => Math.abs(now - heardAt) > SILENT_MS;
  if (isSilent(a) !== isSilent(b)) return isSilent(a);
  return a.failures === b.failures ? a.firstAt > b.firstAt : a.failures > b.failures;
}

function waitsSince({ failures, failedAt, waitMs, firstAt }: Neighbour): number {
  return failures === 0 ? firstAt : failedAt + waitMs;
}

function forgetFirst(tier: Map<string, Neighbour>): void {
  for (const [address, { held }] of tier)
    if (!held) {
      tier.delete(address);
      return;
    }
}
