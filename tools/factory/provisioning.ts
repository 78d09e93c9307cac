/** Who a unit becomes: one identity for one chip, whatever happens in between. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { nodeCrypto } from "../../gateway/crypto";
import { saveFiles } from "../../gateway/export/save";
import { fromHex, toHex } from "../../protocol/bytes";
import { decodeDossier } from "../../protocol/dossier";
import { DEVICE_ID_BYTES, isUnownedAlias } from "../../protocol/keys";
import type { Bench } from "./bench";
import {
  CLAIM_CODE_BYTES,
  certificateFor,
  dossierFor,
  joinSecrets,
  type Secrets,
  splitSecrets,
} from "./certify";
import type { Made } from "./identities";
import type { Journal, UnitRow } from "./journal";
import type { Unfinished } from "./ports/beside";
import { placesOf } from "./station";

export interface Identified {
  device: Uint8Array;
  serial: string;
  certificate: Uint8Array;
  secrets: Secrets;
}

const ENDING = ".dossier";
const PAPER = new RegExp(`^[0-9a-f]{${2 * DEVICE_ID_BYTES}}\\.dossier$`);

export function dossierPath(dir: string, device: Uint8Array): string {
  return join(placesOf(dir).papers, toHex(device) + ENDING);
}

const asideIn = (dir: string) => join(placesOf(dir).papers, "unknown");

/** Ids of the identities whose papers were put aside. */
export function papersOfNobody(dir: string): Uint8Array[] {
  const names = existsSync(asideIn(dir)) ? readdirSync(asideIn(dir)) : [];
  return names.filter((name) => PAPER.test(name)).map((name) => fromHex(basename(name, ENDING)));
}

/**
 * Puts aside papers of identities that the journal does not know: the station stopped before it did, or gave them up.
 * Nothing is deleted: should the journal be the wrong one, they are those of units that were shipped.
 */
export function sweepPapers(dir: string, journal: Journal): void {
  const { papers } = placesOf(dir);
  const aside = asideIn(dir);
  mkdirSync(papers, { recursive: true });
  for (const name of readdirSync(papers)) {
    if (!PAPER.test(name) || journal.knows(Buffer.from(basename(name, ENDING), "hex"))) continue;
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    renameSync(join(papers, name), join(aside, name));
  }
}

const placeOf = (device: Uint8Array) => `avnode/factory-unit ${toHex(device)}`;

function savePapers({ dir }: Bench, device: Uint8Array, certificate: Uint8Array, made: Made): void {
  const path = dossierPath(dir, device);
  const dossier = dossierFor(certificate, made);
  saveFiles([{ file: { name: basename(path), pieces: () => [Buffer.from(dossier)] }, path }]);
}

/** The trees that a unit's papers hold, or the same ones made again. */
async function treesOf(bench: Bench, device: Uint8Array, seed: Uint8Array): Promise<Made> {
  const path = dossierPath(bench.dir, device);
  if (!existsSync(path)) return bench.identities.again(seed);
  const { certificate, leaves } = decodeDossier(readFileSync(path));
  const { decodeCertificate } =
    require("../../protocol/certificate") as typeof import("../../protocol/certificate");
  const { trees } = decodeCertificate(certificate);
  return {
    signing: { ...bench.station.signing, seed },
    trees: trees.map((publicKey, i) => ({ publicKey, leaves: leaves[i]! })),
  };
}

/** The identity of a unit that is not done, as it was given to it; undefined for one that has none. @throws FACTORY_SECRET */
export function identityOf({ box }: Pick<Bench, "box">, row: UnitRow): Identified | undefined {
  const { device, serial, certificate, secrets } = row;
  if (!device || !serial || !certificate || !secrets) return undefined;
  return { device, serial, certificate, secrets: splitSecrets(box.open(secrets, placeOf(device))) };
}

/** How a unit with these secrets is told by its alias. */
export function ownAlias({ claimCode }: Secrets): (alias: Uint8Array) => boolean {
  return (alias) => isUnownedAlias(nodeCrypto, claimCode, alias);
}

/** Units that are locked, or may be, and not done. @throws FACTORY_SECRET */
export function unfinished(bench: Bench): Unfinished[] {
  return bench.journal.silenced().flatMap((row) => {
    const identified = identityOf(bench, row);
    if (!identified) return [];
    identified.secrets.seed.fill(0);
    return [{ chip: row.chip, hint: row.hint, isOwn: ownAlias(identified.secrets) }];
  });
}

/** Gives the unit an identity, or the one that it has; the papers and the journal hold it when this returns. */
export async function reserve(bench: Bench, chip: string): Promise<Identified> {
  const { station, journal, maker, box, firmware } = bench;
  const had = identityOf(bench, journal.unit(chip)!);
  const secrets = had?.secrets;
  const made = had ? await treesOf(bench, had.device, had.secrets.seed) : await bench.identities.take();
  const device = had?.device ?? freshDevice(journal);
  const hash = Buffer.from(firmware.application.sha256, "hex");
  const { seed } = made.signing;
  const claimCode = secrets?.claimCode ?? randomBytes(CLAIM_CODE_BYTES);
  const certificate = certificateFor(station, maker, device, made, hash, bench.now());
  savePapers(bench, device, certificate, made);
  const { prefix, digits, first } = station.numbering;
  const row = journal.unit(chip)!;
  // The number of an identity that was given up may be on somebody's label.
  const number = (row.serial === null ? null : row.number) ?? journal.nextNumber(first);
  const serial = row.serial ?? prefix + String(number).padStart(digits, "0");
  journal.reserve(
    chip,
    {
      ...{ number, serial },
      device: Buffer.from(device),
      certificate: Buffer.from(certificate),
      firmware: hash,
      secrets: box.seal(joinSecrets({ claimCode, seed }), placeOf(device)),
    },
    bench.now(),
  );
  return { device, serial, certificate, secrets: { claimCode, seed } };
}

function freshDevice(journal: Journal): Uint8Array {
  for (;;) {
    const device = randomBytes(DEVICE_ID_BYTES);
    if (!journal.knows(device)) return device;
  }
}

export function certificateHash(certificate: Uint8Array): Uint8Array {
  return createHash("sha256").update(certificate).digest();
}

/** Memory that held them holds them no more. */
export function wipe({ claimCode, seed }: Secrets): void {
  claimCode.fill(0);
  seed.fill(0);
}
