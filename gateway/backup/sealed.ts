/** The keyring as it lies in a backup: sealed by a key that follows from the recovery code alone. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, StoreError } from "../store/errors";
import { backupKey, KEY_BYTES, SALT_BYTES } from "./code";
import { replaceFile } from "./files";

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

const checkOf = (key: Uint8Array) =>
  createHmac("sha256", key).update("avnode/recovery-check/v1").digest().subarray(0, CHECK_BYTES);
const sealingKey = (key: Uint8Array) =>
  Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), "avnode/keyring-seal/v1", KEY_BYTES));

function readBox(dir: string): Box {
  try {
    const box = JSON.parse(readFileSync(sealedPath(dir), "utf8")) as Box;
    const lengths = [box.salt, box.check, box.iv].map((hex) => Buffer.from(hex, "hex").length);
    if (box.type !== "avnode/keyring.sealed" || box.v !== 1)
      throw new Error("it is not a sealed keyring of this version");
    if (String(lengths) !== String([SALT_BYTES, CHECK_BYTES, IV_BYTES]))
      throw new Error("a field has the wrong length");
    return box;
  } catch (cause) {
    throw new StoreError(
      "BACKUP_KEYRING",
      `${sealedPath(dir)} is damaged: ${(cause as Error).message}. Use another backup of the same store: its sealed keyring opens this one too`,
      { cause },
    );
  }
}

/** @param key of the recovery code under `salt` */
export function sealKeys(keys: Keys, key: Uint8Array, salt: Uint8Array): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, sealingKey(key), iv).setAAD(AAD);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(keys)), cipher.final(), cipher.getAuthTag()]);
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

/** Seals the keyring into the directory, unless the same lies there already. */
export function writeSealed(dir: string, keys: Keys, key: Uint8Array, salt: Uint8Array): void {
  if (existsSync(sealedPath(dir))) {
    try {
      if (JSON.stringify(openSealed(dir, key)) === JSON.stringify(keys)) return;
    } catch (error) {
      // Damaged, or under an older code: it is written anew.
      if (!codeOf(error).startsWith("BACKUP")) throw error;
    }
  }
  replaceFile(sealedPath(dir), sealKeys(keys, key, salt));
}

/** @throws BACKUP_KEYRING, BACKUP_CODE */
export function openSealed(dir: string, key: Uint8Array): Keys {
  const box = readBox(dir);
  if (!checkOf(key).equals(Buffer.from(box.check, "hex"))) {
    throw new StoreError(
      "BACKUP_CODE",
      `this recovery code does not open ${sealedPath(dir)}. Try the one that was printed when this backup was first made, or before the last 'avnode recovery-code --renew'`,
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
      `${sealedPath(dir)} is damaged: the recovery code is right, but what it seals was altered. Use another backup of the same store`,
      { cause },
    );
  }
}

/** @throws BACKUP_KEYRING, BACKUP_CODE */
export function openWithCode(dir: string, code: Uint8Array): Keys {
  return openSealed(dir, backupKey(code, Buffer.from(readBox(dir).salt, "hex")));
}
