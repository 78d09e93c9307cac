/**
 * Carries the outbox out of the house: looks what is due, hands it over, writes down what became of it. Killed at any
 * point it goes on at the next start; the network gone, it waits.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../clock";
import { Tally } from "../mqtt/tally";
import type { Way } from "../schema/delivery";
import { codeOf } from "../store/errors";
import type { Log } from "../store/log";
import { type Delivery, MAX_WAITING, type Outbox, type Recipient } from "../store/outbox/outbox";
import type { StoreReader } from "../store/reader";
import { answering, type MakeLink } from "./answering";
import { nextAttempt } from "./backoff";
import type { Documents } from "./documents";
import type { DocumentOrder } from "./documentworker";
import { DeliveryError } from "./error";
import { isAsked, queueByRules } from "./rules";
import type { Transport } from "./transport";
import { addressOf, requireAllowed } from "./way";

const LOOK_EVERY_MS = 5000;
const RULES_EVERY_MS = 60_000;
const STOPPING_MS = 5000;
/** Recipients that something is on its way to at once. */
const MAX_AT_ONCE = 4;

/** What leaves, told before it does. */
export type Leaving = (left: { to: string; address: string; recording: string; detail: string }) => void;

export interface CarrierParts {
  reader: StoreReader;
  outbox: Outbox<Way>;
  dataDir: string;
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random: () => number;
  make: (order: DocumentOrder) => Promise<Documents>;
  handOver: Transport;
  leaving: Leaving;
  makeLink: MakeLink;
}

export class Carrier {
  /** Address of the owner's page for other machines; undefined while none reaches it. */
  page: string | undefined;
  /** Recipients that something is on its way to. */
  private readonly busy = new Map<number, Promise<void>>();
  private readonly tally: Tally;
  private ruledAt = Number.NEGATIVE_INFINITY;
  private cancel: () => void;
  private stopped = false;

  constructor(private readonly parts: CarrierParts) {
    this.tally = new Tally("outbox", parts.clock, parts.log);
    this.cancel = parts.clock.after(0, () => this.look());
  }

  /** How full the outbox is, in thousandths. */
  permille(): number {
    return Math.round((this.parts.outbox.waitingCount() * 1000) / MAX_WAITING);
  }

  /** What is on its way is waited for a little, or a mail might go out twice; its row says so, and the next start tries again. */
  async stop(): Promise<void> {
    this.cancel();
    let forget = () => {};
    const late = new Promise<void>((done) => {
      forget = this.parts.clock.after(STOPPING_MS, done);
    });
    await Promise.race([this.idle(), late]);
    forget();
    this.stopped = true;
    this.parts.outbox.close();
  }

  /** Until nothing is on its way. */
  async idle(): Promise<void> {
    await Promise.all(this.busy.values());
  }

  private look(): void {
    const { clock, outbox, reader } = this.parts;
    this.cancel = clock.after(LOOK_EVERY_MS, () => this.look());
    const now = clock.now();
    try {
      if (Math.abs(now - this.ruledAt) >= RULES_EVERY_MS) {
        this.ruledAt = now;
        queueByRules(reader, outbox);
      }
      for (const delivery of outbox.waiting()) {
        if (this.busy.size >= MAX_AT_ONCE) break;
        if (delivery.nextAt! > now || this.busy.has(delivery.recipient)) continue;
        const done = this.carry(delivery).finally(() => this.busy.delete(delivery.recipient));
        this.busy.set(delivery.recipient, done);
      }
    } catch (error) {
      // A disk that is full, or a row that was edited: recording goes on, and the next look may do.
      this.tally.count(
        codeOf(error).toLowerCase(),
        `could not look into the outbox: ${(error as Error).message}`,
      );
    }
  }

  /** Never rejects. */
  private async carry(delivery: Delivery): Promise<void> {
    const { outbox, make, handOver, leaving, makeLink, dataDir, clock } = this.parts;
    const { id, recording, person } = delivery;
    try {
      const recipient = outbox.recipient(delivery.recipient);
      const why = this.whyNot(delivery, recipient);
      if (why !== undefined || !recipient) return outbox.end(id, "withdrawn", why);
      const { way, name } = recipient;
      if (!outbox.begin(id)) return;
      const key = keyOf(delivery);
      const asked = { label: name, recording, person, delivery: id, key, now: clock.now() };
      const answer = answering(way, asked, this.page, makeLink);
      const documents = await make({ dataDir, id: recording, way, answering: answer });
      if (this.stopped) return;
      // It may have been withdrawn, or its recording erased or given to another, while its report was made.
      const still = outbox.delivery(id);
      const late = still && this.whyNot(still, outbox.recipient(delivery.recipient));
      if (late !== undefined) return outbox.end(id, "withdrawn", late);
      if (still?.state !== "sending") return;
      leaving({ to: name, address: addressOf(way), recording, detail: way.kind });
      await handOver(way, documents, key);
      if (!this.stopped) outbox.end(id, "accepted");
    } catch (error) {
      if (!this.stopped) this.failed(delivery, error as Error);
    }
  }

  private failed({ id, attempts, queuedAt }: Delivery, error: Error): void {
    const { outbox, clock, random, log } = this.parts;
    const isFinal = error instanceof DeliveryError && !error.retry;
    const said = error instanceof DeliveryError ? error.message : `${codeOf(error)}: ${error.message}`;
    const failures = attempts + 1;
    const { retryAfterMs = 0 } = error as Partial<DeliveryError>;
    const next = nextAttempt({ queuedAt, failures, retryAfterMs }, clock.now(), random);
    // What could not be made nobody has refused.
    const final = codeOf(error) === "DELIVERY_DOCUMENT" ? "failed" : "bounced";
    try {
      if (isFinal) outbox.end(id, final, said);
      else if (next === undefined) outbox.end(id, "failed", `given up after a week: ${said}`);
      else outbox.postpone(id, next, said);
    } catch (cause) {
      this.tally.count(codeOf(cause).toLowerCase(), `could not note a delivery: ${(cause as Error).message}`);
    }
    // Without the reason: a server's answer may name whom it was for.
    log.warn({ code: codeOf(error), delivery: id }, "a delivery did not get there; see 'avnode outbox'");
  }

  /** Why it must not leave. */
  private whyNot(
    { stale, recording, person, by }: Delivery,
    recipient: Recipient<Way> | undefined,
  ): string | undefined {
    const { reader } = this.parts;
    if (!recipient) return "its recipient was removed";
    if (stale)
      return "the hub came out of a backup since, and nobody knows whether this had left: send it again if it did not arrive";
    if (reader.recording(recording).erasedAt !== undefined) return "the recording was erased";
    if (reader.personOf(recording)?.id !== person) return "the recording was given to another person since";
    if (by === "rule" && !isAsked(recipient.rule, recording, reader))
      return "its recipient's rule asks for it no more: send it by hand if it is to go";
    try {
      requireAllowed(recipient.way, reader.kind !== "home");
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  }
}

/** What protocols are given to tell the same delivery by. */
function keyOf({ recipient, recording, version }: Delivery): string {
  return createHash("sha256")
    .update(JSON.stringify(["avnode/delivery", recipient, recording, version]))
    .digest("hex");
}
