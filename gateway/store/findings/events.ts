/** Events on disk: what grouping makes of the episodes, under ids that stay while an event grows. */
import type { Database } from "better-sqlite3";
import { fromHex, toHex } from "../../../protocol/bytes";
import type { Keyring } from "../keyring";
import { SealedTable } from "../rows";
import { type EventBody, group } from "./group";
import { type OpenedEvent, OpenedEvents } from "./opened";
import { EVENT_COLUMNS, type EventRow, eventPlace } from "./rows";
import { sealJson } from "./sealedjson";
import type { EventInfo, EventKind, EventPart } from "./types";

const partKey = ({ recording, analysis, from }: EventPart) => `${recording}/${analysis}/${from}`;

export class Events {
  private readonly table: SealedTable<EventRow>;
  private readonly opened: OpenedEvents;

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "events", EVENT_COLUMNS, 1);
    this.opened = new OpenedEvents(db, keyring);
  }

  /**
   * Puts what an analysis says in the place of what it, or one of the same version before it, said of the recording.
   * @param device in hex
   * @returns events that are new or changed
   */
  put(device: string, version: string, recording: string, parts: Map<EventKind, EventPart[]>): EventInfo[] {
    const own = this.opened.of(device).filter(({ body }) => body.version === version);
    const kinds = new Set([...own.map(({ body }) => body.kind), ...parts.keys()]);
    return [...kinds].flatMap((kind) => {
      const before = own.filter(({ body }) => body.kind === kind);
      const others = before.flatMap(({ body }) => body.parts).filter((part) => part.recording !== recording);
      return this.replace(device, before, group(kind, version, [...others, ...(parts.get(kind) ?? [])]));
    });
  }

  /** What an erased recording had a part in; what is left is grouped anew. */
  erase(device: Uint8Array, recording: string): void {
    const hex = toHex(device);
    for (const event of this.opened.of(hex)) {
      const { kind, version, parts } = event.body;
      const left = parts.filter((part) => part.recording !== recording);
      if (left.length < parts.length) this.replace(hex, [event], group(kind, version, left));
    }
    this.opened.letGo(hex);
  }

  /** An event keeps the lowest id that any of its parts had. */
  private replace(device: string, before: OpenedEvent[], after: EventBody[]): EventInfo[] {
    const idOf = new Map<string, number>();
    for (const { row, body } of before)
      for (const part of body.parts) if (!idOf.has(partKey(part))) idOf.set(partKey(part), row.id);
    const free = new Map(before.map(({ row, body }) => [row.id, body]));
    const told: EventInfo[] = [];
    for (const body of after) {
      const ids = body.parts.map((part) => idOf.get(partKey(part)) ?? 0).filter((id) => free.has(id));
      const id = ids.length > 0 ? Math.min(...ids) : undefined;
      const old = id === undefined ? undefined : free.get(id);
      if (id !== undefined) free.delete(id);
      if (old && JSON.stringify(body) === JSON.stringify(old)) continue;
      told.push({ id: this.write(fromHex(device), id, body), device, ...body });
    }
    for (const id of free.keys()) this.db.prepare("DELETE FROM events WHERE id = ?").run(id);
    return told;
  }

  private write(device: Uint8Array, known: number | undefined, body: EventBody): number {
    const id =
      known ?? (this.db.prepare("SELECT coalesce(max(id), 0) + 1 FROM events").pluck().get() as number);
    const row = { id, device: Buffer.from(device), body: sealJson(this.keyring, body, eventPlace(id)) };
    if (known === undefined) this.table.insert(row);
    else this.table.update(row);
    return id;
  }
}
