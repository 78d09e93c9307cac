/**
 * Which topics one connection listens to. It asks the broker for one change at a time, and for none while there is no
 * connection: mqtt.js would keep outdated requests and send them all at once, and aedes carries those out in any order.
 */
import type { MqttClient } from "mqtt";

/** MQTT 3.1.1 §3.9.3. */
const REFUSED = 0x80;

export class Subscriptions {
  private readonly wanted = new Map<string, () => void>();
  /** Answered by the broker on this connection: whether it delivers. */
  private answered = new Map<string, boolean>();
  private isAsking = false;
  private connections = 0;

  /** @param onRefused told of a filter that the broker does not deliver */
  constructor(
    private readonly client: MqttClient,
    private readonly onRefused: (filter: string) => void,
  ) {
    client.on("connect", () => {
      this.connections++;
      this.answered = new Map();
      this.isAsking = false;
      this.ask();
    });
  }

  /** QoS 1; kept across connections. @param done called when the broker has confirmed, on each connection */
  add(filter: string, done: () => void): void {
    this.wanted.set(filter, done);
    // Taken back before the broker was told that nobody wants it: it delivers, and will not confirm again.
    if (this.client.connected && this.answered.get(filter)) done();
    this.ask();
  }

  remove(filter: string): void {
    this.wanted.delete(filter);
    this.ask();
  }

  private ask(): void {
    if (this.isAsking || !this.client.connected || this.client.disconnecting) return;
    const gone = [...this.answered.keys()].filter((filter) => !this.wanted.has(filter));
    const fresh = [...this.wanted.keys()].filter((filter) => !this.answered.has(filter));
    if (gone.length > 0) {
      for (const filter of gone) this.answered.delete(filter);
      this.client.unsubscribe(gone, this.begin());
    } else if (fresh.length > 0) {
      const end = this.begin();
      this.client.subscribe(fresh, { qos: 1 }, (error, _granted, packet) => {
        // Without a packet the connection ended before the answer: the next one asks again.
        const granted = packet?.granted as number[] | undefined;
        if (error && !granted) return end();
        for (const [i, filter] of fresh.entries()) this.take(filter, granted?.[i] ?? REFUSED);
        end();
      });
    }
  }

  private take(filter: string, answer: number): void {
    const delivers = answer < REFUSED;
    this.answered.set(filter, delivers);
    if (delivers) this.wanted.get(filter)?.();
    else this.onRefused(filter);
  }

  /** @returns what ends the request, unless another connection has begun meanwhile */
  private begin(): () => void {
    const connection = this.connections;
    this.isAsking = true;
    return () => {
      if (connection !== this.connections) return;
      this.isAsking = false;
      this.ask();
    };
  }
}
