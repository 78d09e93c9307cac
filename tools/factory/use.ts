/** Puts a release into a station: what its units get from then on, and the release that they begin from. */
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Manifest } from "../firmware/manifest";
import { readFirmware } from "./bench";
import { FactoryFailure } from "./failure";
import { checkRelease } from "./releasecheck";
import type { ReleaseManifest } from "./releasemanifest";
import { placesOf, readStation } from "./station";

const beforeIn = (dir: string) => `${placesOf(dir).firmware}.before`;

/** Of what the station flashes now. @throws Error */
export function flashedManifest(dir: string): Manifest & Partial<ReleaseManifest> {
  const { firmware } = placesOf(dir);
  // As recoverFirmware leaves it, to whoever reads beside a station that runs.
  const folder = existsSync(firmware) ? firmware : beforeIn(dir);
  return JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
}

/** 0 for a build that is no release. */
export const flashedCounter = (dir: string): number => flashedManifest(dir).release?.counter ?? 0;

/** Of a use that was cut off between its two renames: what it flashed before lies aside, whole. By who holds the station's lock. */
export function recoverFirmware(dir: string): void {
  const { firmware } = placesOf(dir);
  if (!existsSync(firmware) && existsSync(beforeIn(dir))) renameSync(beforeIn(dir), firmware);
}

/** By the process that holds the station's lock. @throws FACTORY_RELEASE_FOLDER, FACTORY_RELEASE_OLD, FACTORY_FIRMWARE, FACTORY_STATION */
export function useRelease(dir: string, folder: string): ReleaseManifest {
  const station = readStation(dir);
  const { passed, maker, manifest, checks } = checkRelease(folder, undefined);
  const wrong = checks.filter((check) => check.passed === false).map(({ name }) => name);
  if (!passed || maker !== station.makerKey)
    throw new FactoryFailure(
      "FACTORY_RELEASE_FOLDER",
      `${folder} is no release of this station's maker (${wrong.join(", ") || "another maker"}). Name a folder that 'avnode factory release' made with these keys`,
    );
  recoverFirmware(dir);
  const { counter } = manifest.release;
  if (counter < flashedCounter(dir))
    throw new FactoryFailure(
      "FACTORY_RELEASE_OLD",
      `release ${counter} is older than what the station flashes (${flashedCounter(dir)}): units would be made with what was mended since. Name a newer one`,
    );
  readFirmware(dir, station, folder);
  const { firmware } = placesOf(dir);
  const [part, before] = [`${firmware}.part`, beforeIn(dir)];
  for (const left of [part, before]) rmSync(left, { recursive: true, force: true });
  cpSync(resolve(folder), part, { recursive: true });
  renameSync(firmware, before);
  renameSync(part, firmware);
  rmSync(before, { recursive: true });
  return manifest;
}
