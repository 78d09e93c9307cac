/**
 * The maker's revocation lists, in revocations/ of the station and, too, beside the keys, which all of his stations share: a
 * file for every number, each the whole list. Hubs take a higher number for a lower one, so none is ever made twice.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncDirectory } from "../../gateway/backup/files";
import { ed25519Verify } from "../../gateway/crypto";
import { saveFiles } from "../../gateway/export/save";
import { lockDirectory } from "../../gateway/store/lock";
import { fromHex, sameBytes, toHex } from "../../protocol/bytes";
import { DEVICE_ID_BYTES } from "../../protocol/keys";
import {
  decodeRevocations,
  encodeRevocations,
  type Revocation,
  type Revocations,
  signedRevocations,
} from "../../protocol/revocations";
import { FactoryFailure } from "./failure";
import { openJournalToRead } from "./journal";
import type { MakerKey } from "./keys";
import { papersOfNobody } from "./provisioning";
import { readStation } from "./station";

const ENDING = ".avnode-revocations";
const FILE = /^(\d{6})\.avnode-revocations$/;
const MAX_REASON = 80;
const DEVICE = new RegExp(`^[0-9a-f]{${2 * DEVICE_ID_BYTES}}$`, "i");

/** @param place a station's folder, or that of the keys */
const listsIn = (place: string) => join(place, "revocations");

/** The newest list of each place, verified; the last one is the newest of all. @throws FACTORY_REVOCATIONS */
function newestLists(places: string[], maker: Uint8Array): Revocations[] {
  return places
    .flatMap((place) => newestList(listsIn(place), maker) ?? [])
    .sort((one, other) => one.number - other.number);
}

/** Undefined where none was made yet. @throws FACTORY_REVOCATIONS */
function newestList(folder: string, maker: Uint8Array): Revocations | undefined {
  const numbers = existsSync(folder) ? readdirSync(folder).flatMap((name) => FILE.exec(name)?.[1] ?? []) : [];
  const newest = numbers.sort().at(-1);
  if (newest === undefined) return undefined;
  const file = join(folder, newest + ENDING);
  const wrong = (why: string, cause?: unknown) =>
    new FactoryFailure(
      "FACTORY_REVOCATIONS",
      `${file} ${why}: bring back a copy of it, from any hub or backup, before the list goes on`,
      { cause },
    );
  let list: Revocations;
  try {
    list = decodeRevocations(readFileSync(file));
  } catch (cause) {
    throw wrong(`is no revocation list (${(cause as Error).message})`, cause);
  }
  if (!sameBytes(list.maker, maker)) throw wrong("is another maker's");
  if (list.number !== Number(newest) || !ed25519Verify(maker, signedRevocations(list), list.signature))
    throw wrong("was altered since it was signed");
  return list;
}

/** Ids of units by their serial numbers, or as they are. @throws FACTORY_UNIT for a serial that the station never gave */
export function devicesNamed(dir: string, names: string[]): Uint8Array[] {
  const db = openJournalToRead(dir);
  try {
    const find = db.prepare("SELECT device FROM units WHERE serial = ? AND device IS NOT NULL").pluck();
    return names.map((name) => {
      const device = find.get(name) as Buffer | undefined;
      if (device) return new Uint8Array(device);
      if (DEVICE.test(name)) return fromHex(name.toLowerCase());
      throw new FactoryFailure(
        "FACTORY_UNIT",
        `this station made no unit ${name}. Give the serial number as its label shows it, or the 16 digits of its id`,
      );
    });
  } finally {
    db.close();
  }
}

/** Ids on any list in these folders, hexadecimal. @throws FACTORY_REVOCATIONS */
export function revokedIn(dir: string, keys?: string): Set<string> {
  const places = keys === undefined ? [dir] : [dir, keys];
  const lists = newestLists(places, fromHex(readStation(dir).makerKey));
  return new Set(lists.flatMap(({ entries }) => entries.map(({ device }) => toHex(device))));
}

/** Identities that were given up and are on no list: whoever got hold of one's keys could sign by them. @throws FACTORY_REVOCATIONS */
export function givenUp(dir: string, keys?: string): Uint8Array[] {
  const revoked = revokedIn(dir, keys);
  return papersOfNobody(dir).filter((device) => !revoked.has(toHex(device)));
}

export interface Revoking {
  devices: Uint8Array[];
  reason: string;
  /** Unix seconds from which on the units' keys count as lost. */
  since: number;
  /** Unix seconds. */
  now: number;
}

/**
 * Extends the list, or corrects what it says of a unit. Behind the newest of station and keys: what either names stays named.
 * @returns the list and its file in the station's folder
 * @throws FACTORY_REVOCATIONS
 */
export function revoke(
  dir: string,
  keys: string,
  maker: MakerKey,
  revoking: Revoking,
): { file: string; list: Revocations } {
  const reason = revoking.reason.trim();
  if (reason === "" || reason.length > MAX_REASON || /[^ -~]/.test(reason))
    throw new FactoryFailure(
      "FACTORY_REVOCATIONS",
      `a reason has 1 to ${MAX_REASON} plain characters: it is shown wherever the unit's proofs are. Say it with --reason`,
    );
  for (const place of [keys, dir]) mkdirSync(listsIn(place), { recursive: true });
  // Another station may be at it.
  const unlock = lockDirectory(listsIn(keys));
  try {
    return extend([keys, dir], maker, { ...revoking, reason });
  } finally {
    unlock();
  }
}

/** @param places the keys' first: no station takes the list's number again, wherever this is cut off */
function extend(places: string[], maker: MakerKey, { devices, reason, since, now }: Revoking) {
  const before = newestLists(places, maker.publicKey);
  const entries = new Map<string, Revocation>();
  for (const entry of before.flatMap((list) => list.entries)) entries.set(toHex(entry.device), entry);
  for (const device of devices) entries.set(toHex(device), { device, since, reason });
  const unsigned = {
    maker: maker.publicKey,
    number: (before.at(-1)?.number ?? 0) + 1,
    issued: now,
    entries: [...entries.values()],
  };
  const list = { ...unsigned, signature: maker.sign(signedRevocations(unsigned)) };
  const paths = places.map((place) => join(listsIn(place), String(list.number).padStart(6, "0") + ENDING));
  for (const path of paths) {
    saveFiles([{ file: { name: path, pieces: () => [encodeRevocations(list)] }, path }]);
    syncDirectory(dirname(path));
  }
  return { file: paths.at(-1)!, list };
}
