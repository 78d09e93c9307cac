/** The maker of a station, as papers, hubs and verifiers know him. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodeCrypto } from "../../gateway/crypto";
import { fingerprintOf } from "../../gateway/store/makers";
import { fromHex, sameBytes, toHex } from "../../protocol/bytes";
import { encodeVerifierKey } from "../../protocol/note";
import { FactoryFailure } from "./failure";
import { type MakerKey, openMaker, releasePublicKey } from "./keys";
import { readStation } from "./station";

export interface MakerPapers {
  maker: string;
  /** For a trust file: `maker LABEL VERIFIER-KEY`. */
  trustLine: string;
  /** Ed25519 public key, hexadecimal. */
  makerKey: string;
  fingerprint: string;
  /** LMS public key, hexadecimal; missing where the release key is kept elsewhere. */
  releaseKey?: string;
  releaseFingerprint?: string;
}

const LABEL_CHARACTERS = 40;

/** @throws FACTORY_STATION, FACTORY_KEYS_DAMAGED */
export function makerPapers(dir: string, keys: string): MakerPapers {
  const station = readStation(dir);
  const publicKey = fromHex(station.makerKey);
  const name = `avnode.maker/${station.makerKey.slice(0, 16)}`;
  const label = station.maker.replace(/[^0-9A-Za-z.-]+/g, "-").slice(0, LABEL_CHARACTERS);
  const papers: MakerPapers = {
    maker: station.maker,
    trustLine: `maker ${label} ${encodeVerifierKey(nodeCrypto.sha256, { name, publicKey })}`,
    makerKey: station.makerKey,
    fingerprint: fingerprintOf(publicKey),
  };
  if (!existsSync(join(keys, "release.sealed"))) return papers;
  const releaseKey = releasePublicKey(keys);
  return { ...papers, releaseKey: toHex(releaseKey), releaseFingerprint: fingerprintOf(releaseKey) };
}

/** @throws FACTORY_KEYS_OTHER where the keys are not this station's; as openMaker does */
export function openStationMaker(dir: string, keys: string, passphrase: string): MakerKey {
  const maker = openMaker(keys, passphrase);
  if (sameBytes(maker.publicKey, fromHex(readStation(dir).makerKey))) return maker;
  throw new FactoryFailure(
    "FACTORY_KEYS_OTHER",
    `the keys in ${keys} are not those of this station: name the folder with its own by --keys DIR`,
  );
}
