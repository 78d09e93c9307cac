/**
 * What a security review asks of a batch, in one file that the maker signs: every line that the station logged of it with
 * its proof, what came out, which firmware went in, and what no line can show.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { nodeCrypto } from "../../gateway/crypto";
import { MerkleTree } from "../../gateway/store/log/tree";
import { toHex } from "../../protocol/bytes";
import { DeviceClass } from "../../protocol/certificate";
import { decodeCheckpoint, decodeNote } from "../../protocol/note";
import { LIMITS, WHAT_IS_CHECKED } from "./evidencewords";
import { FactoryFailure } from "./failure";
import { openJournalToRead } from "./journal";
import type { MakerKey } from "./keys";
import { originOf, readLog } from "./log";
import { folderOf, type ReleaseEntry, readReleases } from "./releaselist";
import { readStation, type Station } from "./station";
import { SUMS } from "./sums";
import {
  decodeUnitLine,
  GIVEN_UP,
  isDistrust,
  isWithoutAir,
  type TestLine,
  tally,
  type UnitLine,
} from "./unitline";
import { flashedManifest } from "./use";

/** A station has one log. */
const LOG = 1;
const DOMAIN = "avnode/factory-evidence/v1\0";

export interface LoggedLine {
  index: number;
  line: UnitLine;
}

export interface EvidenceTurn
  extends Pick<UnitLine, "at" | "slot" | "outcome" | "step" | "detail" | "serial"> {
  index: number;
}

export interface EvidenceLine extends EvidenceTurn {
  /** As it was logged, base64 of canonical CBOR: what the proof is about. */
  leaf: string;
  /** RFC 6962 inclusion path up to the checkpoint's root, hexadecimal. */
  proof: string[];
}

export interface EvidenceUnit {
  serial: string;
  device: string;
  class: string;
  passedAt: number;
  /** SHA-256 of the application. */
  firmware: string;
  certificate: string | null;
  tests: TestLine[];
  /** Lock attempts and their outcome, bootloader, radio, label; SHA-256 of the boot code that was read back last. */
  checks: Record<string, string>;
  /** Why nobody is to rely on its identity: outcome of the newest line that says so. */
  distrust: string | null;
  /** Lines of its chip. */
  lines: number[];
}

export interface EvidenceFirmware {
  commit: string | null;
  version: string;
  /** Counter of the release that it is; missing of a build that is none. */
  release?: number;
  files: Record<string, string>;
}

export interface EvidenceRelease extends Omit<ReleaseEntry, "sums"> {
  sums: string;
  sbom: string;
  /** SHA-256 of each, as the release's sums name them; none where its folder is not there any more. */
  files: Record<string, string>;
}

/** Whole numbers, texts, lists and maps only, so that its canonical form is one. Times in Unix ms. */
export interface Evidence {
  type: "avnode/factory-evidence";
  v: 1;
  issued: number;
  maker: string;
  makerKey: string;
  station: { id: string; name: string };
  batch: string;
  board: string;
  /** What the station gives each unit to sign with; files that were made before this was told lack it. */
  signing?: Station["signing"];
  log: { origin: string; size: number; root: string; checkpoint: string; problems: string[] };
  figures: {
    turns: number;
    passedTurns: number;
    failedTurns: number;
    unitsPassed: number;
    /** Of them, those of which nothing showed that they live. */
    withoutAir: number;
    /** Of them, those whose identity nobody is to rely on. */
    distrusted: number;
    chips: number;
    byCode: Record<string, number>;
    byStep: Record<string, number>;
  };
  units: EvidenceUnit[];
  lines: EvidenceLine[];
  firmware: EvidenceFirmware;
  releases: EvidenceRelease[];
  checked: string[];
  limits: string[];
}

export interface SignedEvidence extends Evidence {
  /** Ed25519 of the maker over the domain and the canonical form of all else, hexadecimal. */
  signature: string;
}

/** Keys in order, no blanks: RFC 8785, for whole numbers. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one !== null && typeof one === "object" && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

export function signedBytes(evidence: Evidence): Uint8Array {
  return new Uint8Array(Buffer.from(DOMAIN + canonical(evidence)));
}

/** @param batch left out, the one that the station makes now @throws FACTORY_EVIDENCE, FACTORY_STATION, FACTORY_JOURNAL */
export function gatherEvidence(dir: string, maker: MakerKey, now: number, batch?: string): SignedEvidence {
  const station = readStation(dir);
  const db = openJournalToRead(dir);
  let evidence: Evidence;
  try {
    // As of one moment: the station may be at work.
    evidence = db.transaction(() => gather(db, dir, station, batch ?? station.batch, now))();
  } finally {
    db.close();
  }
  return { ...evidence, signature: toHex(maker.sign(signedBytes(evidence))) };
}

function gather(db: Database, dir: string, station: Station, batch: string, now: number): Evidence {
  const { leaves, problems, checkpoint } = readLog(db, station);
  if (!checkpoint)
    throw new FactoryFailure(
      "FACTORY_EVIDENCE",
      `${dir} has logged nothing yet: make units with 'avnode factory run', then ask again`,
    );
  const { size, root } = decodeCheckpoint(decodeNote(checkpoint).text);
  const tree = new MerkleTree(db, nodeCrypto.sha256);
  const found: (LoggedLine & { leaf: Uint8Array })[] = [];
  for (const [index, leaf] of leaves.entries()) {
    try {
      const line = decodeUnitLine(leaf);
      if (line.batch === batch && index < size) found.push({ index, leaf, line });
    } catch (error) {
      problems.push(`line ${index} of the log cannot be read: ${(error as Error).message}`);
    }
  }
  if (found.length === 0)
    throw new FactoryFailure(
      "FACTORY_EVIDENCE",
      `no unit of batch ${batch} is in the log of ${dir}: name another with --batch`,
    );
  return {
    type: "avnode/factory-evidence",
    v: 1,
    issued: now,
    maker: station.maker,
    makerKey: station.makerKey,
    station: { id: station.id, name: station.name },
    batch,
    board: station.board,
    signing: station.signing,
    log: {
      ...{ origin: originOf(station), size, root: toHex(root), problems },
      checkpoint: Buffer.from(checkpoint).toString("utf8"),
    },
    figures: figuresOf(found),
    units: unitsOf(found),
    lines: found.map(({ index, leaf, line }) => ({
      ...turnOf({ index, line }),
      leaf: Buffer.from(leaf).toString("base64"),
      proof: tree.inclusion(LOG, index, size).map(toHex),
    })),
    firmware: firmwareOf(dir),
    releases: releasesOf(dir),
    checked: WHAT_IS_CHECKED,
    limits: LIMITS,
  };
}

export function turnOf({ index, line }: LoggedLine): EvidenceTurn {
  const { at, slot, outcome, step, detail, serial } = line;
  return { index, at, slot, outcome, step, detail, serial };
}

export function figuresOf(found: LoggedLine[]): Evidence["figures"] {
  const turns = found.filter(({ line }) => line.outcome !== GIVEN_UP);
  const failed = turns.filter(({ line }) => line.outcome !== "PASS");
  const units = unitsOf(found);
  return {
    turns: turns.length,
    passedTurns: turns.length - failed.length,
    failedTurns: failed.length,
    unitsPassed: units.length,
    distrusted: units.filter(({ distrust }) => distrust !== null).length,
    withoutAir: found.filter(({ line }) => isWithoutAir(line)).length,
    chips: new Set(found.map(({ line }) => line.chip).filter((chip) => chip !== "")).size,
    byCode: tally(failed.map(({ line }) => line.outcome)),
    byStep: tally(failed.map(({ line }) => line.step)),
  };
}

const CLASS_NAMES = Object.fromEntries(Object.entries(DeviceClass).map(([name, value]) => [value, name]));

/** Those that passed, as their last pass says. A chip that was given up and came again is two. */
export function unitsOf(found: LoggedLine[]): EvidenceUnit[] {
  const units = new Map<string, EvidenceUnit>();
  /** By identity: one that is locked comes back with the boot code that an earlier turn wrote. */
  const bootCodes = new Map<string, string>();
  for (const { line } of found) {
    const device = line.device ? toHex(line.device) : "";
    if (line.checks.bootCode) bootCodes.set(device, line.checks.bootCode);
    const bootCode = bootCodes.get(device);
    if (line.outcome !== "PASS" || !line.device || line.serial === null) continue;
    const isDistrusted = (one: UnitLine) => isDistrust(one) && one.device && toHex(one.device) === device;
    units.set(device, {
      ...{ serial: line.serial, device, passedAt: line.at, tests: line.tests },
      class: CLASS_NAMES[line.deviceClass] ?? String(line.deviceClass),
      firmware: toHex(line.firmware),
      certificate: line.certificate && toHex(line.certificate),
      checks: bootCode ? { ...line.checks, bootCode } : line.checks,
      distrust: found.findLast((one) => isDistrusted(one.line))?.line.outcome ?? null,
      lines: found.filter((one) => one.line.chip === line.chip).map(({ index }) => index),
    });
  }
  return [...units.values()].sort((a, b) => (a.serial < b.serial ? -1 : 1));
}

/** What the station flashes now; each unit's own is in its line. */
function firmwareOf(dir: string): EvidenceFirmware {
  const { commit, version, files, release } = flashedManifest(dir);
  const counter = release && { release: release.counter };
  return {
    commit,
    version,
    ...counter,
    files: Object.fromEntries(files.map(({ file, sha256 }) => [file, sha256])),
  };
}

function releasesOf(dir: string): Evidence["releases"] {
  return readReleases(dir).flatMap(({ sums, ...entry }) => {
    if (sums === undefined) return [];
    // A folder may have been moved away since: its sums are in the list.
    let sbom = "its folder is not there";
    let files: EvidenceRelease["files"] = {};
    try {
      sbom = toHex(nodeCrypto.sha256(readFileSync(join(folderOf(dir, entry), "sbom.json"))));
      files = filesOf(readFileSync(join(folderOf(dir, entry), SUMS)), sums);
    } catch {}
    return [{ ...entry, sums, sbom, files }];
  });
}

/** None of sums that are not those of the list. */
function filesOf(text: Buffer, sums: string): EvidenceRelease["files"] {
  if (toHex(nodeCrypto.sha256(text)) !== sums) return {};
  const lines = text.toString().trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => line.split("  ").reverse() as [string, string]));
}

/**
 * Whose files a unit's application and boot code are: of a release of this station, or of another's that it flashes.
 * @returns undefined where they are of none
 */
export function releaseOf(
  { firmware, checks }: EvidenceUnit,
  evidence: Pick<Evidence, "firmware" | "releases">,
): string | undefined {
  const { version, release, files } = evidence.firmware;
  const flashed = release === undefined ? [] : [{ counter: release, version, files }];
  const found = [...evidence.releases, ...flashed].find(
    (one) => one.files["avnode.js"] === firmware && one.files["bootcde.js"] === checks.bootCode,
  );
  return found && `${found.counter}: ${found.version}`;
}
