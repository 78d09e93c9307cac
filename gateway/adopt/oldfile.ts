/** A stranger's file as adoption needs it: what it says, and its frames once they have a seat. */
import { createHash } from "node:crypto";
import { nodeCrypto } from "../crypto";
import type { Seat } from "../store/adopted";
import { readDicom } from "./dicom";
import { readEdf } from "./edf";
import { AdoptError } from "./error";
import { framesOf, openOf } from "./frames";
import type { OldRecording } from "./recording";
import { type ByteSource, fileSource } from "./source";

export interface OldFacts {
  format: string;
  /** By which it is known again: the open frame keeps it. */
  fingerprint: string;
  /** What of the file is not taken over. */
  left: string[];
  /** The file tells a time, and no time zone. */
  zoneAssumed: boolean;
  simulated: boolean;
  /** Id of the recording of which avnode made the file, as the file says. */
  exportOf?: string;
}

export interface OldFile extends OldFacts {
  frames(seat: Seat): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  close(): void;
}

const MIN_RATE = 1;
const MAX_RATE = 50_000;
const MAX_DAYS = 100;
const DAY_S = 86_400;
const HASH_CHUNK = 1 << 20;
/** As much of it as a text of the open frame has room for, which is 128 bits. */
const FINGERPRINT_DIGITS = 32;
const DICOM_MARK_AT = 128;

/** The caller closes it. @throws AdoptError ADOPT_*, EDF_*, DICOM_* */
export function openOldFile(
  path: string,
): Omit<OldFile, "frames"> & { frames(seat: Seat): Iterable<Uint8Array> } {
  const source = fileSource(path);
  try {
    const old = readOld(source);
    requireOrdinary(old);
    const { format, left, simulated, exportOf, start } = old;
    const fingerprint = fingerprintOf(source);
    return {
      ...{ format, left, simulated, exportOf, fingerprint },
      zoneAssumed: start !== undefined && start.zoneMinutes === undefined,
      frames: (seat) => framesOf(nodeCrypto, old, openOf(old, fingerprint), seat),
      close: source.close,
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** By its first bytes, whatever its name. @throws AdoptError */
export function readOld(source: ByteSource): OldRecording {
  const head = Buffer.from(source.read(0, Math.min(source.bytes, DICOM_MARK_AT + 4)));
  if (head.toString("latin1", DICOM_MARK_AT) === "DICM") {
    return readDicom(source);
  }
  return readEdf(source);
}

function fingerprintOf(source: ByteSource): string {
  const hash = createHash("sha256");
  for (let at = 0; at < source.bytes; at += HASH_CHUNK) {
    hash.update(source.read(at, Math.min(HASH_CHUNK, source.bytes - at)));
  }
  return `sha256 ${hash.digest("hex").slice(0, FINGERPRINT_DIGITS)}`;
}

/** What a heart's recording may be; reports and exports have no bounds of their own. @throws AdoptError ADOPT_RATE, ADOPT_SPAN */
function requireOrdinary({ rateNum, rateDen, runs }: OldRecording): void {
  const rate = rateNum / rateDen;
  if (rate < MIN_RATE || rate > MAX_RATE)
    throw new AdoptError(
      "ADOPT_RATE",
      `has ${rate} samples a second, and an ECG has ${MIN_RATE} to ${MAX_RATE}`,
      "look whether its header is right",
    );
  const last = runs.at(-1);
  const seconds = last ? (last.firstSample + last.samples) / rate : 0;
  if (seconds > MAX_DAYS * DAY_S)
    throw new AdoptError("ADOPT_SPAN", `spans more than ${MAX_DAYS} days`, "divide it into shorter ones");
}
