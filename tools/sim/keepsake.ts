/** A virtual handheld's flash chips and identity as files, so that it outlives its process as a real one would. */
import fs from "node:fs";
import path from "node:path";
import type { Identity } from "../../firmware/board/board";
import { fromHex, toHex } from "../../protocol/bytes";
import { SimFlash } from "./flash";
import { simulatedIdentity, type UpdateParts } from "./handheld";
import { Random } from "./random";

/** The reference handheld's flash: 2 MB outside for the ring, two pages inside for the keys. */
export const RING = { pageBytes: 4096, pages: 512, writeBytes: 4 };
export const VAULT = { pageBytes: 4096, pages: 2, writeBytes: 4 };
/** And two places for images of updates. */
const SLOTS = { pageBytes: 4096, pages: 64, writeBytes: 4 };
const SLOT_COUNT = 2;
const FLASHED = "flashed.json";

export interface Keepsake {
  identity: Identity;
  flash: SimFlash;
  vault: SimFlash;
  /** Of one that a factory made: it takes its maker's updates. */
  update?: UpdateParts;
  close(): void;
}

/** What a factory flashed into a handheld. */
export type Flashed = Required<Pick<UpdateParts, "board" | "key" | "counter" | "version">>;

/** A new handheld that lives as long as its process. @param seed decides how power cuts tear */
export function newKeepsake(seed: number | string, ring = RING): Keepsake {
  const random = new Random(seed);
  return {
    identity: simulatedIdentity(),
    flash: new SimFlash({ ...ring, random: random.fork("ring") }),
    vault: new SimFlash({ ...VAULT, random: random.fork("vault") }),
    close() {},
  };
}

/** Opens the handheld that lives in this folder. @throws KEEPSAKE_NONE when none does */
export function keptIn(folder: string): Keepsake {
  if (!fs.existsSync(path.join(folder, "identity.json")))
    throw Object.assign(
      new Error(
        `no virtual handheld is in ${folder}; 'avnode factory run DIR --virtual 1' makes one and says where it is`,
      ),
      { code: "KEEPSAKE_NONE" },
    );
  return openKeepsake(folder);
}

/** Opens the handheld that lives in this folder, or makes a new one. */
export function openKeepsake(folder: string): Keepsake {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [ring, keys, unit] = ["ring.img", "vault.img", "identity.json"].map((name) =>
    path.join(folder, name),
  );
  // A unit of version 0.1 signs nothing, and its vault has another layout: a new one takes its place.
  if (fs.existsSync(unit) && !("signing" in JSON.parse(fs.readFileSync(unit, "utf8")))) {
    for (const file of [ring, keys, unit]) fs.rmSync(file, { force: true });
  }
  const random = new Random("power cuts");
  const flash = new SimFlash({ ...RING, random, path: ring });
  const vault = new SimFlash({ ...VAULT, random, path: keys });
  const flashed = flashedIn(folder);
  const slots = flashed && new SimFlash({ ...SLOTS, random, path: path.join(folder, "slots.img") });
  return {
    identity: openIdentity(unit),
    flash,
    vault,
    update: slots && { ...flashed, slots: { flash: slots, count: SLOT_COUNT } },
    close() {
      flash.close();
      vault.close();
      slots?.close();
    },
  };
}

interface Unit {
  device: string;
  claimCode: string;
  certificate: string;
  signing: { seed: string; trees: number; height: number };
}

function openIdentity(file: string): Identity {
  if (fs.existsSync(file)) {
    const { device, claimCode, certificate, signing }: Unit = JSON.parse(fs.readFileSync(file, "utf8"));
    return {
      device: fromHex(device),
      claimCode: fromHex(claimCode),
      certificate: fromHex(certificate),
      signing: { ...signing, seed: fromHex(signing.seed) },
    };
  }
  const identity = simulatedIdentity();
  writeIdentity(file, identity);
  return identity;
}

/** A handheld that a factory made begins its life in this folder. */
export function keepHandheld(folder: string, identity: Required<Identity>, flashed: Flashed): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  fs.writeFileSync(path.join(folder, FLASHED), JSON.stringify({ ...flashed, key: toHex(flashed.key) }));
  // Last: without it nobody lives there.
  writeIdentity(path.join(folder, "identity.json"), identity);
}

function flashedIn(folder: string): Flashed | undefined {
  const file = path.join(folder, FLASHED);
  if (!fs.existsSync(file)) return undefined;
  const flashed = JSON.parse(fs.readFileSync(file, "utf8"));
  return { ...flashed, key: fromHex(flashed.key) };
}

function writeIdentity(file: string, { device, claimCode, certificate, signing }: Required<Identity>): void {
  const unit: Unit = {
    device: toHex(device),
    claimCode: toHex(claimCode),
    certificate: toHex(certificate),
    signing: { ...signing, seed: toHex(signing.seed) },
  };
  fs.writeFileSync(`${file}.new`, JSON.stringify(unit), { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}
