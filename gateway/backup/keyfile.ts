/** The keyring's file as backups need it: whole, whatever fields it has, to be sealed, brought back, given a code. */
import { randomBytes } from "node:crypto";
import { StoreError } from "../store/errors";
import { Keyring } from "../store/keyring";
import { readSecret, writeSecret } from "../store/secretfile";
import { backupKey, newRecoveryCode, SALT_BYTES } from "./code";
import type { Keys } from "./sealed";

/** @throws STORE_KEYRING_* */
export function readKeys(dataDir: string): Keys {
  // Its errors are better than ours.
  Keyring.load(dataDir);
  return JSON.parse(readSecret(Keyring.path(dataDir), "STORE_KEYRING")) as Keys;
}

export function writeKeys(dataDir: string, keys: Keys): void {
  writeSecret(Keyring.path(dataDir), `${JSON.stringify(keys, null, 2)}\n`);
}

/** The key and salt of scheduled backups. @throws BACKUP_NO_CODE */
export function sealing(keys: Keys): { key: Buffer; salt: Buffer } {
  if (!keys.backupKey || !keys.backupSalt) {
    throw new StoreError(
      "BACKUP_NO_CODE",
      "there is no recovery code yet, and nobody here to note one down. Run 'avnode backup DIR' once by hand: it prints the code",
    );
  }
  return { key: Buffer.from(keys.backupKey, "hex"), salt: Buffer.from(keys.backupSalt, "hex") };
}

/**
 * Makes a recovery code and keeps the key that follows from it.
 * @param tell is told the code first: a key whose code nobody saw would open nothing
 */
export function makeRecoveryCode(dataDir: string, tell: (code: Uint8Array) => void): Keys {
  const keys = readKeys(dataDir);
  const code = newRecoveryCode();
  const salt = randomBytes(SALT_BYTES);
  const key = backupKey(code, salt);
  tell(code);
  const changed = { ...keys, backupKey: key.toString("hex"), backupSalt: salt.toString("hex") };
  writeKeys(dataDir, changed);
  return changed;
}
