/** The Bluetooth adapters of the house as one radio: which handheld is dialled when, and through which of them. */
import { type Clock, systemClock } from "../clock";
import { type Log, silentLog } from "../store/log";
import { ADAPTER_LIMITS, Adapter, type AdapterLimits } from "./adapter";
import { retryDelay } from "./backoff";
import type { Advertisement, Central, CentralState } from "./central";
import { type Neighbour, Neighbours } from "./neighbours";
import type {
  CloseCause,
  LinkStatus,
  NearbyStatus,
  Radio,
  RadioHandlers,
  RadioLink,
  RadioStatus,
} from "./radio";

/** What a dial gives: the relay's link with its events. */
export interface DialledLink extends RadioLink {
  /** dBm, as last read. */
  readonly rssi?: number;
  /** Set before anything else happens to the link. */
  onNotification: (bytes: Uint8Array) => void;
  /** Once, whoever ended it. */
  onClosed: (cause: CloseCause) => void;
  /** Delivers what came already, then what comes. */
  start(): void;
}

/** Why a dial failed; {@link cause} names its step. */
export interface DialFailure extends Error {
  cause: CloseCause;
  /** HCI error code, where there is one. */
  reason?: number;
}

/**
 * One attempt with a limit on every step, given up when the signal says so; rejects with a {@link DialFailure}, and leaves
 * nothing open then.
 */
export type Dial = (
  central: Pick<Central, "connect" | "cancel">,
  address: string,
  limits: { connectMs: number },
  signal: AbortSignal,
) => Promise<DialledLink>;

export interface RadioLimits extends AdapterLimits {
  /** Links and dials through one adapter, until it refuses so many. */
  links: number;
  /** Of these, of addresses that have not proved themselves. */
  strangers: number;
  connectMs: number;
  /**
   * Shorter, because nobody else connects through the adapter meanwhile; also for whoever takes nobody yet: it will within
   * two seconds, and either us or somebody else.
   */
  strangerConnectMs: number;
  /** After so long a link that proved nothing gives way to another stranger; to a known one, after `yieldMs`. */
  strangerMs: number;
  yieldMs: number;
  /**
   * A link that proved nothing ends after so long, though nobody else here waits for its place: the handheld may be
   * another's, whose hub cannot hear it while we are connected.
   */
  unprovedMs: number;
  /** Who was not heard for so long is not dialled. */
  nearMs: number;
  /** A known handheld that an adapter heard so recently should be heard again. */
  expectMs: number;
  /** From one look for adapters to the next. */
  plugMs: number;
  stopMs: number;
}

export const RADIO_LIMITS: RadioLimits = {
  ...ADAPTER_LIMITS,
  links: 8,
  strangers: 3,
  connectMs: 10000,
  strangerConnectMs: 4000,
  strangerMs: 30000,
  yieldMs: 5000,
  unprovedMs: 30000,
  nearMs: 15000,
  expectMs: 600000,
  plugMs: 3000,
  stopMs: 3000,
};

export interface BluetoothOptions {
  /** @throws when the stack cannot be loaded */
  open: (id: string) => Central;
  dial: Dial;
  /** Ids of the adapters that are there now. */
  list: () => string[];
  /** What their owner can do about an adapter's state, as one line. */
  advise?: (id: string, state: CentralState) => string | undefined;
  /** Whether another program of the machine uses it too. */
  isShared?: (id: string) => boolean;
  clock?: Clock;
  log?: Log;
  /** 0 to 1. */
  random?: () => number;
  limits?: Partial<RadioLimits>;
}

/** An adapter with what is known of its room for links. */
interface Place {
  adapter: Adapter;
  /** Links that it bears; learned from its refusals. */
  room: number;
  /** Ticks of the plug watch until one more is tried. */
  roomTicks: number;
}

/** A dial under way, or the link that it became. */
interface Held {
  neighbour: Neighbour;
  place: Place;
  link?: DialledLink;
  /** Unix ms. */
  since: number;
  proved: boolean;
  /** Was told to go for somebody who waits. */
  yields?: boolean;
  cancelDoubt?: () => void;
}

/** Adverts come by the hundred: whose turn it is, is looked at seldom. */
const TURN_MS = 50;
const MAX_NEARBY = 32;
const NEARBY_MS = 300000;
/** HCI: connection limit exceeded, limited resources. */
const NO_ROOM = [0x09, 0x0d];
const ROOM_AGAIN_MS = 3600000;
/** A link that proved itself and ended sooner counts as a failure, so that a broken handheld does not take all turns. */
const WORTHWHILE_MS = 10000;
/** An address that connects and proves nothing waits longer from the start than one that was out of reach. */
const USELESS_FAILURES = 3;

export class BluetoothRadio implements Radio {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly random: () => number;
  private readonly limits: RadioLimits;
  private readonly places = new Map<string, Place>();
  private readonly neighbours = new Neighbours();
  private readonly held = new Set<Held>();
  private readonly byLink = new Map<RadioLink, Held>();
  private handlers?: RadioHandlers;
  private cancelPlug: () => void = () => {};
  private cancelTurn?: () => void;
  private stopping = false;
  /** Ends the dials that are under way. */
  private dials = new AbortController();
  private whenIdle: () => void = () => {};
  /** Since the last adapter vanished; undefined where there never was one, which no restart would bring. */
  private missingMs?: number;
  private connects = 0;
  private readonly closes: Partial<Record<CloseCause, number>> = {};
  private endedLinkMs = 0;

  constructor(private readonly options: BluetoothOptions) {
    this.clock = options.clock ?? systemClock;
    this.log = options.log ?? silentLog;
    this.random = options.random ?? Math.random;
    this.limits = { ...RADIO_LIMITS, ...options.limits };
  }

  start(handlers: RadioHandlers): void {
    this.handlers = handlers;
    this.stopping = false;
    this.dials = new AbortController();
    this.watchPlugs();
  }

  async stop(): Promise<void> {
    if (!this.handlers) return;
    this.cancelPlug();
    this.stopping = true;
    this.cancelTurn?.();
    this.cancelTurn = undefined;
    this.dials.abort();
    for (const link of [...this.byLink.keys()]) link.close("stopping");
    for (const { adapter } of this.places.values()) adapter.stop();
    if (this.held.size > 0)
      await new Promise<void>((done) => {
        const giveUp = this.clock.after(this.limits.stopMs, done);
        this.whenIdle = () => {
          giveUp();
          done();
        };
      });
    for (const held of [...this.held]) if (held.link) this.ended(held, "stopping");
    this.places.clear();
    this.handlers = undefined;
  }

  proved(link: RadioLink): void {
    const held = this.byLink.get(link);
    if (!held) return;
    held.proved = true;
    held.cancelDoubt?.();
    this.neighbours.proved(held.neighbour, this.clock.now());
    // It takes no stranger's place any more.
    this.soon();
  }

  status(): RadioStatus {
    const adapters = [...this.places.values()];
    const able = adapters.filter(({ adapter }) => !adapter.isDisabled);
    const links = [...this.held].flatMap((held) => (held.link ? [linkStatus(held, held.link)] : []));
    const now = this.clock.now();
    return {
      simulated: false,
      healthy:
        adapters.length === 0
          ? (this.missingMs ?? 0) < this.limits.unhealthyMs
          : able.length === 0 || able.some(({ adapter }) => !adapter.isBeyondHelp),
      adapters: adapters.map(({ adapter }) => ({
        ...adapter.status(),
        links: links.filter(({ adapter: id }) => id === adapter.id).length,
      })),
      links,
      nearby: this.nearby(now),
      connects: this.connects,
      closes: { ...this.closes },
      linkMs: links.reduce((sum, { since }) => sum + Math.max(0, now - since), this.endedLinkMs),
    };
  }

  private nearby(now: number): NearbyStatus[] {
    const near: NearbyStatus[] = [];
    for (const { address, name, heard } of this.neighbours.all()) {
      let best: NearbyStatus | undefined;
      for (const [adapter, { rssi, at }] of heard)
        if (Math.abs(now - at) <= NEARBY_MS && (!best || rssi > best.rssi))
          best = { address, name, rssi, heardAt: at, adapter };
      if (best) near.push(best);
    }
    return near.sort((a, b) => b.heardAt - a.heardAt).slice(0, MAX_NEARBY);
  }

  /** Adapters come and go while we run. */
  private watchPlugs(): void {
    let ids = [...this.places.keys()];
    try {
      ids = this.options.list();
    } catch (error) {
      this.log.warn({}, `radio: cannot list the adapters: ${(error as Error).message}`);
    }
    for (const id of [...this.places.keys()]) if (!ids.includes(id)) this.unplugged(id);
    for (const id of ids) if (!this.places.has(id)) this.plugged(id);
    for (const place of this.places.values()) this.growRoom(place);
    if (this.places.size > 0) this.missingMs = 0;
    else if (this.missingMs !== undefined) this.missingMs += this.limits.plugMs;
    this.neighbours.forgetOld(this.clock.now());
    this.cancelPlug = this.clock.after(this.limits.plugMs, () => this.watchPlugs());
  }

  private plugged(id: string): void {
    const { open, advise = () => undefined, isShared = () => false } = this.options;
    const place: Place = {
      room: this.limits.links,
      roomTicks: 0,
      adapter: new Adapter({
        id,
        open: () => open(id),
        clock: this.clock,
        log: this.log,
        random: this.random,
        limits: this.limits,
        advise: (state) => advise(id, state),
        isShared: () => isShared(id),
        expectsSomebody: () => this.neighbours.expects(id, this.clock.now(), this.limits.expectMs),
        linkCount: () => this.heldBy(place).length,
        onHeard: (seen) => this.heard(id, seen),
        onReady: () => this.soon(),
        onDown: () => {
          for (const { link } of this.heldBy(place)) link?.close("adapter");
        },
      }),
    };
    this.places.set(id, place);
    this.log.info({ adapter: id }, `radio: opens ${id}`);
    place.adapter.start();
  }

  private unplugged(id: string): void {
    const place = this.places.get(id)!;
    this.places.delete(id);
    this.log.warn({ adapter: id }, `radio: ${id} is not there any more`);
    this.neighbours.drop(id);
    place.adapter.stop();
    this.soon();
  }

  private heard(id: string, seen: Advertisement): void {
    this.neighbours.heard(id, seen, this.clock.now());
    this.soon();
  }

  private soon(): void {
    if (this.stopping) return;
    this.cancelTurn ??= this.clock.after(TURN_MS, () => {
      this.cancelTurn = undefined;
      this.turn();
    });
  }

  /** Dials whom there is room for: known handhelds first, and in each group who waits longest. */
  private turn(): void {
    const { known, strangers } = this.neighbours.waiting(this.clock.now(), this.limits.nearMs);
    const { connectMs, strangerConnectMs, yieldMs, strangerMs } = this.limits;
    // Whoever had room made for it comes first at the next turn, before those behind it can take that room.
    for (const neighbour of known)
      if (this.serve(neighbour, (place) => this.heldBy(place).length < place.room, connectMs, yieldMs))
        return;
    for (const neighbour of strangers)
      if (this.serve(neighbour, (place) => this.admitsStranger(place), strangerConnectMs, strangerMs)) return;
  }

  /** @returns whether somebody was let go for it */
  private serve(
    neighbour: Neighbour,
    admits: (place: Place) => boolean,
    connectMs: number,
    yieldMs: number,
  ): boolean {
    const hearing = this.placesHearing(neighbour);
    const admitting = hearing.filter(admits);
    const place = this.bestOf(admitting, neighbour);
    if (place && !this.neighbours.isKnown(neighbour) && !place.adapter.hasListened) return false;
    if (place) this.dial(neighbour, place, connectMs);
    return !place && admitting.length === 0 && this.makeRoom(hearing, yieldMs);
  }

  private admitsStranger(place: Place): boolean {
    const held = this.heldBy(place);
    const strangers = held.filter((one) => !this.isTrusted(one));
    return held.length < place.room && strangers.length < this.limits.strangers;
  }

  /** A known address is trusted for a while: others can borrow it. */
  private isTrusted({ proved, neighbour, since }: Held): boolean {
    if (proved) return true;
    return this.neighbours.isKnown(neighbour) && Math.abs(this.clock.now() - since) < this.limits.strangerMs;
  }

  private placesHearing(neighbour: Neighbour): Place[] {
    const now = this.clock.now();
    return [...this.places.values()].filter(({ adapter }) => {
      const heard = neighbour.heard.get(adapter.id);
      return adapter.isOn && heard && Math.abs(now - heard.at) <= this.limits.nearMs;
    });
  }

  /** Who failed there last goes elsewhere; then the fewest links count, then the best signal. */
  private bestOf(places: Place[], neighbour: Neighbour): Place | undefined {
    const rank = ({ adapter }: Place, links: number) =>
      (neighbour.failedOn === adapter.id ? this.limits.links : 0) + links;
    const ranked = places
      .map((place) => ({
        place,
        rank: rank(place, this.heldBy(place).length),
        rssi: neighbour.heard.get(place.adapter.id)!.rssi,
      }))
      .sort((a, b) => a.rank - b.rank || b.rssi - a.rssi);
    // A better one that is busy connecting is waited for, unless it is no better by more than this very link.
    return ranked.find(({ place, rank }) => place.adapter.isReady && rank <= ranked[0]!.rank + 1)?.place;
  }

  /** Of the links that proved nothing the oldest is let go where they are all that stands in the way. */
  private makeRoom(places: Place[], afterMs: number): boolean {
    const now = this.clock.now();
    for (const place of places) {
      const held = this.heldBy(place);
      if (held.some(({ yields }) => yields)) return true;
      const [oldest] = held
        .filter((one) => one.link && !this.isTrusted(one) && Math.abs(now - one.since) >= afterMs)
        .sort((a, b) => a.since - b.since);
      if (!oldest) continue;
      oldest.yields = true;
      oldest.link!.close("refused");
      return true;
    }
    return false;
  }

  private heldBy(place: Place): Held[] {
    return [...this.held].filter((held) => held.place === place);
  }

  private dial(neighbour: Neighbour, place: Place, connectMs: number): void {
    const held: Held = { neighbour, place, since: this.clock.now(), proved: false };
    neighbour.held = true;
    this.held.add(held);
    const limitMs = neighbour.connectable ? connectMs : this.limits.strangerConnectMs;
    this.options.dial(place.adapter, neighbour.address, { connectMs: limitMs }, this.dials.signal).then(
      (link) => this.opened(held, link),
      (error) => this.failed(held, error as DialFailure),
    );
  }

  private opened(held: Held, link: DialledLink): void {
    held.link = link;
    held.neighbour.failedOn = undefined;
    if (this.neighbours.isKnown(held.neighbour)) held.place.adapter.connected(true);
    held.since = this.clock.now();
    link.onNotification = (bytes) => {
      held.place.adapter.notified();
      this.handlers?.onNotification(link, bytes);
    };
    link.onClosed = (cause) => this.ended(held, cause);
    this.byLink.set(link, held);
    this.connects++;
    held.cancelDoubt = this.clock.after(this.limits.unprovedMs, () => link.close("refused"));
    this.handlers?.onLink(link);
    const isHere = this.places.get(held.place.adapter.id) === held.place && held.place.adapter.isOn;
    if (this.stopping) link.close("stopping");
    else if (!isHere) link.close("adapter");
    else link.start();
  }

  private failed(held: Held, error: DialFailure): void {
    const { neighbour, place } = held;
    const { adapter } = place;
    // Of an adapter that went away no step of a dial says anything.
    const cause = this.stopping ? "stopping" : adapter.isOn ? error.cause : "adapter";
    this.count(cause);
    const links = this.heldBy(place).filter(({ link }) => link).length;
    // Where no link of ours takes the room, its want is a failure like any other, that may be the adapter's own.
    if (links > 0 && error.reason !== undefined && NO_ROOM.includes(error.reason))
      this.shrinkRoom(place, links);
    else if (cause !== "adapter" && cause !== "stopping") {
      // Of one that takes nobody yet somebody else was quicker, most likely.
      const shouldHave = neighbour.connectable && this.neighbours.isKnown(neighbour);
      if (cause === "connect" && shouldHave) adapter.connected(false);
      this.punish(neighbour, cause === "connect" ? 1 : USELESS_FAILURES);
      const seconds = Math.round(neighbour.waitMs / 1000);
      this.log.info(
        { adapter: adapter.id, step: cause, failures: neighbour.failures },
        `radio: ${adapter.id} did not reach a handheld: ${error.message}; again in ${seconds} s`,
      );
    }
    neighbour.failedOn = adapter.id;
    this.release(held);
  }

  private ended(held: Held, cause: CloseCause): void {
    const { neighbour, link, place } = held;
    if (!link || !this.byLink.delete(link)) return;
    held.cancelDoubt?.();
    const now = this.clock.now();
    const lastedMs = Math.max(0, now - held.since);
    this.count(cause);
    this.endedLinkMs += lastedMs;
    if (held.proved) {
      neighbour.left = { adapter: place.adapter.id, at: now };
      // Not long ago, if only through its link: it is not forgotten.
      neighbour.heardAt = now;
    }
    if (cause !== "adapter" && cause !== "stopping") {
      // Without an owner there is nothing to prove; whoever claims it here must not find it in a long pause.
      if (!held.proved && neighbour.name !== undefined && lastedMs >= this.limits.unprovedMs)
        neighbour.failures = 0;
      if (!held.proved) this.punish(neighbour, USELESS_FAILURES);
      else if (lastedMs < WORTHWHILE_MS) this.punish(neighbour, 1);
    }
    this.tellEnd(held, link, cause, lastedMs);
    this.handlers?.onClosed(link, cause);
    this.release(held);
  }

  private tellEnd({ neighbour, place }: Held, link: DialledLink, cause: CloseCause, lastedMs: number): void {
    const { id } = place.adapter;
    const waitMs = this.neighbours.waitOf(neighbour, this.clock.now());
    const next = waitMs > 0 ? `again in ${Math.round(waitMs / 1000)} s` : "again as soon as it is heard";
    this.log.info(
      { adapter: id, link: link.id, cause, lastedMs, waitMs },
      `radio: ${id} link ${link.id} ended after ${Math.round(lastedMs / 1000)} s: ${cause}; ${next}`,
    );
  }

  private release(held: Held): void {
    held.neighbour.held = false;
    this.held.delete(held);
    if (this.held.size === 0) this.whenIdle();
    this.soon();
  }

  private punish(neighbour: Neighbour, failures: number): void {
    // At once it would push a known handheld down to the strangers.
    neighbour.failures += neighbour.provedAt === undefined ? failures : 1;
    neighbour.failedAt = this.clock.now();
    neighbour.waitMs = retryDelay(neighbour.failures, this.random);
  }

  private count(cause: CloseCause): void {
    this.closes[cause] = (this.closes[cause] ?? 0) + 1;
  }

  private shrinkRoom(place: Place, links: number): void {
    place.room = links;
    place.roomTicks = Math.ceil(ROOM_AGAIN_MS / this.limits.plugMs);
    this.log.warn(
      { adapter: place.adapter.id, links: place.room },
      `radio: ${place.adapter.id} bears no more than ${place.room} links`,
    );
  }

  private growRoom(place: Place): void {
    if (place.room >= this.limits.links || --place.roomTicks > 0) return;
    place.room++;
    place.roomTicks = Math.ceil(ROOM_AGAIN_MS / this.limits.plugMs);
  }
}

function linkStatus({ place, since }: Held, { id, rssi, notificationBytes }: DialledLink): LinkStatus {
  return { id, adapter: place.adapter.id, rssi, since, notificationBytes };
}
