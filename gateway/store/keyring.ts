/** The keys that open a data directory: one file, readable by its owner alone. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Crypto } from "../../protocol/crypto";
import { StoreError } from "./errors";
import { readSecret, writeSecret } from "./secretfile";

/** Bytes of each key. */
const FIRST = { storeId: 8, generation: 8, wrapKey: 32, macKey: 32 };
/** Keys that later versions brought: a file without one is an older one, or has no use for it yet. */
const LATER = { signKey: 32, backupKey: 32, backupSalt: 16 };
const BYTES = { ...FIRST, ...LATER };
type Field = keyof typeof BYTES;
type Fields = Record<keyof typeof FIRST, Buffer> & Partial<Record<keyof typeof LATER, Buffer>>;
const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

export class Keyring {
  private constructor(private readonly fields: Fields) {}

  get storeId(): Buffer {
    return this.fields.storeId;
  }

  /** Changes when the store is restored or promoted, so that handhelds send again what they still hold. */
  get generation(): Buffer {
    return this.fields.generation;
  }

  /** Ed25519 seed of the store's log. */
  get signKey(): Buffer | undefined {
    return this.fields.signKey;
  }

  static path(dataDir: string): string {
    return join(dataDir, "keyring.json");
  }

  /** Makes the keyring; it is on disk when this returns. */
  static create(dataDir: string, random: Crypto["random"] = randomBytes): Keyring {
    const make = (name: Field) => [name, Buffer.from(random(BYTES[name]))];
    const names = [...Object.keys(FIRST), "signKey"] as Field[];
    return Keyring.write(dataDir, Object.fromEntries(names.map(make)) as Fields);
  }

  private static write(dataDir: string, fields: Fields): Keyring {
    const hex = Object.entries(fields).map(([name, value]) => [name, value.toString("hex")]);
    writeSecret(Keyring.path(dataDir), `${JSON.stringify(Object.fromEntries(hex), null, 2)}\n`);
    return new Keyring(fields);
  }

  /** The keyring with these keys in place of what it had; it is on disk when this returns. For whoever holds the lock. */
  amend(dataDir: string, changes: Partial<Fields>): Keyring {
    return Keyring.write(dataDir, { ...this.fields, ...changes });
  }

  /** @throws STORE_KEYRING_MISSING, STORE_KEYRING_LINK, STORE_KEYRING_MODE, STORE_KEYRING_DIRECTORY, STORE_KEYRING_FORM */
  static load(dataDir: string): Keyring {
    const path = Keyring.path(dataDir);
    if (!existsSync(path)) {
      throw new StoreError(
        "STORE_KEYRING_MISSING",
        `${path} is missing, and without it nothing in ${dataDir} can be read. Bring it back from a backup`,
      );
    }
    const text = readSecret(path, "STORE_KEYRING");
    try {
      const hex = JSON.parse(text);
      const names = (Object.keys(BYTES) as Field[]).filter(
        (name) => name in FIRST || hex[name] !== undefined,
      );
      const fields = Object.fromEntries(names.map((name) => [name, Buffer.from(String(hex[name]), "hex")]));
      if (names.some((name) => fields[name].length !== BYTES[name]))
        throw new Error("a key has the wrong length");
      return new Keyring(fields as Fields);
    } catch (cause) {
      throw new StoreError(
        "STORE_KEYRING_FORM",
        `${path} is damaged: ${(cause as Error).message}. Bring it back from a backup`,
        { cause },
      );
    }
  }

  /** @param place what the secret is and of whom, so that a wrapped secret moved to another row does not open */
  wrap(secret: Uint8Array, place: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.fields.wrapKey, iv).setAAD(Buffer.from(place));
    return Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws STORE_SECRET when it was altered, moved, or wrapped by another keyring */
  unwrap(wrapped: Uint8Array, place: string): Buffer {
    try {
      const end = wrapped.length - TAG_BYTES;
      const decipher = createDecipheriv(CIPHER, this.fields.wrapKey, wrapped.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(place))
        .setAuthTag(wrapped.subarray(end));
      return Buffer.concat([decipher.update(wrapped.subarray(IV_BYTES, end)), decipher.final()]);
    } catch (cause) {
      throw new StoreError(
        "STORE_SECRET",
        `the ${place} does not open with this keyring: the row was altered or the keyring is another store's`,
        { cause },
      );
    }
  }

  mac(text: string): Buffer {
    return createHmac("sha256", this.fields.macKey).update(text).digest();
  }
}
