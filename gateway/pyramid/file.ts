/**
 * Pyramids on disk: `pyramid.db`, beside the store and apart from it. It is in no backup, for it can be made anew from
 * the frames at any time, and tells of health: every chunk is sealed by a key that goes with the recording's own.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { codeOf } from "../store/errors";
import { checkSecret, reserveSecret } from "../store/secretfile";
import { type Chunk, ENTRIES, emptyChunk, NO_SAMPLE } from "./levels";

/** Of the levels' form and the sealing: another one is thrown away. */
const VERSION = 1;
const BUSY_MS = 5000;
const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** `level` of a recording's state: which of its frames the chunks hold. */
const STATE = -1;

const SCHEMA = `
  CREATE TABLE chunks (
    recording TEXT NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (recording, level, idx)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`;

/** The sealed chunks of one recording. */
export interface Sealer {
  id: string;
  leads: number;
  /** 32 bytes. */
  key: Uint8Array;
}

export class PyramidFile {
  private readonly db: Database.Database;

  /** What cannot be read is made anew. @throws PYRAMID_* for a file that others may write; errors of SQLite */
  constructor(dataDir: string) {
    const path = join(dataDir, "pyramid.db");
    if (existsSync(path)) checkSecret(path, "PYRAMID");
    try {
      this.db = open(path);
    } catch (error) {
      if (!/^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(codeOf(error))) throw error;
      remove(path);
      this.db = open(path);
    }
  }

  /** Recordings of which something is kept. */
  recordings(): string[] {
    return this.db.prepare("SELECT DISTINCT recording FROM chunks").pluck().all() as string[];
  }

  /** Empty where there is none, or none that this key opens. */
  chunk(of: Sealer, level: number, index: number): Chunk {
    const chunk = emptyChunk(of.leads);
    const plain = this.opened(of, level, index);
    if (!plain || plain.length % (8 * of.leads) !== 0) return chunk;
    const entries = plain.length / 8 / of.leads;
    for (let i = 0, lead = 0; lead < of.leads; lead++)
      for (let entry = 0; entry < 2 * entries; entry++, i += 4)
        chunk[lead * ENTRIES * 2 + entry] = plain.readInt32LE(i);
    return chunk;
  }

  /** The newest that was saved, as its own JSON. */
  state(of: Sealer): unknown {
    const plain = this.opened(of, STATE, 0);
    return plain && JSON.parse(plain.toString("utf8"));
  }

  /** All or nothing. */
  save(of: Sealer, chunks: { level: number; index: number; chunk: Chunk }[], state: object): void {
    this.db.transaction(() => {
      for (const { level, index, chunk } of chunks) this.put(of, level, index, packed(chunk, of.leads));
      this.put(of, STATE, 0, Buffer.from(JSON.stringify(state)));
    })();
  }

  remove(recording: string): void {
    this.db.prepare("DELETE FROM chunks WHERE recording = ?").run(recording);
    this.db.pragma("wal_checkpoint(TRUNCATE)");
  }

  close(): void {
    this.db.close();
  }

  private put({ id, key }: Sealer, level: number, index: number, plain: Buffer): void {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(placeOf(id, level, index));
    const sealed = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    this.db.prepare("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?)").run(id, level, index, sealed);
  }

  private opened({ id, key }: Sealer, level: number, index: number): Buffer | undefined {
    const sealed = this.db
      .prepare("SELECT sealed FROM chunks WHERE recording = ? AND level = ? AND idx = ?")
      .pluck()
      .get(id, level, index) as Buffer | undefined;
    if (!sealed) return undefined;
    const end = sealed.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES))
        .setAAD(placeOf(id, level, index))
        .setAuthTag(sealed.subarray(end));
      return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, end)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

function placeOf(id: string, level: number, index: number): Buffer {
  return Buffer.from(`pyramid v${VERSION} of ${id}, ${level}/${index}`);
}

/** Without the entries at the end that hold nothing of any lead. */
function packed(chunk: Chunk, leads: number): Buffer {
  let entries = ENTRIES;
  const isEmpty = (entry: number) => {
    for (let lead = 0; lead < leads; lead++)
      if (chunk[(lead * ENTRIES + entry) * 2] !== NO_SAMPLE) return false;
    return true;
  };
  while (entries > 0 && isEmpty(entries - 1)) entries--;
  const plain = Buffer.alloc(entries * 8 * leads);
  for (let i = 0, lead = 0; lead < leads; lead++)
    for (let entry = 0; entry < 2 * entries; entry++, i += 4)
      plain.writeInt32LE(chunk[lead * ENTRIES * 2 + entry]!, i);
  return plain;
}

function open(path: string): Database.Database {
  reserveSecret(path);
  const db = new Database(path, { timeout: BUSY_MS });
  try {
    db.pragma("journal_mode = WAL");
    // What a power cut takes is made anew.
    db.pragma("synchronous = NORMAL");
    db.pragma("secure_delete = ON");
    db.pragma("trusted_schema = OFF");
    const version = db.pragma("user_version", { simple: true });
    if (version === VERSION) return db;
    db.exec("BEGIN");
    for (const name of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all())
      db.exec(`DROP TABLE "${String(name).replaceAll('"', '""')}"`);
    db.exec(`${SCHEMA} COMMIT`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function remove(path: string): void {
  for (const ending of ["", "-wal", "-shm", "-journal"]) rmSync(path + ending, { force: true });
}
