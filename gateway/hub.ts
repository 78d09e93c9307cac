/** The hub: broker, relay and store in one process, or some of them beside others on the same broker. */
import type { Adopter } from "./adopt/adopter";
import { type Clock, systemClock } from "./clock";
import type { Carrier } from "./delivery/carrier";
import { Analyst } from "./findings/analyst";
import { healthValues } from "./findings/health";
import type { Disk } from "./health/disk";
import { logLimits } from "./health/limitlog";
import { Limits } from "./health/limits";
import { disk, outbox, rings } from "./health/measures";
import { type HomeAssistantSettings, planHomeAssistant, startHomeAssistant } from "./homeassistant/start";
import type { HealthValues } from "./homeassistant/values";
import { type Broker, DEFAULT_HOST, DEFAULT_PORT, startBroker } from "./mqtt/broker";
import type { BrokerAddress, ExternalBroker } from "./mqtt/client";
import { StoreLink } from "./mqtt/storelink";
import { loadBrokerUsers } from "./mqtt/users";
import { listenFault } from "./ports";
import type { Radio } from "./radio/radio";
import { Relay } from "./relay/relay";
import { ROLES, type Role } from "./roles";
import type { DataKind } from "./store/claims";
import { StoreError } from "./store/errors";
import { type Log, silentLog } from "./store/log";
import type { ReceiptLimits } from "./store/receipts";
import { Store } from "./store/store";
import { Updater } from "./update/updater";

/** Where the embedded broker listens, by default on 127.0.0.1. */
export interface EmbeddedPlace {
  /** Without one 1883, or a free one where another program has that. */
  port?: number;
  host?: string;
}

export interface HubOptions {
  dataDir: string;
  kind: DataKind;
  /** One elsewhere; the embedded one on a port; "memory" for the embedded one without a port. */
  broker?: ExternalBroker | EmbeddedPlace | "memory";
  /** Without one the hub relays nothing itself. */
  radio?: Radio;
  clock?: Clock;
  log?: Log;
  roles?: readonly Role[];
  commit?: { frames: number; delayMs: number };
  receipts?: Readonly<ReceiptLimits>;
  /** The store's to tell; nothing by default. */
  homeAssistant?: HomeAssistantSettings;
  /** Whose heart rate and findings Home Assistant is told, if its second switch is on; what `analyse` finds by default. */
  health?: HealthValues;
  /** Whether a thread analyses what the store holds. */
  analyse?: boolean;
  /** Whether what waits in the outbox is carried to whom it is for. */
  deliver?: boolean;
  /** Whether files that wait to be adopted are taken up. */
  adopt?: boolean;
  /** Whether handhelds are updated as their owner asked. */
  update?: boolean;
  /** How much room there is where the data lies; without it nobody is told of what runs full. */
  disk?: () => Disk;
}

export interface Hub {
  store?: Store;
  /** The embedded one. */
  broker?: Broker;
  relay?: Relay;
  radio?: Radio;
  /** Who analyses what the store holds. */
  analyst?: Analyst;
  /** Who carries what waits in the outbox. */
  carrier?: Carrier;
  /** What of it runs full, where the store is. */
  limits?: Limits;
  /** Whether every part of it has its connection to the broker. */
  connected(): boolean;
  /** Of the embedded broker. */
  port?: number;
  stop(): Promise<void>;
}

/**
 * Starts what the roles ask for. Connections to the broker are made behind it and come back by themselves.
 * @throws StoreError
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { clock, radio, log = silentLog, roles = ROLES } = options;
  const { dataDir, kind, commit, receipts } = options;
  // The store first: when the directory is taken, nothing else was begun.
  const store = roles.includes("store")
    ? Store.open({ dataDir, kind, clock, log, commit, receipts })
    : undefined;
  const plan = planHomeAssistant(dataDir, store && options.homeAssistant, log);
  let broker: Broker | undefined;
  try {
    broker = await embedded(options, plan.prefixes, () => store?.refused(undefined, "broker"));
  } catch (error) {
    store?.close();
    if (error instanceof StoreError) throw error;
    const { port = DEFAULT_PORT, host = DEFAULT_HOST } = (options.broker ?? {}) as EmbeddedPlace;
    const why = listenFault(error as Error, host, port, "broker");
    throw new StoreError("HUB_BROKER", `cannot start the broker: ${why}`, { cause: error });
  }
  const address = broker ?? (options.broker as BrokerAddress);
  const storeLink = store && new StoreLink({ store, broker: address, clock, log });
  const carrier = store && options.deliver ? carrierOf(store, options) : undefined;
  const adopter = store && options.adopt ? adopterOf(store, options) : undefined;
  const updater =
    store && options.update ? new Updater({ store, dataDir, clock: clock ?? systemClock, log }) : undefined;
  const limits =
    store &&
    options.disk &&
    new Limits(
      [rings(store.reader), disk(options.disk, () => store.health), ...(carrier ? [outbox(carrier)] : [])],
      clock ?? systemClock,
      log,
    );
  if (limits) for (const tell of [logLimits(log), storeLink!.limitTeller(options.kind)]) limits.listen(tell);
  const analyst =
    store && options.analyse ? new Analyst({ store, dataDir, clock: clock ?? systemClock, log }) : undefined;
  const homeAssistant =
    store &&
    startHomeAssistant({
      plan,
      view: store.reader,
      broker: address,
      dataDir,
      health: options.health ?? (analyst && healthValues(analyst, store.reader)),
      limits,
      clock,
      log,
    });
  const relay =
    radio && roles.includes("relay")
      ? new Relay({
          radio,
          broker: address,
          clock,
          log,
          onRefused: (alias) => store?.refused(alias, "notification"),
        })
      : undefined;
  return {
    store,
    broker,
    relay,
    radio,
    analyst,
    carrier,
    limits,
    connected: () => (storeLink?.connected ?? true) && (relay?.connected ?? true),
    port: broker?.port,
    async stop() {
      limits?.stop();
      await adopter?.stop();
      updater?.stop();
      await relay?.stop();
      await homeAssistant?.stop();
      await analyst?.stop();
      await carrier?.stop();
      store?.flush();
      await storeLink?.close();
      await broker?.close();
      store?.close();
    },
  };
}

/** Loaded late: most of it is of no use before something is sent. */
function carrierOf(
  { reader }: Store,
  { dataDir, clock = systemClock, log = silentLog }: HubOptions,
): Carrier {
  const { startCarrier } = require("./delivery/start") as typeof import("./delivery/start");
  return startCarrier({ reader, dataDir, clock, log });
}

/** Loaded late, too: few have old files. */
function adopterOf(store: Store, { dataDir, clock = systemClock, log = silentLog }: HubOptions): Adopter {
  const { Adopter } = require("./adopt/adopter") as typeof import("./adopt/adopter");
  return new Adopter({ store, dataDir, clock, log });
}

async function embedded(
  { dataDir, broker = {}, clock, log }: HubOptions,
  homeAssistantPrefixes: string[],
  onRefused: () => void,
): Promise<Broker | undefined> {
  const watch = { homeAssistantPrefixes, clock, log, onRefused };
  if (broker === "memory") return startBroker(watch);
  if ("url" in broker) return undefined;
  const { port = "default", host } = broker;
  return startBroker({
    port,
    host,
    users: loadBrokerUsers(dataDir, homeAssistantPrefixes.length > 0),
    ...watch,
  });
}
