/** The hub's side of one mirror: tells it what changed, commit by commit, from snapshots of the store that runs. */
import { setImmediate as breathe, setTimeout as wait } from "node:timers/promises";
import type { Database } from "better-sqlite3";
import { changesFor, framesBeyond, type Have, type Value } from "../backup/changes";
import { readKeys, sealing } from "../backup/keyfile";
import { sealKeys } from "../backup/sealed";
import type { Table } from "../backup/tables";
import { openBeside } from "../store/directory";
import { hubKey } from "../store/log/hubkey";
import type { Runs } from "../store/runs";
import { SCHEMA_VERSION } from "../store/schema";
import {
  badMessage,
  type Channel,
  PROTOCOL,
  type Statement,
  type ToHub,
  type ToMirror,
  toJson,
} from "./wire";

/** Between two looks whether somebody committed, and two rounds. */
const LOOK_MS = 250;
const PING_MS = 15_000;
const FRAMES_PER_MESSAGE = 100;
const ROWS_PER_MESSAGE = 200;

export interface Served {
  dataDir: string;
  /** False once the mirror is no longer invited. */
  isWelcome(): boolean;
  /** After each round that the mirror took, and each minute without one. @param at Unix ms of the snapshot */
  onTaken(at: number): void;
  onRefused(code: string, message: string): void;
}

/** Until the connection or the welcome ends. @throws MIRROR_*; errors of the stream */
export async function serve(channel: Channel<ToMirror, ToHub>, served: Served): Promise<void> {
  const hello = await channel.expect("hello");
  if (hello.v !== PROTOCOL) throw badMessage(`version ${hello.v}`);
  const have = haveOf(hello.have);
  const { db, keyring, meta } = openBeside(served.dataDir, true);
  try {
    const keys = readKeys(served.dataDir);
    const { key, salt } = sealing(keys);
    await channel.send({
      t: "store",
      v: PROTOCOL,
      schema: SCHEMA_VERSION,
      storeId: keyring.storeId.toString("hex"),
      generation: keyring.generation.toString("hex"),
      kind: meta.get("kind") ?? "",
      key: Buffer.from(hubKey(keyring).publicKey).toString("hex"),
      sealed: sealKeys(keys, key, salt),
    });
    await new Rounds(db, channel, have, served).run();
  } finally {
    if (db.inTransaction) db.exec("ROLLBACK");
    db.close();
  }
}

function haveOf(statement: Statement): Have {
  try {
    const maps = <T>(tables: Record<string, [string, T][]>) =>
      Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, new Map(rows)]));
    return { digests: maps(statement.digests), ends: maps(statement.ends) };
  } catch {
    throw badMessage("its statement of what it has");
  }
}

class Rounds {
  private readonly runs = new Map<number, Runs>();
  private seen = -1;
  private heardAt = Date.now();

  constructor(
    private readonly db: Database,
    private readonly channel: Channel<ToMirror, ToHub>,
    private readonly have: Have,
    private readonly served: Served,
  ) {}

  async run(): Promise<void> {
    while (this.served.isWelcome()) {
      const version = this.db.pragma("data_version", { simple: true }) as number;
      if (version !== this.seen) {
        this.seen = version;
        await this.round();
      } else if (Date.now() - this.heardAt > PING_MS) {
        await this.channel.send({ t: "ping" });
        await this.channel.expect("pong");
        this.taken(Date.now());
      }
      await wait(LOOK_MS);
    }
  }

  private async answer<T extends "done" | "runs">(kind: T): Promise<Extract<ToHub, { t: T }>> {
    const message = await this.channel.next();
    if (message.t === "refused") {
      this.served.onRefused(String(message.code), String(message.message));
      throw badMessage("it refused what it was told");
    }
    if (message.t !== kind) throw badMessage(`${message.t} where ${kind} was due`);
    return message as Extract<ToHub, { t: T }>;
  }

  private taken(at: number): void {
    this.heardAt = Date.now();
    this.served.onTaken(at);
  }

  private async round(): Promise<void> {
    this.db.exec("BEGIN");
    try {
      const at = Date.now();
      const { rows, removed, recordings } = changesFor(this.db, this.have);
      if (rows.length + removed.length === 0) return;
      await this.channel.send({ t: "begin", at });
      for (const { table, key } of removed)
        await this.channel.send({ t: "remove", table: table.name, key: key.map(toJson) });
      await this.sendRows(rows);
      await this.learnRuns(recordings);
      for (const recording of recordings) await this.sendFrames(recording);
      await this.channel.send({ t: "commit", at });
      await this.answer("done");
      this.taken(at);
    } finally {
      if (this.db.inTransaction) this.db.exec("COMMIT");
    }
  }

  private async sendRows(rows: { table: Table; values: Value[] }[]): Promise<void> {
    for (let at = 0; at < rows.length; ) {
      const { table } = rows[at]!;
      let end = at;
      while (end < rows.length && end - at < ROWS_PER_MESSAGE && rows[end]!.table === table) end++;
      const values = rows.slice(at, end).map((row) => row.values.map(toJson));
      await this.channel.send({ t: "rows", table: table.name, rows: values });
      await breathe();
      at = end;
    }
  }

  /** What the mirror holds of recordings that this session has not sent yet. */
  private async learnRuns(recordings: number[]): Promise<void> {
    const unknown = recordings.filter((recording) => !this.runs.has(recording));
    if (unknown.length === 0) return;
    await this.channel.send({ t: "ask", recordings: unknown });
    const { runs } = await this.answer("runs");
    for (const [recording, held] of runs) {
      this.runs.set(
        Number(recording),
        held.map(([from, length]) => ({ from: Number(from), length: Number(length) })),
      );
    }
  }

  private async sendFrames(recording: number): Promise<void> {
    const runs = this.runs.get(recording);
    if (!runs) throw badMessage(`no word about recording ${recording}`);
    let frames: [number, number, string][] = [];
    const flush = async () => {
      if (frames.length > 0) await this.channel.send({ t: "frames", recording, frames });
      frames = [];
      // Receipts go first.
      await breathe();
    };
    for (const { sequence, type, frame } of framesBeyond(this.db, recording, runs)) {
      frames.push([sequence, type, Buffer.from(frame).toString("base64")]);
      if (frames.length === FRAMES_PER_MESSAGE) await flush();
    }
    await flush();
  }
}
