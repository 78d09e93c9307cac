/** A stranger's file into the store, once. */
import { createHash } from "node:crypto";
import { toHex } from "../../protocol/bytes";
import { chainStart } from "../../protocol/chain";
import { nodeCrypto as crypto } from "../crypto";
import type { RecordingInfo } from "../store/infos";
import type { Store } from "../store/store";
import { readDicom } from "./dicom";
import { readEdf } from "./edf";
import { AdoptError } from "./error";
import { framesOf, openOf } from "./frames";
import type { OldRecording } from "./recording";
import { type ByteSource, fileSource } from "./source";

export interface Adopted {
  id: string;
  format: string;
  /** It was here already, and nothing was written. */
  known: boolean;
  /** What of the file was not taken over. */
  left: string[];
  /** The file tells a time, and no time zone. */
  zoneAssumed: boolean;
}

const HASH_CHUNK = 1 << 20;
/** As much of it as a text of the open frame has room for, which is 128 bits. */
const FINGERPRINT_DIGITS = 32;
const DICOM_MARK_AT = 128;

/**
 * @param person whose it becomes; nobody's when undefined
 * @throws AdoptError ADOPT_*, EDF_*, DICOM_*; StoreError as Store.adopt does
 */
export async function adoptFile(store: Store, path: string, person?: string): Promise<Adopted> {
  const source = fileSource(path);
  try {
    const old = readOld(source);
    if (old.simulated) {
      throw new AdoptError(
        "ADOPT_SIMULATED",
        "says of itself that it is SIMULATED",
        "look at simulated hearts with 'avnode demo': a store of people's hearts takes none",
      );
    }
    if (store.reader.kind !== "home") {
      throw new AdoptError(
        "ADOPT_STORE",
        `a data directory for ${store.reader.kind} takes no recording of a person`,
        "name your own with --data",
      );
    }
    const fingerprint = fingerprintOf(source);
    const facts = {
      format: old.format,
      left: old.left,
      zoneAssumed: old.start !== undefined && old.start.zoneMinutes === undefined,
    };
    for (const held of heldOf(store, fingerprint)) {
      if (held.state === "closed") return { ...facts, id: held.id, known: true };
      // The power went while it was taken over.
      store.forget(held.id);
    }
    const open = openOf(old, fingerprint);
    const seat = await store.adopt(person, (place) => framesOf(crypto, old, open, place));
    const start = chainStart(crypto, seat.device, seat.epoch, seat.number, seat.key);
    return { ...facts, id: toHex(start.subarray(0, 8)), known: false };
  } finally {
    source.close();
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

function heldOf(store: Store, fingerprint: string): RecordingInfo[] {
  return store.reader
    .recordings()
    .filter((one) => one.adopted && one.erasedAt === undefined && one.open?.firmware === fingerprint);
}

function fingerprintOf(source: ByteSource): string {
  const hash = createHash("sha256");
  for (let at = 0; at < source.bytes; at += HASH_CHUNK) {
    hash.update(source.read(at, Math.min(HASH_CHUNK, source.bytes - at)));
  }
  return `sha256 ${hash.digest("hex").slice(0, FINGERPRINT_DIGITS)}`;
}
