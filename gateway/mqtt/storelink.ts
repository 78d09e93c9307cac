/** Carries messages between the broker and the store. */

import { CHECKPOINT_TOPIC, LIMITS_TOPIC, parseTopic, TOPIC_PREFIX, TopicKind } from "../../protocol/names";
import { refusal } from "../../protocol/refusal";
import { type Clock, systemClock } from "../clock";
import type { LimitListener } from "../health/limits";
import type { DataKind } from "../store/claims";
import { type Log, silentLog } from "../store/log";
import type { Store } from "../store/store";
import { type BrokerAddress, Connection } from "./client";
import { decodeEnvelope } from "./envelope";
import { LimitTopic } from "./limittopic";
import { Outbox } from "./outbox";
import { Tally } from "./tally";

export interface StoreLinkOptions {
  store: Pick<Store, "receive" | "refused" | "onSend" | "checkpoint" | "onCheckpoint">;
  broker: BrokerAddress;
  clock?: Clock;
  log?: Log;
}

export class StoreLink {
  private readonly connection: Connection;
  private readonly outbox: Outbox;
  private readonly tally: Tally;
  private readonly clock: Clock;
  private limits?: LimitTopic;
  private readonly store: StoreLinkOptions["store"];

  constructor(options: StoreLinkOptions) {
    this.clock = options.clock ?? systemClock;
    const { clock } = this;
    const log = options.log ?? silentLog;
    this.store = options.store;
    this.tally = new Tally("store link", clock, log);
    this.connection = new Connection(
      "store",
      options.broker,
      log,
      (topic, payload) => this.take(topic, payload),
      { onConnected: () => this.limits?.forget() },
    );
    this.outbox = new Outbox("downlink", this.connection, clock, (messages) =>
      this.tally.count("dropped", "dropped receipts because MQTT is behind; they are made again", messages),
    );
    this.connection.subscribe(`${TOPIC_PREFIX}+/${TopicKind.frames}`);
    this.store.onSend = (alias, message) => this.outbox.add(alias, message);
    this.store.onCheckpoint = (note) => this.publishCheckpoint(note);
    if (this.store.checkpoint) this.publishCheckpoint(this.store.checkpoint);
  }

  get connected(): boolean {
    return this.connection.connected;
  }

  /** Who tells the broker what runs full. */
  limitTeller(kind: DataKind): LimitListener {
    const retain = (payload: Buffer) => this.connection.publish(LIMITS_TOPIC, payload, true);
    const topic = new LimitTopic(kind, retain, this.clock);
    this.limits = topic;
    return (limits) => {
      // mqtt.js would keep every state and send them all once it is connected.
      if (this.connection.connected) topic.tell(limits);
    };
  }

  /** What was refused or dropped, by kind. */
  refusals(): Record<string, number> {
    return this.tally.totals();
  }

  async close(): Promise<void> {
    this.store.onSend = () => {};
    this.store.onCheckpoint = () => {};
    this.outbox.flush();
    await this.connection.close();
  }

  /** Retained, for whoever keeps checkpoints elsewhere; one that is lost is followed by the next. */
  private publishCheckpoint(note: Uint8Array): void {
    this.connection.publish(CHECKPOINT_TOPIC, Buffer.from(note), true);
  }

  private take(topic: string, payload: Buffer): void {
    let alias: Uint8Array | undefined;
    try {
      alias = parseTopic(topic).alias;
      const envelope = decodeEnvelope(payload);
      if (envelope.type !== "avnode/frames")
        throw refusal("ENVELOPE_TYPE", `an envelope of type ${envelope.type} among frames`);
      for (const message of envelope.messages) this.store.receive(alias, message);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      // Without a code it is a defect of ours, not of the message.
      if (code === undefined) throw error;
      this.tally.count(code.toLowerCase().replaceAll("_", "-"), `refused an envelope: ${message}`);
      this.store.refused(alias, alias ? "envelope" : "topic");
    }
  }
}
