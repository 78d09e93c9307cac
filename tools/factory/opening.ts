/** Opens a station for work: keys, journal, what it flashes, and threads that make trees ahead. */
import { availableParallelism } from "node:os";
import type { Terminal } from "../../gateway/cli/terminal";
import { boardNamed } from "../firmware/boards";
import { typedLines } from "./asking";
import { type Bench, readFirmware } from "./bench";
import { Identities } from "./identities";
import { Journal } from "./journal";
import { openSecretBox } from "./keys";
import { PACE } from "./locking";
import { StationLog } from "./log";
import { openStationMaker } from "./maker";
import { sweepPapers } from "./provisioning";
import { selfTest } from "./selftest";
import { keptCheckpoint, placesOf, type Station } from "./station";
import { requireSigned } from "./sums";
import { recoverFirmware } from "./use";

export interface OpeningOptions {
  /** Folder of the maker's keys. */
  keys: string;
  passphrase: string;
  /** Identities that are made before a unit asks for one. */
  ahead: number;
  terminal: Terminal;
  /** Labels are scanned back from units. */
  scan: boolean;
  /** Whoever stands there is asked what a unit and the ports cannot tell. */
  ask: boolean;
  withoutAir?: boolean;
  withoutCheckpoint?: boolean;
}

/** By the process that holds the station's lock. @throws FACTORY_* */
export function openBench(
  dir: string,
  station: Station,
  { keys, passphrase, ahead, terminal, scan, ask, withoutAir, withoutCheckpoint }: OpeningOptions,
): Bench {
  const maker = openStationMaker(dir, keys, passphrase);
  const box = openSecretBox(keys, passphrase);
  recoverFirmware(dir);
  const firmware = readFirmware(dir, station);
  requireSigned(placesOf(dir).firmware, firmware, station);
  const board = boardNamed(station.board);
  const journal = new Journal(dir);
  const log = new StationLog(journal.db, maker, keptCheckpoint(keys, station));
  try {
    log.check(station, withoutCheckpoint);
  } catch (error) {
    journal.close();
    throw error;
  }
  sweepPapers(dir, journal);
  const typed = ask || scan ? typedLines(terminal) : undefined;
  return {
    ...{ dir, station, board, firmware, journal, log, maker, box, selfTest, withoutAir },
    // One processor is left to the units.
    identities: new Identities(station.signing, ahead, Math.max(1, availableParallelism() - 1)),
    operator: ask ? typed : undefined,
    scanner: scan ? typed : undefined,
    busy: new Map(),
    now: Date.now,
    pace: PACE,
  };
}

export async function closeBench({ identities, journal }: Bench): Promise<void> {
  await identities.close();
  journal.close();
}
