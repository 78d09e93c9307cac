/** Gathers the messages of one moment into as few envelopes as they fit. */
import { toHex } from "../../protocol/bytes";
import { MAX_ENVELOPE_BYTES, MAX_ENVELOPE_MESSAGES, topic } from "../../protocol/names";
import type { Clock } from "../clock";
import type { Connection } from "./client";
import { ENVELOPE_OVERHEAD_BYTES, encodeEnvelope, MESSAGE_OVERHEAD_BYTES } from "./envelope";

interface Batch {
  alias: Uint8Array;
  messages: Uint8Array[];
  bytes: number;
}

const FULL_BYTES = MAX_ENVELOPE_BYTES - ENVELOPE_OVERHEAD_BYTES;

/** Bounded: one batch per alias, sent when it is full and at the end of the tick. */
export class Outbox {
  private readonly batches = new Map<string, Batch>();
  private cancel?: () => void;

  /** @param onDropped told how many messages went nowhere because MQTT is down or behind */
  constructor(
    private readonly kind: "frames" | "downlink",
    private readonly connection: Connection,
    private readonly clock: Clock,
    private readonly onDropped: (messages: number) => void,
  ) {}

  add(alias: Uint8Array, message: Uint8Array): void {
    const hex = toHex(alias);
    const bytes = message.length + MESSAGE_OVERHEAD_BYTES;
    let batch = this.batches.get(hex);
    if (batch && (batch.messages.length === MAX_ENVELOPE_MESSAGES || batch.bytes + bytes > FULL_BYTES)) {
      this.send(batch);
      batch = undefined;
    }
    if (!batch) {
      batch = { alias, messages: [], bytes: 0 };
      this.batches.set(hex, batch);
    }
    batch.messages.push(message);
    batch.bytes += bytes;
    this.cancel ??= this.clock.after(0, () => this.flush());
  }

  flush(): void {
    this.cancel?.();
    this.cancel = undefined;
    for (const batch of this.batches.values()) this.send(batch);
    this.batches.clear();
  }

  private send({ alias, messages }: Batch): void {
    const payload = encodeEnvelope({ v: 1, type: `avnode/${this.kind}`, at: this.clock.now(), messages });
    if (!this.connection.publish(topic(alias, this.kind), payload)) this.onDropped(messages.length);
  }
}
