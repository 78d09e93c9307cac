/** Who is told, what and when: what an owner says of it, the same from the page and from a command. */

import type { AlertTimes, AlertTopic, AlertWay } from "../../schema/alerts";
import { AlertRows } from "../../store/alertrows";
import { StoreError } from "../../store/errors";
import type { Note } from "../sending";
import type { Pile } from "./pile";
import { addressOf, requireNear, requireWay } from "./ways";

const MAX_WAYS = 8;

/** One who is told. */
export interface Listener {
  id: number;
  way: AlertWay;
  tells: AlertTopic[];
}

export interface Wanted {
  listeners: Listener[];
  times: AlertTimes;
  /** A URL. */
  watcher?: string;
  /** Never one that was used: what waits for whoever had it is nobody else's. */
  nextId: number;
}

const NOTHING: Wanted = { listeners: [], times: { gatherMinutes: 5, silentHours: 24 }, nextId: 1 };

export class AlertBook {
  private constructor(
    private readonly rows: AlertRows<{ wanted: Wanted; told: Pile[] }>,
    private readonly isDemo: boolean,
    private readonly note: Note,
  ) {}

  /** @throws STORE_OPEN, STORE_OLDER, STORE_KEYRING_* */
  static open(dataDir: string, isDemo: boolean, note: Note): AlertBook {
    return new AlertBook(AlertRows.open(dataDir), isDemo, note);
  }

  close(): void {
    this.rows.close();
  }

  /** `paused`: the store was restored since. */
  wanted(): Wanted & { paused: boolean } {
    const { value = NOTHING, isRestored = false } = this.rows.read("wanted") ?? {};
    return { ...value, paused: isRestored };
  }

  /** What a backup brought back is nothing that anybody waits for. */
  told(): Pile[] {
    const { value, isRestored = false } = this.rows.read("told") ?? {};
    return value && !isRestored ? value : [];
  }

  keep(piles: Pile[]): void {
    this.rows.change("told", () => piles);
  }

  /** @throws ALERT_WAY */
  listener(id: number): Listener {
    return found(this.wanted().listeners, id);
  }

  /** @throws ALERT_MANY, OUTBOX_PLAIN, OUTBOX_DEMO */
  add(way: AlertWay, tells: AlertTopic[]): Listener {
    requireWay(way, this.isDemo);
    this.change((before) => {
      if (before.listeners.length >= MAX_WAYS)
        throw new StoreError("ALERT_MANY", `${MAX_WAYS} are told already: remove one first`);
      const listeners = [...before.listeners, { id: before.nextId, way, tells }];
      return { ...before, listeners, nextId: before.nextId + 1 };
    });
    const added = this.wanted().listeners.at(-1)!;
    this.noteTopics(added);
    return added;
  }

  /** @throws ALERT_WAY */
  setTopics(id: number, tells: AlertTopic[]): void {
    this.change((before) => {
      found(before.listeners, id);
      return {
        ...before,
        listeners: before.listeners.map((one) => (one.id === id ? { ...one, tells } : one)),
      };
    });
    this.noteTopics(this.listener(id));
  }

  /** @throws ALERT_WAY */
  remove(id: number): void {
    this.change((before) => {
      found(before.listeners, id);
      return { ...before, listeners: before.listeners.filter((one) => one.id !== id) };
    });
  }

  /** After a restore, telling goes on with them. */
  setTimes(times: AlertTimes): void {
    this.rows.change("wanted", (before = NOTHING) => ({ ...before, times }));
  }

  /** @throws OUTBOX_PLAIN, OUTBOX_DEMO */
  setWatcher(url: string | undefined): void {
    if (url !== undefined) requireNear(url, this.isDemo);
    this.change((before) => ({ ...before, watcher: url }));
    // Each ping would be a line; that it goes out all the time is one.
    if (url !== undefined)
      this.note({
        kind: "consent",
        to: "watcher",
        address: new URL(url).host,
        detail: "pinged while all is well",
      });
  }

  private change(to: (before: Wanted) => Wanted): void {
    this.rows.change("wanted", (before = NOTHING) => to(before), true);
  }

  private noteTopics({ way, tells }: Listener): void {
    this.note({
      kind: "consent",
      to: "family",
      address: addressOf(way),
      detail: `alerts: ${tells.join(", ")}`,
    });
  }
}

/** @throws ALERT_WAY */
function found(listeners: Listener[], id: number): Listener {
  const listener = listeners.find((one) => one.id === id);
  if (listener) return listener;
  throw new StoreError("ALERT_WAY", `nobody is told under ${id}: 'avnode alerts' lists who is`);
}
