/** The peer hub: a plain mqtt.js subscriber in the broker's process, as ours is, that writes each message to SQLite. */
import { MqttClient } from "mqtt";
import type { Broker } from "../../gateway/mqtt/broker";
import { TOPIC_PREFIX, TopicKind } from "../../protocol/names";
import { BareSqlite } from "./sqlite";

/** How long the first message of an unfilled batch waits: as long as in our store. */
const DELAY_MS = 20;

export class BareSubscriber {
  private readonly client: MqttClient;
  private readonly sqlite: BareSqlite;
  private readonly waiting: Uint8Array[] = [];
  private timer?: NodeJS.Timeout;
  private due = 0;
  private resolveDue: () => void = () => {};

  /** @param batch messages in a transaction */
  constructor(
    broker: Broker,
    file: string,
    private readonly batch: number,
  ) {
    this.sqlite = new BareSqlite(file);
    this.client = new MqttClient(() => broker.connect(), {
      ...broker.users.store,
      clientId: `bare-${batch}`,
      protocolVersion: 4,
      clean: true,
      timerVariant: "native",
    });
    this.client.on("message", (topic, payload) => this.message(topic, payload));
  }

  /** @returns a promise of the moment when `count` messages more are on disk */
  async expect(count: number): Promise<{ stored: Promise<void> }> {
    this.due = this.sqlite.count + count;
    const stored = new Promise<void>((resolve) => {
      this.resolveDue = resolve;
    });
    await this.client.subscribeAsync(`${TOPIC_PREFIX}+/${TopicKind.frames}`, { qos: 1 });
    return { stored };
  }

  async rest(): Promise<void> {
    await this.client.unsubscribeAsync(`${TOPIC_PREFIX}+/${TopicKind.frames}`);
  }

  close(): void {
    this.client.end(true);
    this.sqlite.close();
  }

  private message(topic: string, payload: Uint8Array): void {
    this.waiting.push(payload);
    if (this.waiting.length >= this.batch) this.write(topic);
    else this.timer ??= setTimeout(() => this.write(topic), DELAY_MS);
  }

  private write(topic: string): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sqlite.insert(topic, this.waiting.splice(0));
    if (this.sqlite.count >= this.due) this.resolveDue();
  }
}
