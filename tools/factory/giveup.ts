/** An identity that is taken from its unit by hand, passed or not: the chip comes again as a new one. */
import { toHex } from "../../protocol/bytes";
import { batchOf } from "./batches";
import { FactoryFailure } from "./failure";
import { Journal } from "./journal";
import type { MakerKey } from "./keys";
import { erasePicture } from "./label/kept";
import { StationLog } from "./log";
import { certificateHash, sweepPapers } from "./provisioning";
import { classOf, keptCheckpoint, readStation } from "./station";
import { encodeUnitLine, GIVEN_UP } from "./unitline";

export interface GivingUp {
  /** Folder of the maker's keys. */
  keys: string;
  maker: MakerKey;
  serial: string;
  reason: string;
  /** Unix ms. */
  now: number;
}

/**
 * By the process that holds the station's lock. The certificate stays valid until a revocation list names it.
 * @throws FACTORY_UNIT, FACTORY_JOURNAL*, FACTORY_LOG
 */
export function giveUp(
  dir: string,
  { keys, maker, serial, reason, now }: GivingUp,
): { chip: string; device: string } {
  const station = readStation(dir);
  const journal = new Journal(dir);
  try {
    const { db } = journal;
    const log = new StationLog(db, maker, keptCheckpoint(keys, station));
    log.check(station);
    const row = journal.bySerial(serial);
    if (!row?.device)
      throw new FactoryFailure(
        "FACTORY_UNIT",
        `no unit of this station is ${serial} now. Give the serial number as its label shows it`,
      );
    const { chip, device } = row;
    const line = encodeUnitLine({
      ...{ at: now, tookMs: 0, station: station.name, slot: "", chip, outcome: GIVEN_UP, step: "" },
      ...{ detail: reason, board: station.board, deviceClass: classOf(station), device, serial },
      batch: batchOf(db, station, device),
      certificate: certificateHash(row.certificate!),
      firmware: row.firmware!,
      ...{ tests: [], checks: {} },
    });
    db.transaction(() => {
      journal.giveUp(chip, now);
      log.append(line, now);
    }).immediate();
    log.keep();
    sweepPapers(dir, journal);
    // A label of nobody, with a claim code on it.
    erasePicture(dir, serial);
    return { chip, device: toHex(device) };
  } finally {
    journal.close();
  }
}
