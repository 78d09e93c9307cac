/** One connection to the broker, the embedded one or another, that comes back by itself and never queues without bound. */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect, type IClientOptions, MqttClient } from "mqtt";
import type { Log } from "../store/log";
import { reasonOf } from "./reasons";
import { Subscriptions } from "./subscriptions";
import type { BrokerUsers, HubRole } from "./users";

const FIRST_RECONNECT_MS = 500;
const LAST_RECONNECT_MS = 30000;
const CLOSE_MS = 500;
/** Envelopes handed to MQTT and not yet acknowledged by the broker. */
const MAX_UNACKNOWLEDGED = 256;

/** A broker elsewhere; `ca`, `cert` and `key` are PEM. */
export interface ExternalBroker {
  url: string;
  username?: string;
  password?: string;
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
}

/** The one in this process. */
export interface EmbeddedBroker {
  connect(): Duplex;
  users: BrokerUsers;
}

export type BrokerAddress = ExternalBroker | EmbeddedBroker;

export interface ConnectionExtras {
  /** In logs, where the role has more than one connection. */
  name?: string;
  /** What the broker says, and retains, when the connection ends without a word. */
  will?: { topic: string; payload: string };
  /** Called at every connection. */
  onConnected?: () => void;
}

export class Connection {
  private readonly client: MqttClient;
  private readonly subscriptions: Subscriptions;
  private unacknowledged = 0;
  private lost = false;
  /** Of the newest failure. */
  private reason = "it closed the connection";

  private readonly name: string;

  /** @param role whose rights the embedded broker gives it; it names the connection in the broker's log and ours */
  constructor(
    role: HubRole,
    address: BrokerAddress,
    private readonly log: Log,
    onMessage: (topic: string, payload: Buffer) => void,
    { name = role, will, onConnected }: ConnectionExtras = {},
  ) {
    this.name = name;
    const options: IClientOptions = {
      // MQTT 3.1.1 allows 23 characters.
      clientId: `avnode-${role}-${randomBytes(5).toString("hex")}`,
      protocolVersion: 4,
      clean: true,
      resubscribe: false,
      keepalive: 30,
      reconnectPeriod: FIRST_RECONNECT_MS,
      // mqtt.js would time its keepalive in a worker thread.
      timerVariant: "native",
      will: will && { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    };
    if ("url" in address) {
      const { url, ...credentials } = address;
      this.client = connect(url, { ...options, ...credentials });
    } else this.client = new MqttClient(() => address.connect(), { ...options, ...address.users[role] });
    this.subscriptions = new Subscriptions(this.client, (filter) =>
      log.warn(
        { role: name, filter },
        `${name}: the broker does not deliver ${filter}; allow it in the broker's rules`,
      ),
    );
    // Nagle's algorithm would hold a receipt back until the one before it is acknowledged.
    this.client.on("connect", () => (this.client.stream as Partial<Socket>).setNoDelay?.(true));
    this.client.on("message", onMessage);
    this.client.on("connect", () => this.onConnect());
    if (onConnected) this.client.on("connect", onConnected);
    this.client.on("close", () => this.backOff());
    this.client.on("error", (error) => {
      this.reason = reasonOf(error);
    });
  }

  get connected(): boolean {
    return this.client.connected;
  }

  /** QoS 1; kept across reconnections. @param done called whenever the broker has confirmed it */
  subscribe(filter: string, done: () => void = () => {}): void {
    this.subscriptions.add(filter, done);
  }

  unsubscribe(filter: string): void {
    this.subscriptions.remove(filter);
  }

  /** QoS 1. @returns false when too much waits already: nothing was sent, its sender repeats it later */
  publish(topic: string, payload: Buffer, retain = false): boolean {
    if (this.unacknowledged >= MAX_UNACKNOWLEDGED) return false;
    this.unacknowledged++;
    this.client.publish(topic, payload, { qos: 1, retain }, () => {
      this.unacknowledged--;
    });
    return true;
  }

  /** Lets the broker acknowledge what it was sent last, if it does so soon. */
  close(): Promise<void> {
    return new Promise((done) => {
      const impatience = setTimeout(() => this.client.stream.destroy(), CLOSE_MS);
      this.client.end(!this.client.connected, {}, () => {
        clearTimeout(impatience);
        done();
      });
    });
  }

  private onConnect(): void {
    this.client.options.reconnectPeriod = FIRST_RECONNECT_MS;
    if (this.lost) this.log.info({ role: this.name }, `${this.name}: the broker is back`);
    this.lost = false;
  }

  /** mqtt.js reads the period anew at every attempt. */
  private backOff(): void {
    const period = this.client.options.reconnectPeriod ?? FIRST_RECONNECT_MS;
    this.client.options.reconnectPeriod = Math.min(2 * period, LAST_RECONNECT_MS);
    if (this.client.disconnecting || this.lost) return;
    this.lost = true;
    this.log.warn(
      { role: this.name },
      `${this.name}: no broker (${this.reason}), trying again until it is back`,
    );
  }
}
