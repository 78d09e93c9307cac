/**
 * One secret in one file, under a passphrase: scrypt (128 MB, half a second) makes the key, AES-256-GCM seals. What the
 * file says in the clear is bound to what it seals.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { backupKey, SALT_BYTES } from "../../gateway/backup/code";
import { replaceFile } from "../../gateway/backup/files";
import { codeOf } from "../../gateway/store/errors";
import { FactoryFailure } from "./failure";

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MIN_CHARACTERS = 12;

interface Clear {
  type: string;
  v: 1;
  /** Public key of the secret, or nothing. */
  public: string;
  salt: string;
}

interface SealedFile extends Clear {
  sealed: string;
  /** SHA-256 of all the rest, so that a damaged file and a mistyped passphrase are told apart. */
  digest: string;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => Buffer.from(text, "hex");

/** Seals with a key at hand. @param place what it is and where it belongs: it opens nowhere else */
export function sealWith(key: Uint8Array, plain: Uint8Array, place: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(place));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws what node:crypto throws when the key is another one, or a bit of `sealed` or `place` was altered */
export function openWith(key: Uint8Array, sealed: Uint8Array, place: string): Buffer {
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES))
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(end));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, end)), decipher.final()]);
}

/** The same passphrase typed on another keyboard is the same bytes. */
function keyOf(passphrase: string, salt: Uint8Array): Buffer {
  return backupKey(Buffer.from(passphrase.normalize("NFC")), salt);
}

const placeOf = ({ type, v, public: known, salt }: Clear) => JSON.stringify([type, v, known, salt]);
const digestOf = (file: Omit<SealedFile, "digest">) =>
  createHash("sha256").update(placeOf(file)).update(file.sealed).digest("hex");

/** @throws FACTORY_PASSPHRASE_SHORT */
export function checkPassphrase(passphrase: string): void {
  if ([...passphrase.normalize("NFC")].length < MIN_CHARACTERS)
    throw new FactoryFailure(
      "FACTORY_PASSPHRASE_SHORT",
      `a passphrase has at least ${MIN_CHARACTERS} characters: whoever steals the keys tries them all at leisure. Take five words or more`,
    );
}

/** For its owner alone, whole or not there. @throws FACTORY_PASSPHRASE_SHORT */
export function writeSealed(
  path: string,
  type: string,
  passphrase: string,
  secret: Uint8Array,
  known: Uint8Array = new Uint8Array(0),
): void {
  checkPassphrase(passphrase);
  const salt = randomBytes(SALT_BYTES);
  const clear: Clear = { type, v: 1, public: hex(known), salt: hex(salt) };
  const sealed = hex(sealWith(keyOf(passphrase, salt), secret, placeOf(clear)));
  replaceFile(
    path,
    `${JSON.stringify({ ...clear, sealed, digest: digestOf({ ...clear, sealed }) }, null, 2)}\n`,
  );
}

/** As far as it goes without the passphrase. @throws FACTORY_KEYS_MISSING, FACTORY_KEYS_DAMAGED */
function readSealed(path: string, type: string): SealedFile {
  const text = readKeyFile(path);
  let file: Partial<SealedFile> | null;
  try {
    file = JSON.parse(text) as Partial<SealedFile> | null;
  } catch {
    file = null;
  }
  const { public: known, salt, sealed, digest } = file ?? {};
  const whole = [known, salt, sealed, digest].every((field) => typeof field === "string");
  if (!whole || file?.type !== type || file.v !== 1 || digestOf(file as SealedFile) !== digest)
    throw damaged(path);
  return file as SealedFile;
}

/** @throws FACTORY_KEYS_MISSING */
export function readKeyFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const why = codeOf(cause) === "ENOENT" ? "it is not there" : (cause as Error).message;
    throw new FactoryFailure(
      "FACTORY_KEYS_MISSING",
      `cannot read ${path}: ${why}. Put in the stick with the keys, and name their folder with --keys DIR`,
      { cause },
    );
  }
}

export function damaged(path: string): FactoryFailure {
  return new FactoryFailure(
    "FACTORY_KEYS_DAMAGED",
    `${path} was altered or is damaged. Bring back the copy that was made when the keys were`,
  );
}

/** What stands in the clear. @throws FACTORY_KEYS_MISSING, FACTORY_KEYS_DAMAGED */
export function readPublic(path: string, type: string): Uint8Array {
  return new Uint8Array(unhex(readSealed(path, type).public));
}

/** @throws FACTORY_KEYS_MISSING, FACTORY_KEYS_DAMAGED, FACTORY_PASSPHRASE */
export function openSealedFile(
  path: string,
  type: string,
  passphrase: string,
): { secret: Buffer; known: Uint8Array } {
  const file = readSealed(path, type);
  try {
    const secret = openWith(keyOf(passphrase, unhex(file.salt)), unhex(file.sealed), placeOf(file));
    return { secret, known: new Uint8Array(unhex(file.public)) };
  } catch (cause) {
    throw new FactoryFailure(
      "FACTORY_PASSPHRASE",
      `this passphrase does not open ${path}. Type the one that 'avnode factory init' was given for it`,
      { cause },
    );
  }
}
