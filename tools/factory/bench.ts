/** All that the slots of a station share. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BoardSpec } from "../../firmware/board/spec";
import type { Patience } from "../firmware/console";
import type { FlashedFile, Manifest } from "../firmware/manifest";
import type { Typed } from "./asking";
import { FactoryFailure } from "./failure";
import type { Identities } from "./identities";
import type { Journal } from "./journal";
import type { MakerKey, SecretBox } from "./keys";
import type { Pace } from "./locking";
import type { StationLog } from "./log";
import type { selfTest } from "./selftest";
import { placesOf, type Station } from "./station";

/** What goes into every unit. */
export interface Firmware {
  manifest: Manifest;
  application: FlashedFile;
  bootCode: FlashedFile;
  contents(file: FlashedFile): Uint8Array;
}

export interface Bench {
  dir: string;
  station: Station;
  board: BoardSpec;
  firmware: Firmware;
  journal: Journal;
  log: StationLog;
  maker: MakerKey;
  box: SecretBox;
  identities: Identities;
  selfTest: typeof selfTest;
  /** Whoever stands there and answers; left out, nobody is asked. */
  operator?: Typed;
  /** Nothing has to show that a unit lives, and the log says so. */
  withoutAir?: boolean;
  /** Left out, a label's picture itself is read back, and the log says so. */
  scanner?: Typed;
  /** Chips that are in a slot now. */
  busy: Map<string, string>;
  /** Unix ms. */
  now(): number;
  /** Of the console, and of the attempts at a locked one. */
  patience?: Partial<Patience>;
  pace: Pace;
}

/** @param folder what is to be flashed, if it is not the station's yet; @throws FACTORY_FIRMWARE */
export function readFirmware(
  dir: string,
  { board, deviceClass, releaseKey }: Station,
  folder = placesOf(dir).firmware,
): Firmware {
  const wrong = (why: string, cause?: unknown) =>
    new FactoryFailure(
      "FACTORY_FIRMWARE",
      `cannot flash what is in ${folder}: ${why}. Put a build for ${board} there, with its manifest`,
      { cause },
    );
  let manifest: Manifest;
  const contents = new Map<string, Buffer>();
  try {
    manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    for (const { file } of manifest.files) contents.set(file, readFileSync(join(folder, file)));
  } catch (cause) {
    throw wrong((cause as Error).message, cause);
  }
  if (manifest.board !== board) throw wrong(`it is for ${manifest.board}`);
  // Whoever holds a certificate of a locked unit relies on it.
  if (manifest.locked !== (deviceClass !== "dev"))
    throw wrong(
      `a build that is ${manifest.locked ? "" : "not "}locked does not make units of class ${deviceClass}`,
    );
  for (const { file, sha256 } of manifest.files)
    if (createHash("sha256").update(contents.get(file)!).digest("hex") !== sha256)
      throw wrong(`${file} is not what its manifest says`);
  const [application, bootCode] = manifest.files;
  if (!application || !bootCode || manifest.files.length !== 2)
    throw wrong("its manifest names other files than an application and its boot code");
  // With another, or none, its units would take a stranger's updates for ever, or none.
  if (releaseKey && !contents.get(bootCode.file)!.includes(Buffer.from(releaseKey, "hex").toString("base64")))
    throw wrong("its boot code does not hold the maker's release key");
  return { manifest, application, bootCode, contents: ({ file }) => contents.get(file)! };
}
