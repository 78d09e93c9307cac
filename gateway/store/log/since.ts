/** Since when the log has a recording, by the time that the hub signed. */
import type { Database } from "better-sqlite3";
import { cosignedAt, decodeNote } from "../../../protocol/note";
import { ed25519Verify, nodeCrypto } from "../../crypto";
import type { Keyring } from "../keyring";
import { hubKey, verifierKey } from "./hubkey";

/** Unix seconds of the first checkpoint over a recording's newest leaf; undefined before it has one. @param recording its key */
export function loggedSeconds(db: Database, keyring: Keyring, recording: number): number | undefined {
  const first = db
    .prepare(
      `SELECT note, origin FROM logged JOIN logs ON logs.id = logged.log
       JOIN checkpoints ON checkpoints.log = logged.log AND checkpoints.size > logged.idx
       WHERE recording = ? ORDER BY checkpoints.size LIMIT 1`,
    )
    .get(recording) as { note: Buffer; origin: string } | undefined;
  if (!first) return undefined;
  try {
    const key = verifierKey(hubKey(keyring), first.origin);
    return cosignedAt(nodeCrypto.sha256, ed25519Verify, decodeNote(first.note), key);
  } catch {
    return undefined;
  }
}
