/** The keyring as it lies in a backup: sealed by a key that follows from the recovery code alone. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { codeOf, StoreError } from "../store/errors";
import { backupKey, KEY_BYTES, SALT_BYTES } from "./code";
import { replaceFile, syncDirectory } from "./files";

/** The keyring's file as an object: hex by name. */
export type Keys = Record<string, string>;

interface Box {
  type: "avnode/keyring.sealed";
  v: 1;
  salt: string;
  /** Of the key, so that a mistyped code and a damaged file are told apart. */
  check: string;
  iv: string;
  sealed: string;
}

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CHECK_BYTES = 8;
const AAD = Buffer.from("avnode/keyring.sealed/v1");

export function sealedPath(dir: string): string {
  return join(dir, "keyring.sealed");
}

/** Of a run that has not committed yet, or was cut off: whether the database is its own, only the database tells. */
function nextPath(dir: string): string {
  return `${sealedPath(dir)}.next`;
}

/** The newest first, then the one of a run that was cut off, then those that a mirror kept from before, oldest first. */
export function sealedPaths(dir: string): string[] {
  const numbers = readdirSync(dir)
    .map((name) => /^keyring\.sealed\.(\d+)$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .sort((a, b) => Number(a) - Number(b));
  const next = existsSync(nextPath(dir)) ? [nextPath(dir)] : [];
  return [sealedPath(dir), ...next, ...numbers.map((number) => `${sealedPath(dir)}.${number}`)];
}

const checkOf = (key: Uint8Array) =>
  createHmac("sha256", key).update("avnode/recovery-check/v1").digest().subarray(0, CHECK_BYTES);
const derived = (key: Uint8Array, label: string) =>
  Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), label, KEY_BYTES));
const sealingKey = (key: Uint8Array) => derived(key, "avnode/keyring-seal/v1");
const ivKey = (key: Uint8Array) => derived(key, "avnode/keyring-iv/v1");

function parseBox(text: string): Box {
  const box = JSON.parse(text) as Box;
  const lengths = [box.salt, box.check, box.iv].map((hex) => Buffer.from(hex, "hex").length);
  if (box.type !== "avnode/keyring.sealed" || box.v !== 1)
    throw new Error("it is not a sealed keyring of this version");
  if (String(lengths) !== String([SALT_BYTES, CHECK_BYTES, IV_BYTES]))
    throw new Error("a field has the wrong length");
  return box;
}

/** As far as can be seen without the code. */
export function hasSealedForm(text: string): boolean {
  try {
    return Buffer.from(parseBox(text).sealed, "hex").length > TAG_BYTES;
  } catch {
    return false;
  }
}

function readBox(path: string): Box {
  try {
    return parseBox(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new StoreError(
      "BACKUP_KEYRING",
      `${path} is damaged: ${(cause as Error).message}. Use another backup of the same store: its sealed keyring opens this one too`,
      { cause },
    );
  }
}

/**
 * The same keys under the same key give the same text, so that a mirror sees whether anything changed: the IV is a MAC
 * of what is sealed.
 * @param key of the recovery code under `salt`
 */
export function sealKeys(keys: Keys, key: Uint8Array, salt: Uint8Array): string {
  const text = JSON.stringify(keys);
  const iv = createHmac("sha256", ivKey(key)).update(text).digest().subarray(0, IV_BYTES);
  const cipher = createCipheriv(CIPHER, sealingKey(key), iv).setAAD(AAD);
  const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  const box: Box = {
    type: "avnode/keyring.sealed",
    v: 1,
    salt: Buffer.from(salt).toString("hex"),
    check: checkOf(key).toString("hex"),
    iv: iv.toString("hex"),
    sealed: sealed.toString("hex"),
  };
  return `${JSON.stringify(box, null, 2)}\n`;
}

/** Before the commit: the keyring lies beside the one of the database as it still is. */
export function stageSealed(dir: string, keys: Keys, key: Uint8Array, salt: Uint8Array): void {
  if (isSealed(dir, keys, key)) rmSync(nextPath(dir), { force: true });
  else replaceFile(nextPath(dir), sealKeys(keys, key, salt));
}

/** After the commit. */
export function settleSealed(dir: string): void {
  if (!existsSync(nextPath(dir))) return;
  renameSync(nextPath(dir), sealedPath(dir));
  syncDirectory(dir);
}

function isSealed(dir: string, keys: Keys, key: Uint8Array): boolean {
  try {
    return existsSync(sealedPath(dir)) && JSON.stringify(openSealed(dir, key)) === JSON.stringify(keys);
  } catch (error) {
    // Damaged, or under an older code: it is written anew.
    if (!codeOf(error).startsWith("BACKUP")) throw error;
    return false;
  }
}

/** @throws BACKUP_KEYRING, BACKUP_CODE */
export function openSealed(dir: string, key: Uint8Array): Keys {
  return openBox(readBox(sealedPath(dir)), sealedPath(dir), key);
}

function openBox(box: Box, path: string, key: Uint8Array): Keys {
  if (!checkOf(key).equals(Buffer.from(box.check, "hex"))) {
    throw new StoreError(
      "BACKUP_CODE",
      `this recovery code does not open ${path}. Try the one that was printed when this backup was first made, or before the last 'avnode recovery-code --renew'`,
    );
  }
  try {
    const sealed = Buffer.from(box.sealed, "hex");
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, sealingKey(key), Buffer.from(box.iv, "hex"))
      .setAAD(AAD)
      .setAuthTag(sealed.subarray(end));
    return JSON.parse(
      Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]).toString("utf8"),
    );
  } catch (cause) {
    throw new StoreError(
      "BACKUP_KEYRING",
      `${path} is damaged: the recovery code is right, but what it seals was altered. Use another backup of the same store`,
      { cause },
    );
  }
}

/**
 * Every keyring in the directory that the code opens, the newest first: a hub that was broken into may have sent its
 * mirror one that opens nothing.
 * @throws BACKUP_KEYRING, BACKUP_CODE when it opens none
 */
export function openWithCode(dir: string, code: Uint8Array): Keys[] {
  const opened: Keys[] = [];
  const keys = new Map<string, Buffer>();
  let failure: unknown;
  for (const path of sealedPaths(dir)) {
    try {
      const box = readBox(path);
      // Made once for each salt: it takes its time, on purpose.
      const key = keys.get(box.salt) ?? backupKey(code, Buffer.from(box.salt, "hex"));
      keys.set(box.salt, key);
      opened.push(openBox(box, path, key));
    } catch (error) {
      failure ??= error;
    }
  }
  if (opened.length === 0) throw failure;
  return opened;
}
