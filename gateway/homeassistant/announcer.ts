/**
 * Tells Home Assistant of the hub, the claimed handhelds and what they say of themselves. Switched off, it takes back what an
 * earlier run announced.
 */
import type { Clock } from "../clock";
import type { Limit } from "../health/limits";
import { type BrokerAddress, Connection } from "../mqtt/client";
import { Tally } from "../mqtt/tally";
import { codeOf } from "../store/errors";
import type { DeviceInfo } from "../store/infos";
import type { Log } from "../store/log";
import { discoveryMessage, hubDiscoveryMessage, type ValuesEntities } from "./discovery";
import { hubLimits, hubMessage, type LimitView } from "./hubstate";
import { type Announcement, writeLedger } from "./ledger";
import { type HandheldView, stateMessage } from "./state";
import { availabilityTopic, birthTopic, configTopic, stateTopic, valuesTopic } from "./topics";
import { type HealthValues, type ValuesMessage, valuesMessage } from "./values";

/** How often states are looked at: one that changed is sent, so at most one per handheld in this time. */
const EVERY_MS = 10_000;
/** Home Assistant need not be there when something is taken back: it is said again whenever it begins, for so long. */
const TAKE_BACK_MS = 3_600_000;
const PURPOSE = "home assistant";

export interface AnnouncerOptions {
  view: HandheldView;
  /** Without it nothing is said of what runs full. */
  limits?: LimitView;
  broker: BrokerAddress;
  dataDir: string;
  /** What earlier runs announced. */
  ledger: Announcement[];
  /** Undefined: switched off. */
  prefix?: string;
  /** Heart rate and findings, where their switch is on too. */
  values?: HealthValues;
  clock: Clock;
  log: Log;
}

/** A handheld, or the hub itself, which is no handheld. */
type Announced = { device?: DeviceInfo; limits: Limit[] } & Announcement;

const keyOf = ({ prefix, id }: Announcement) => `${prefix}/${id}`;
const NOTHING: ValuesMessage = valuesMessage(undefined, 0);

export class Announcer {
  private readonly connection: Connection;
  private readonly tally: Tally;
  private readonly hub: string;
  private ledger: Announcement[];
  /** What each topic was told last on this connection. */
  private readonly told = new Map<string, string>();
  private announcedAt = Number.NEGATIVE_INFINITY;
  private isDue = false;
  /** Since when what nobody wants any more is being taken back, and how much that is. */
  private takingBackSince?: number;
  private takenBack = 0;
  private stopping?: Promise<void>;
  private cancelTick: () => void = () => {};

  constructor(private readonly options: AnnouncerOptions) {
    const { view, broker, clock, log, prefix, ledger } = options;
    this.ledger = ledger;
    this.hub = view.pseudonym(PURPOSE, "hub");
    this.tally = new Tally("home assistant", clock, log);
    this.connection = new Connection("store", broker, log, (_topic, payload) => this.born(payload), {
      name: "home assistant",
      will: prefix === undefined ? undefined : { topic: availabilityTopic(this.hub), payload: "offline" },
      onConnected: () => this.attempt(() => this.announce()),
    });
    const prefixes = new Set([...ledger.map((one) => one.prefix), ...(prefix === undefined ? [] : [prefix])]);
    for (const one of prefixes) this.connection.subscribe(birthTopic(one));
    this.tick();
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    this.cancelTick();
    // A goodbye in order sends no will.
    if (this.options.prefix !== undefined) this.say(availabilityTopic(this.hub), "offline");
    await this.connection.close();
  }

  private tick(): void {
    this.cancelTick = this.options.clock.after(EVERY_MS, () => {
      this.tick();
      if (this.connection.connected) this.attempt(() => this.look());
    });
  }

  /** Home Assistant has begun: it has forgotten every entity. Whoever repeats that hears it no more often than states. */
  private born(payload: Buffer): void {
    if (payload.toString() !== "online") return;
    if (Math.abs(this.options.clock.now() - this.announcedAt) < EVERY_MS) this.isDue = true;
    else this.attempt(() => this.announce());
  }

  private look(): void {
    const announced = this.announced();
    const known = new Set(this.ledger.map(keyOf));
    const isNew = announced.some((one) => !known.has(keyOf(one)));
    const isGone = this.surplus(announced).length !== this.takenBack;
    if (this.isDue || isNew || isGone) this.announce();
    else for (const one of announced) this.tell(one);
    this.conclude(announced);
  }

  private announce(): void {
    const { clock, prefix } = this.options;
    const announced = this.announced();
    const surplus = this.surplus(announced);
    const wanted = new Set(announced.map(keyOf));
    const gone = surplus.filter((one) => !wanted.has(keyOf(one)));
    const kept = new Set(this.ledger.filter((one) => one.values).map(keyOf));
    // First on disk, so that a run that is killed now leaves nothing that no later run knows of.
    this.record([
      ...announced.map((one) => ({ ...one, values: one.values || kept.has(keyOf(one)) })),
      ...gone,
    ]);
    this.announcedAt = clock.now();
    this.isDue = false;
    if (surplus.length > this.takenBack) {
      this.takingBackSince = this.announcedAt;
      this.options.log.info(
        { entries: surplus.length },
        "home assistant: takes back what is not announced any more",
      );
    }
    this.takenBack = surplus.length;
    this.told.clear();
    this.say(availabilityTopic(this.hub), prefix === undefined ? "" : "online");
    for (const one of gone) this.remove(one, announced);
    for (const one of announced) {
      if (!one.values && kept.has(keyOf(one))) this.discover(one, "removed");
      this.discover(one, one.values ? "announced" : "absent");
      this.tell(one);
    }
  }

  /** Of the ledger, what goes beyond what is wanted now. */
  private surplus(announced: Announced[]): Announcement[] {
    const wanted = new Map(announced.map((one) => [keyOf(one), one]));
    return this.ledger.filter(
      (one) => !wanted.has(keyOf(one)) || (one.values && !wanted.get(keyOf(one))!.values),
    );
  }

  /** Once it was taken back for long enough, it is forgotten. */
  private conclude(announced: Announced[]): void {
    const { clock, prefix } = this.options;
    if (this.takingBackSince === undefined) return;
    if (Math.abs(clock.now() - this.takingBackSince) < TAKE_BACK_MS) return;
    this.takingBackSince = undefined;
    this.takenBack = 0;
    this.record(announced);
    if (prefix === undefined) void this.stop();
  }

  private remove({ prefix, id }: Announcement, announced: Announced[]): void {
    this.say(configTopic(prefix, id), "");
    if (!announced.some((one) => one.id === id)) this.say(stateTopic(id), "");
  }

  private discover({ prefix, id, device, limits }: Announced, values: ValuesEntities): void {
    const { hub } = this;
    if (!device) {
      const { kind } = this.options.view;
      return void this.say(
        configTopic(prefix, id),
        JSON.stringify(hubDiscoveryMessage(id, kind, hubLimits(limits))),
      );
    }
    const isSimulated = device.class === "simulated";
    const message = discoveryMessage({ id, hub, isSimulated, firmware: device.status?.firmware }, values);
    this.say(configTopic(prefix, id), JSON.stringify(message));
  }

  private tell({ id, device, values, limits }: Announced): void {
    const now = this.options.clock.now();
    const state = JSON.stringify(
      device ? stateMessage(this.options.view, device, limits[0], now) : hubMessage(limits),
    );
    if (this.told.get(id) !== state && this.say(stateTopic(id), state)) this.told.set(id, state);
    if (!values || !device) return;
    const topic = valuesTopic(id);
    const message = valuesMessage(this.options.values!.newest(device.id), now);
    const text = JSON.stringify(message);
    // Repeated while they hold, or Home Assistant lets them expire; that nothing is known is said once.
    const isNothing = text === JSON.stringify(NOTHING);
    if (isNothing && this.told.get(topic) === text) return;
    if (this.say(topic, text, false)) this.told.set(topic, text);
  }

  private announced(): Announced[] {
    const { view, prefix, values } = this.options;
    if (prefix === undefined) return [];
    const limits = this.options.limits?.list();
    const handhelds = view.devices().map((device) => ({
      device,
      prefix,
      id: view.pseudonym(PURPOSE, device.id),
      values: values !== undefined,
      limits: limits?.filter((one) => one.device === device.id) ?? [],
    }));
    return limits ? [{ prefix, id: this.hub, values: false, limits }, ...handhelds] : handhelds;
  }

  private record(announcements: Announcement[]): void {
    const ledger = announcements.map(({ prefix, id, values }) => ({ prefix, id, values }));
    if (JSON.stringify(ledger) === JSON.stringify(this.ledger)) return;
    writeLedger(this.options.dataDir, ledger);
    this.ledger = ledger;
  }

  private say(topic: string, text: string, retain = true): boolean {
    const isSent = this.connection.publish(topic, Buffer.from(text), retain);
    if (!isSent) this.tally.count("dropped", "held a message back because MQTT is behind; it is sent again");
    // What was announced in part is announced anew.
    if (!isSent) this.isDue = true;
    return isSent;
  }

  /** Handhelds are recorded whether Home Assistant hears of it or not. */
  private attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.isDue = true;
      this.tally.count(
        codeOf(error).toLowerCase(),
        `could not look at handhelds: ${(error as Error).message}`,
      );
    }
  }
}
