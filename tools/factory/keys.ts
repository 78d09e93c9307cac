/**
 * A maker's keys: one Ed25519 key that signs certificates, lists and release files, one LMS key whose leaves sign
 * releases, and the key of the station's secrets. Each lies sealed in a file of its own, so that the line needs no
 * release key and whoever signs releases no secrets of the line. What the maker's passphrase seals names the release key,
 * too: a line must build no stranger's into its units.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Ed25519Signer, ed25519Signer } from "../../gateway/crypto";
import { sameBytes } from "../../protocol/bytes";
import { FactoryFailure } from "./failure";
import { createReleaseKey, RELEASE, RELEASE_FILES, releasePublicKey } from "./releasekey";
import {
  checkPassphrase,
  damaged,
  openSealedFile,
  openWith,
  readPublic,
  sealWith,
  writeSealed,
} from "./sealedfile";

export { leavesSpent, releasePublicKey, signRelease } from "./releasekey";

export type MakerKey = Ed25519Signer;

export interface SecretBox {
  /** @param place where the secret belongs: it opens nowhere else */
  seal(plain: Uint8Array, place: string): Buffer;
  /** @throws FACTORY_SECRET */
  open(sealed: Uint8Array, place: string): Uint8Array;
}

const MAKER = { file: "maker.sealed", type: "avnode/maker-key" };
const BOX = { file: "box.sealed", type: "avnode/factory-box" };
const SEED_BYTES = 32;

/** Something at least: keys that were cut off as they were made are told by `createKeys`. */
export function hasKeys(folder: string): boolean {
  return existsSync(join(folder, MAKER.file));
}

/**
 * Takes some seconds: the release key's tree has 840,000 hashes. @param passphrase of what the line needs every day
 * @param releasePassphrase another one, which the line does not know
 * @throws FACTORY_KEYS_EXIST, FACTORY_PASSPHRASE_SHORT, FACTORY_PASSPHRASE_SAME
 */
export function createKeys(folder: string, passphrase: string, releasePassphrase: string): void {
  const there = [MAKER.file, BOX.file, ...RELEASE_FILES].find((file) => existsSync(join(folder, file)));
  if (there)
    throw new FactoryFailure(
      "FACTORY_KEYS_EXIST",
      `${folder} holds keys already (${there}), and units may depend on them. Name another folder with --keys DIR; if making them was cut off, empty this one`,
    );
  for (const one of [passphrase, releasePassphrase]) checkPassphrase(one);
  if (passphrase.normalize("NFC") === releasePassphrase.normalize("NFC"))
    throw new FactoryFailure(
      "FACTORY_PASSPHRASE_SAME",
      "the release key has a passphrase of its own: with one for both, whoever makes units every day could sign a firmware for all that are out there. Type two that differ",
    );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  createReleaseKey(folder, releasePassphrase);
  writeSealed(join(folder, BOX.file), BOX.type, passphrase, randomBytes(SEED_BYTES));
  const seed = randomBytes(SEED_BYTES);
  const secret = Buffer.concat([seed, releasePublicKey(folder)]);
  writeSealed(join(folder, MAKER.file), MAKER.type, passphrase, secret, ed25519Signer(seed).publicKey);
}

/** Readable without the passphrase. @throws FACTORY_KEYS_MISSING, FACTORY_KEYS_DAMAGED */
export function makerPublicKey(folder: string): Uint8Array {
  return readPublic(join(folder, MAKER.file), MAKER.type);
}

/**
 * Where the release key lies beside it, that one is the maker's, too.
 * @throws FACTORY_KEYS_MISSING, FACTORY_KEYS_DAMAGED, FACTORY_PASSPHRASE
 */
export function openMaker(folder: string, passphrase: string): MakerKey {
  const { secret } = openSealedFile(join(folder, MAKER.file), MAKER.type, passphrase);
  const release = join(folder, RELEASE.file);
  const named = secret.subarray(SEED_BYTES);
  // The first keys named none.
  if (named.length > 0 && existsSync(release) && !sameBytes(releasePublicKey(folder), named))
    throw damaged(release);
  return ed25519Signer(secret.subarray(0, SEED_BYTES));
}

/** @throws FACTORY_KEYS_MISSING, FACTORY_KEYS_DAMAGED, FACTORY_PASSPHRASE */
export function openSecretBox(folder: string, passphrase: string): SecretBox {
  const key = openSealedFile(join(folder, BOX.file), BOX.type, passphrase).secret;
  return {
    seal: (plain, place) => sealWith(key, plain, place),
    open(sealed, place) {
      try {
        return new Uint8Array(openWith(key, sealed, place));
      } catch (cause) {
        throw new FactoryFailure(
          "FACTORY_SECRET",
          `the secret of ${place} does not open: it was altered, or sealed under other keys. Use the keys that this station was made with`,
          { cause },
        );
      }
    },
  };
}
