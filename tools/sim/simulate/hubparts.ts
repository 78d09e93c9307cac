/**
 * The hub as processes that can be killed: broker, relay and store, each the real one. A killed one says nothing more,
 * whatever of its code still runs in the call that it died in; it can be started again.
 */
import type { Duplex } from "node:stream";
import { duplexPair } from "node:stream";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import type { BrokerAddress, Connection, EmbeddedBroker } from "../../../gateway/mqtt/client";
import { StoreLink } from "../../../gateway/mqtt/storelink";
import { makeBrokerUsers } from "../../../gateway/mqtt/users";
import { Relay } from "../../../gateway/relay/relay";
import type { StoreEventMap } from "../../../gateway/store/events";
import { silentLog } from "../../../gateway/store/log";
import { Store, type StoreOptions } from "../../../gateway/store/store";
import { SimHubRadio } from "../radio/hub";
import { type HubTime, Lifetime } from "./lifetime";
import type { Unit } from "./unit";

/** They outlive the broker, as those of a data directory do. */
const USERS = makeBrokerUsers();

/** As kill -9 leaves it: nothing is flushed and no farewell is said. */
function sever(connection: Connection): void {
  connection["client"].end(true);
}

export class BrokerProcess {
  private broker: Broker | undefined;
  private life: Lifetime | undefined;

  constructor(private readonly time: HubTime) {}

  /** Where the others connect, also while it does not run. */
  readonly address: EmbeddedBroker = {
    users: USERS,
    connect: (): Duplex => {
      if (this.broker) return this.broker.connect();
      const [near, far] = duplexPair();
      far.destroy();
      near.destroy();
      return near;
    },
  };

  /** Of one that runs there is nothing to start; so it is with the others. */
  async start(): Promise<void> {
    if (this.life && !this.life.over) return;
    const life = new Lifetime(this.time);
    this.life = life;
    this.broker = await startBroker({ clock: life, users: USERS });
  }

  async kill(): Promise<void> {
    const { broker, life } = this;
    this.broker = undefined;
    if (life) life.over = true;
    await broker?.close();
  }
}

export class RelayProcess {
  private relay: Relay | undefined;
  private life: Lifetime | undefined;

  constructor(
    private readonly time: HubTime,
    private readonly broker: BrokerAddress,
    private readonly units: Unit[],
  ) {}

  get running(): Relay | undefined {
    return this.relay;
  }

  start(): void {
    if (this.relay) return;
    this.life = new Lifetime(this.time);
    const radio = new SimHubRadio(this.units.map(({ name, radio }) => ({ id: name, radio })));
    this.relay = new Relay({ radio, broker: this.broker, clock: this.life });
  }

  kill(): void {
    const { relay, life } = this;
    if (!relay || !life) return;
    this.relay = undefined;
    life.over = true;
    for (const { radio } of this.units) {
      radio.central.onConnect = radio.central.onNotification = radio.central.onDisconnect = () => {};
      radio.centralOff();
    }
    sever(relay["connection"]);
  }
}

/** What is told of the store, and where it may be made to fail. */
export interface StoreWatch {
  opened(store: Store, life: Lifetime): void;
  /** Before the store takes a message. */
  received(message: Uint8Array): void;
  /** Before a message of the store leaves it; it may kill the store. */
  sends(): void;
  stored(...told: StoreEventMap["stored"]): void;
  receipted(...told: StoreEventMap["receipted"]): void;
  logged(level: "warn" | "error", text: string, fields: object): void;
}

export class StoreProcess {
  private store: Store | undefined;
  private link: StoreLink | undefined;
  private life: Lifetime | undefined;

  constructor(
    private readonly time: HubTime,
    private readonly broker: BrokerAddress,
    private readonly options: Pick<StoreOptions, "dataDir" | "crypto">,
    private readonly watch: StoreWatch,
  ) {}

  get running(): Store | undefined {
    return this.store;
  }

  start(): void {
    if (this.store) return;
    const life = new Lifetime(this.time);
    const { watch } = this;
    const alive =
      <Args extends unknown[]>(run: (...args: Args) => void) =>
      (...args: Args) => {
        if (!life.over) run(...args);
      };
    const store = Store.open({
      ...this.options,
      kind: "import",
      clock: life,
      log: {
        ...silentLog,
        warn: (fields: object, text: string) => watch.logged("warn", text, fields),
        error: (fields: object, text: string) => watch.logged("error", text, fields),
      },
    });
    let send: Store["onSend"] = () => {};
    store.onSend = alive((alias: Uint8Array, message: Uint8Array) => {
      watch.sends();
      // It may just have been killed.
      if (!life.over) send(alias, message);
    });
    store.events.on(
      "stored",
      alive((...told: StoreEventMap["stored"]) => watch.stored(...told)),
    );
    store.events.on(
      "receipted",
      alive((...told: StoreEventMap["receipted"]) => watch.receipted(...told)),
    );
    this.store = store;
    this.life = life;
    this.link = new StoreLink({
      store: {
        receive: alive((alias: Uint8Array, message: Uint8Array) => {
          watch.received(message);
          store.receive(alias, message);
        }),
        refused: alive((alias: Uint8Array | undefined, kind: Parameters<Store["refused"]>[1]) =>
          store.refused(alias, kind),
        ),
        get checkpoint() {
          return store.checkpoint;
        },
        set onSend(listener: Store["onSend"]) {
          send = listener;
        },
        set onCheckpoint(listener: Store["onCheckpoint"]) {
          store.onCheckpoint = alive(listener);
        },
      },
      broker: this.broker,
      clock: life,
    });
    watch.opened(store, life);
  }

  /** Nothing of what waits is committed. What runs within its transaction right now must throw, and is rolled back. */
  kill(): void {
    const { store, link, life } = this;
    if (!store || !link || !life || life.over) return;
    life.over = true;
    this.store = undefined;
    sever(link["connection"]);
    // Its database cannot be closed within a statement of its own; nobody opens it before that.
    setTimeout(() => {
      store["reader"].close();
      store["db"].close();
      store["unlock"]();
    }, 0);
  }

  /** An orderly end. */
  async stop(): Promise<void> {
    this.store?.flush();
    await this.link?.close();
    this.store?.close();
    if (this.life) this.life.over = true;
    this.store = undefined;
  }
}
