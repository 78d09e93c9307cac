/** Makes a station's folder: keys, firmware, station.json, an empty journal with its log. */
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { toHex } from "../../protocol/bytes";
import { readFirmware } from "./bench";
import { FactoryFailure } from "./failure";
import { createJournal } from "./journal";
import { checkStation, placesOf, type Station, writeStation } from "./station";
import { requireSigned, signBuild } from "./sums";

export interface InitRequest extends Omit<Station, "makerKey" | "releaseKey" | "id"> {
  dir: string;
  /** Where the keys are, or are made: kept apart from the station. */
  keys: string;
  /** Of the maker's keys. */
  passphrase: string;
  /** Needed where keys are made. */
  releasePassphrase?: string;
  /** A build to flash; left out, it is built from the sources in `root`. */
  firmware?: string;
  root: string;
}

/** @throws FACTORY_*, BOARD_UNKNOWN, BOARD_LACKS, BUNDLE_FAILED */
export function initStation(request: InitRequest): Station {
  const { dir, keys, passphrase, releasePassphrase = "", firmware, root, ...words } = request;
  const { createKeys, hasKeys, openMaker, releasePublicKey } = require("./keys") as typeof import("./keys");
  const places = placesOf(dir);
  if (existsSync(places.config) || existsSync(places.journal))
    throw new FactoryFailure(
      "FACTORY_STATION_EXISTS",
      `${dir} is a station already, and its journal knows its units. Name another folder`,
    );
  const { boardNamed } = require("../firmware/boards") as typeof import("../firmware/boards");
  // Before anything is made.
  boardNamed(words.board);
  // No build holds a key that is yet to be made.
  const releaseKey = hasKeys(keys) ? toHex(releasePublicKey(keys)) : "00".repeat(48);
  const unkeyed = { ...words, makerKey: "00".repeat(32), releaseKey, id: toHex(randomBytes(8)) };
  checkStation(unkeyed, "what was asked for");
  if (firmware !== undefined) readFirmware(dir, unkeyed, resolve(firmware));
  const isThere = firmware !== undefined && resolve(firmware) === resolve(places.firmware);
  const ours = [places.keys, `${places.firmware}.part`, ...(isThere ? [places.firmware] : [])];
  const strange = namesIn(dir).find((name) => !ours.includes(join(dir, name)));
  if (strange)
    throw new FactoryFailure(
      "FACTORY_STATION_EXISTS",
      `${dir} holds something else (${strange}), and a station's folder is its own. Name a new or empty one`,
    );
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (!hasKeys(keys)) createKeys(keys, passphrase, releasePassphrase);
  const maker = openMaker(keys, passphrase);
  const station = {
    ...unkeyed,
    makerKey: toHex(maker.publicKey),
    releaseKey: toHex(releasePublicKey(keys)),
  };
  if (!isThere) putFirmware(places.firmware, station, keys, root, firmware);
  try {
    const read = readFirmware(dir, station);
    signBuild(places.firmware, read, maker);
    requireSigned(places.firmware, read, station);
  } catch (error) {
    if (!isThere) rmSync(places.firmware, { recursive: true });
    throw error;
  }
  createJournal(dir, station);
  // Last: a folder without it is no station yet.
  writeStation(dir, station);
  return station;
}

const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

/** Under its name once it is whole. */
function putFirmware(
  folder: string,
  { board, deviceClass }: Pick<Station, "board" | "deviceClass">,
  keys: string,
  root: string,
  given: string | undefined,
): void {
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  if (given !== undefined) cpSync(resolve(given), part, { recursive: true });
  else buildInto(part, board, deviceClass, keys, root);
  renameSync(part, folder);
}

function buildInto(
  folder: string,
  board: string,
  deviceClass: Station["deviceClass"],
  keys: string,
  root: string,
): void {
  if (!existsSync(join(root, "firmware/espruino/main.ts")))
    throw new FactoryFailure(
      "FACTORY_FIRMWARE",
      "the firmware's sources are not here to build it from: name a build's folder with --firmware DIR",
    );
  const { boardNamed } = require("../firmware/boards") as typeof import("../firmware/boards");
  const { buildFirmware, writeBuild } = require("../firmware/build") as typeof import("../firmware/build");
  const { releasePublicKey } = require("./keys") as typeof import("./keys");
  // Without it in their boot code, units could never be updated.
  const releaseKey = releasePublicKey(keys);
  writeBuild(
    buildFirmware({ board: boardNamed(board), dev: deviceClass === "dev", releaseKey, root }),
    folder,
  );
}
