/** Makes a station's folder: keys, firmware, station.json, an empty journal with its log. */
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { toHex } from "../../protocol/bytes";
import { readFirmware } from "./bench";
import { FactoryFailure } from "./failure";
import { createJournal } from "./journal";
import { placesOf, type Station, writeStation } from "./station";

export interface InitRequest extends Omit<Station, "makerKey" | "id"> {
  dir: string;
  /** Where the keys are, or are made: kept apart from the station. */
  keys: string;
  passphrase: string;
  /** A build to flash; left out, it is built from the sources in `root`. */
  firmware?: string;
  root: string;
}

/** @throws FACTORY_*, BOARD_UNKNOWN, BOARD_LACKS, BUNDLE_FAILED */
export function initStation({ dir, keys, passphrase, firmware, root, ...words }: InitRequest): Station {
  const { makerPublicKey, createKeys } = require("./keys") as typeof import("./keys");
  const places = placesOf(dir);
  if (existsSync(places.config) || existsSync(places.journal))
    throw new FactoryFailure(
      "FACTORY_STATION_EXISTS",
      `${dir} is a station already, and its journal knows its units. Name another folder`,
    );
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (!existsSync(keys) || readdirSync(keys).length === 0) createKeys(keys, passphrase);
  const station = { ...words, makerKey: toHex(makerPublicKey(keys)), id: toHex(randomBytes(8)) };
  putFirmware(places.firmware, station, keys, root, firmware);
  readFirmware(dir, station);
  createJournal(dir, station);
  // Last: a folder without it is no station yet.
  writeStation(dir, station);
  return station;
}

function putFirmware(
  folder: string,
  { board, deviceClass }: Pick<Station, "board" | "deviceClass">,
  keys: string,
  root: string,
  given: string | undefined,
): void {
  rmSync(folder, { recursive: true, force: true });
  if (given !== undefined) {
    cpSync(resolve(given), folder, { recursive: true });
    return;
  }
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
