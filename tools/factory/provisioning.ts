/** Who a unit becomes: one identity for one chip, whatever happens in between. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { ed25519Verify, nodeCrypto } from "../../gateway/crypto";
import { saveFiles } from "../../gateway/export/save";
import { fromHex, sameBytes, toHex } from "../../protocol/bytes";
import { signedCertificate } from "../../protocol/certificate";
import { checkDossier, decodeDossier } from "../../protocol/dossier";
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

/** Papers of units that passed, for whoever gets one. */
const passedIn = (dir: string) => placesOf(dir).papers;
const unfinishedIn = (dir: string) => join(passedIn(dir), "unfinished");
const asideIn = (dir: string) => join(passedIn(dir), "unknown");

const paperName = (device: Uint8Array) => toHex(device) + ENDING;

/** Ids of the identities whose papers were put aside. */
export function papersOfNobody(dir: string): Uint8Array[] {
  const names = existsSync(asideIn(dir)) ? readdirSync(asideIn(dir)) : [];
  return names.filter((name) => PAPER.test(name)).map((name) => fromHex(basename(name, ENDING)));
}

/**
 * Puts papers where they belong by the journal, wherever the station stopped: those of identities that it does not know
 * aside, as of ones that were given up. Nothing is deleted: should the journal be the wrong one, they are those of units
 * that were shipped.
 */
export function sweepPapers(dir: string, journal: Journal): void {
  for (const folder of [passedIn(dir), unfinishedIn(dir)]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder).filter((one) => PAPER.test(one))) {
      const row = journal.byDevice(Buffer.from(basename(name, ENDING), "hex"));
      const rightful = !row ? asideIn(dir) : row.state === "passed" ? passedIn(dir) : unfinishedIn(dir);
      if (rightful !== folder) movePaper(name, folder, rightful);
    }
  }
}

function movePaper(name: string, from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  renameSync(join(from, name), join(to, name));
}

/** Its unit passed: they are for whoever gets it. Cut off before, sweepPapers does it. */
export function finishPapers(dir: string, device: Uint8Array): void {
  const name = paperName(device);
  if (existsSync(join(unfinishedIn(dir), name))) movePaper(name, unfinishedIn(dir), passedIn(dir));
}

const placeOf = (device: Uint8Array) => `avnode/factory-unit ${toHex(device)}`;

function savePapers({ dir }: Bench, device: Uint8Array, certificate: Uint8Array, made: Made): void {
  const name = paperName(device);
  const dossier = dossierFor(certificate, made);
  mkdirSync(unfinishedIn(dir), { recursive: true, mode: 0o700 });
  saveFiles([{ file: { name, pieces: () => [Buffer.from(dossier)] }, path: join(unfinishedIn(dir), name) }]);
}

/** The trees of a unit, by papers that lead to the keys that its maker signed for it, or made again by its seed. */
async function treesOf(bench: Bench, { device, certificate, secrets }: Identified): Promise<Made> {
  const { dir, maker, station, identities } = bench;
  const { seed } = secrets;
  try {
    const { leaves } = decodeDossier(readFileSync(join(unfinishedIn(dir), paperName(device))));
    const own = checkDossier(nodeCrypto.sha256, { certificate, leaves });
    if (
      sameBytes(own.device, device) &&
      ed25519Verify(maker.publicKey, signedCertificate(own), own.signature)
    ) {
      const trees = own.trees.map((publicKey, i) => ({ publicKey, leaves: leaves[i]! }));
      return { signing: { ...station.signing, seed }, trees };
    }
  } catch {
    // Missing, damaged, or another's.
  }
  return identities.again(seed);
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
  const made = had ? await treesOf(bench, had) : await bench.identities.take();
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
