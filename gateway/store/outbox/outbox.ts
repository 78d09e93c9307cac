/**
 * What waits to leave the house, on a connection of its own, so that a command beside the hub writes it as the hub does.
 * Every change is a transaction; nothing here waits for a network.
 */
import type { Database } from "better-sqlite3";
import { toHex } from "../../../protocol/bytes";
import { openBeside } from "../directory";
import { StoreError } from "../errors";
import { openJson, sealJson } from "../findings/sealedjson";
import type { Keyring } from "../keyring";
import { SealedTable } from "../rows";
import {
  DELIVERY_COLUMNS,
  type DeliveryBody,
  type DeliveryRow,
  type DeliveryState,
  RECIPIENT_COLUMNS,
  type RecipientBody,
  type RecipientRow,
} from "./rows";

const MAX_RECIPIENTS = 50;
/** Deliveries that wait: beyond it nothing is added. */
export const MAX_WAITING = 1000;
const LISTED = 200;
const WAITING = "state IN ('queued', 'sending')";

const recipientPlace = (id: number) => `recipient ${id}`;
const deliveryPlace = (id: number) => `delivery ${id}`;

export interface Recipient<Way> extends RecipientBody<Way> {
  id: number;
  /** The store was restored since its rule was said. */
  paused: boolean;
}

export interface Delivery extends DeliveryBody {
  id: number;
  recipient: number;
  /** Id of the recording. */
  recording: string;
  version: string;
  state: DeliveryState;
  nextAt?: number;
  /** It waits from before a restore: whether it was accepted since, nobody here knows. */
  stale: boolean;
}

/** @typeParam Way how a recipient is reached: the outbox keeps it and does not look into it */
export class Outbox<Way> {
  private readonly recipientTable: SealedTable<RecipientRow>;
  private readonly deliveryTable: SealedTable<DeliveryRow>;
  private readonly generation: string;

  private constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly now: () => number,
  ) {
    this.recipientTable = new SealedTable(db, keyring, "recipients", RECIPIENT_COLUMNS, 1);
    this.deliveryTable = new SealedTable(db, keyring, "deliveries", DELIVERY_COLUMNS, 1);
    this.generation = toHex(keyring.generation);
  }

  /** @throws STORE_OPEN, STORE_OLDER, STORE_KEYRING_* */
  static open<Way>(dataDir: string, now: () => number): Outbox<Way> {
    const { db, keyring } = openBeside(dataDir, false);
    return new Outbox(db, keyring, now);
  }

  close(): void {
    this.db.close();
  }

  /** By name. Of rows that somebody edited nothing is believed, and nothing is sent there. */
  recipients(): Recipient<Way>[] {
    const rows = this.db.prepare("SELECT * FROM recipients").all() as RecipientRow[];
    return rows
      .filter((row) => this.recipientTable.intact(row))
      .map((row) => this.recipientOf(row))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  recipient(id: number): Recipient<Way> | undefined {
    return this.recipients().find((one) => one.id === id);
  }

  /** @throws OUTBOX_NAME, OUTBOX_MANY */
  add(details: Omit<RecipientBody<Way>, "since" | "generation">): Recipient<Way> {
    return this.change(() => {
      const known = this.recipients();
      if (known.some(({ name }) => name === details.name))
        throw new StoreError("OUTBOX_NAME", "another recipient here has that name: choose another");
      if (known.length >= MAX_RECIPIENTS)
        throw new StoreError(
          "OUTBOX_MANY",
          `there are ${MAX_RECIPIENTS} recipients already: remove one first`,
        );
      // Never one that was used: deliveries to whoever had it stay.
      const id = this.db
        .prepare(
          "SELECT 1 + max(coalesce((SELECT max(id) FROM recipients), 0), coalesce((SELECT max(recipient) FROM deliveries), 0))",
        )
        .pluck()
        .get() as number;
      const body = { ...details, since: this.now(), generation: this.generation };
      this.recipientTable.insert({ id, body: sealJson(this.keyring, body, recipientPlace(id)) });
      return this.recipient(id)!;
    });
  }

  /** From now on. @throws OUTBOX_RECIPIENT */
  setRule(id: number, said: Pick<RecipientBody<Way>, "rule" | "consent">): Recipient<Way> {
    return this.change(() => {
      const { id: _, paused: __, ...before } = this.require(id);
      const body = { ...before, ...said, since: this.now(), generation: this.generation };
      this.recipientTable.update({ id, body: sealJson(this.keyring, body, recipientPlace(id)) });
      return this.recipient(id)!;
    });
  }

  /** What waits for it is withdrawn. @throws OUTBOX_RECIPIENT */
  remove(id: number): void {
    this.change(() => {
      this.require(id);
      for (const one of this.waiting())
        if (one.recipient === id) this.settle(one.id, "withdrawn", "its recipient was removed");
      this.db.prepare("DELETE FROM recipients WHERE id = ?").run(id);
    });
  }

  /**
   * Once for a recipient, a recording and a version of what is said of it.
   * @param recording whole id
   * @returns the one that is there, where there is one
   * @throws OUTBOX_RECIPIENT, OUTBOX_FULL, STORE_NOT_FOUND
   */
  queue(wanted: {
    recipient: number;
    recording: string;
    version: string;
    person: number;
    by: "owner" | "rule";
  }): Delivery {
    return this.change(() => {
      const { recipient, version, person, by } = wanted;
      this.require(recipient);
      const key = this.db.prepare("SELECT key FROM recordings WHERE id = ?").pluck().get(wanted.recording) as
        | number
        | undefined;
      if (key === undefined) throw new StoreError("STORE_NOT_FOUND", `no recording ${wanted.recording} here`);
      const same = this.db
        .prepare("SELECT * FROM deliveries WHERE recipient = ? AND recording = ? AND version = ?")
        .get(recipient, key, version) as DeliveryRow | undefined;
      // What did not get there may be sent again by hand; what was accepted, and what waits, is not.
      const isOver = same && ["bounced", "failed", "withdrawn"].includes(same.state);
      if (same && !(isOver && by === "owner")) return this.deliveryOf(same);
      if (this.waitingCount() >= MAX_WAITING)
        throw new StoreError(
          "OUTBOX_FULL",
          `${MAX_WAITING} deliveries wait already: see in 'avnode outbox' why nothing leaves`,
        );
      const now = this.now();
      const id =
        same?.id ??
        (this.db.prepare("SELECT coalesce(max(id), 0) + 1 FROM deliveries").pluck().get() as number);
      const said: DeliveryBody = {
        ...{ person, by, attempts: 0, queuedAt: now, since: now },
        generation: this.generation,
      };
      const row: DeliveryRow = {
        ...{ id, recipient, recording: key, version, state: "queued", next_at: now },
        body: sealJson(this.keyring, said, deliveryPlace(id)),
      };
      if (same) this.deliveryTable.update(row);
      else this.deliveryTable.insert(row);
      return this.delivery(id)!;
    });
  }

  delivery(id: number): Delivery | undefined {
    const row = this.row(id);
    return row && this.deliveryTable.intact(row) ? this.deliveryOf(row) : undefined;
  }

  /** Whether what it brought is still its recipient's: nobody took it back, and the recipient is one. */
  lasts(id: number): boolean {
    const sent = this.delivery(id);
    return sent !== undefined && sent.state !== "withdrawn" && this.recipient(sent.recipient) !== undefined;
  }

  /** Newest first. @param recording whole id */
  list(recording?: string): Delivery[] {
    const rows = this.db
      .prepare(
        `SELECT d.* FROM deliveries d JOIN recordings r ON r.key = d.recording
         WHERE @recording IS NULL OR r.id = @recording ORDER BY d.id DESC LIMIT ${LISTED}`,
      )
      .all({ recording: recording ?? null }) as DeliveryRow[];
    return rows.filter((row) => this.deliveryTable.intact(row)).map((row) => this.deliveryOf(row));
  }

  /** Those that have not come to an end, the one that is due first. */
  waiting(): Delivery[] {
    const rows = this.db
      .prepare(`SELECT * FROM deliveries WHERE ${WAITING} ORDER BY next_at, id`)
      .all() as DeliveryRow[];
    return rows.filter((row) => this.deliveryTable.intact(row)).map((row) => this.deliveryOf(row));
  }

  waitingCount(): number {
    return this.db.prepare(`SELECT count(*) FROM deliveries WHERE ${WAITING}`).pluck().get() as number;
  }

  /** Whether the recording was ever queued for the recipient, in whatever version. @param recording whole id */
  knows(recipient: number, recording: string): boolean {
    return (
      this.db
        .prepare(
          "SELECT 1 FROM deliveries d JOIN recordings r ON r.key = d.recording WHERE d.recipient = ? AND r.id = ?",
        )
        .get(recipient, recording) !== undefined
    );
  }

  /** On disk before the first byte leaves. @returns false when it was withdrawn meanwhile */
  begin(id: number): boolean {
    return this.change(() => this.put(id, { state: "sending", attempt: true }));
  }

  /** It did not get there yet. */
  postpone(id: number, nextAt: number, reason: string): void {
    this.change(() => this.put(id, { state: "queued", nextAt, reason }));
  }

  /** How it ended, unless it has ended already. */
  end(id: number, state: "accepted" | "bounced" | "failed" | "withdrawn", reason?: string): void {
    this.change(() => this.settle(id, state, reason));
  }

  /** It was accepted, and came back since: it may be sent again by hand. @throws OUTBOX_NOT_ACCEPTED */
  cameBack(id: number): Delivery {
    return this.change(() => {
      const reason = "it came back, as its sender was told";
      if (!this.put(id, { state: "bounced", reason }, ["accepted"]))
        throw new StoreError(
          "OUTBOX_NOT_ACCEPTED",
          `delivery ${id} is none that was accepted, so it cannot have come back: see 'avnode outbox'`,
        );
      return this.delivery(id)!;
    });
  }

  private settle(id: number, state: DeliveryState, reason?: string): void {
    this.put(id, { state, reason });
  }

  private put(
    id: number,
    to: { state: DeliveryState; attempt?: boolean; nextAt?: number; reason?: string },
    from: DeliveryState[] = ["queued", "sending"],
  ): boolean {
    const row = this.row(id);
    if (!row || !this.deliveryTable.intact(row)) return false;
    if (!from.includes(row.state)) return false;
    const before = this.bodyOf(row);
    const body: DeliveryBody = {
      ...before,
      attempts: before.attempts + (to.attempt ? 1 : 0),
      since: to.state === row.state ? before.since : this.now(),
      reason: to.attempt ? before.reason : to.reason,
    };
    this.deliveryTable.update({
      ...row,
      state: to.state,
      next_at: to.nextAt ?? row.next_at,
      body: sealJson(this.keyring, body, deliveryPlace(id)),
    });
    return true;
  }

  private require(id: number): Recipient<Way> {
    const known = this.recipient(id);
    if (known) return known;
    throw new StoreError("OUTBOX_RECIPIENT", `there is no recipient ${id}: 'avnode recipients' lists them`);
  }

  private row(id: number): DeliveryRow | undefined {
    return this.db.prepare("SELECT * FROM deliveries WHERE id = ?").get(id) as DeliveryRow | undefined;
  }

  private bodyOf({ id, body }: DeliveryRow): DeliveryBody {
    return openJson(this.keyring, body, deliveryPlace(id)) as DeliveryBody;
  }

  private deliveryOf(row: DeliveryRow): Delivery {
    const { id, recipient, version, state } = row;
    const recording = this.db
      .prepare("SELECT id FROM recordings WHERE key = ?")
      .pluck()
      .get(row.recording) as string;
    const body = this.bodyOf(row);
    const waits = state === "queued" || state === "sending";
    return {
      ...body,
      ...{ id, recipient, recording, version, state },
      nextAt: waits ? row.next_at : undefined,
      stale: waits && body.generation !== this.generation,
    };
  }

  private recipientOf({ id, body }: RecipientRow): Recipient<Way> {
    const said = openJson(this.keyring, body, recipientPlace(id)) as RecipientBody<Way>;
    return { ...said, id, paused: said.generation !== this.generation };
  }

  /** Another process may write, too: what was read before stays so until the end. */
  private change<T>(run: () => T): T {
    return this.db.transaction(run).immediate();
  }
}
