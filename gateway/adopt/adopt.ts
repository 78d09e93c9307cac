/** A stranger's file into the store, once: an old recording, or an answer that came back on a form. */
import { toHex } from "../../protocol/bytes";
import { chainStart } from "../../protocol/chain";
import { MAX_ANSWER_BYTES, takeAnswer } from "../answers/take";
import { systemClock } from "../clock";
import { nodeCrypto as crypto } from "../crypto";
import type { RecordingInfo } from "../store/infos";
import type { Store } from "../store/store";
import { AdoptError } from "./error";
import { type OldFile, openOldFile } from "./oldfile";
import { fileSource } from "./source";

export interface Adopted {
  id: string;
  format: string;
  /** It was here already, and nothing was written. */
  known: boolean;
  /** What of the file was not taken over. */
  left: string[];
  /** The file tells a time, and no time zone. */
  zoneAssumed: boolean;
  /** Id of the recording, not of this store, of which avnode made the file, as the file says. */
  exportOf?: string;
  /** Of an answer: who gave it, as they wrote it. The id is of the recording that it is about. */
  answeredBy?: string;
}

/**
 * @param person whose it becomes; nobody's when undefined
 * @throws AdoptError ADOPT_*, EDF_*, DICOM_*; StoreError as Store.adopt does
 */
export async function adoptFile(
  store: Store,
  path: string,
  person?: string,
  open: (path: string) => OldFile | Promise<OldFile> = openOldFile,
): Promise<Adopted> {
  const answer = answerIn(path);
  if (answer) {
    const { id, known, name } = takeAnswer(store, answer, systemClock.now());
    return { id, known, format: "answer", left: [], zoneAssumed: false, answeredBy: name };
  }
  const old = await open(path);
  try {
    requireWelcome(store, old);
    const { format, left, zoneAssumed, exportOf } = old;
    const facts = { format, left, zoneAssumed, exportOf };
    for (const held of heldOf(store, old.fingerprint)) {
      if (held.state === "closed") return { ...facts, id: held.id, known: true };
      // The power went while it was taken over.
      store.forget(held.id);
    }
    const seat = await store.adopt(person, (place) => old.frames(place));
    const start = chainStart(crypto, seat.device, seat.epoch, seat.number, seat.key);
    return { ...facts, id: toHex(start.subarray(0, 8)), known: false };
  } finally {
    old.close();
  }
}

/**
 * By its first byte, which no recording begins with.
 * @returns one byte more than an answer may have, of a file that is too long
 * @throws AdoptError ADOPT_FILE; ADOPT_WEB for the form itself
 */
function answerIn(path: string): Uint8Array | undefined {
  const source = fileSource(path);
  try {
    const first = source.bytes > 0 ? String.fromCharCode(source.read(0, 1)[0]!) : "";
    if (first === "<")
      throw new AdoptError(
        "ADOPT_WEB",
        "is a web page, as a form is before it is answered",
        "open it in a browser, and adopt the file that 'Save the answer' makes there",
      );
    return first === "{" ? source.read(0, Math.min(source.bytes, MAX_ANSWER_BYTES + 1)) : undefined;
  } finally {
    source.close();
  }
}

/** @throws AdoptError ADOPT_SIMULATED, ADOPT_STORE, ADOPT_EXPORT */
function requireWelcome({ reader }: Store, { simulated, exportOf }: OldFile): void {
  if (simulated) {
    throw new AdoptError(
      "ADOPT_SIMULATED",
      "says of itself that it is SIMULATED",
      // A seat of class adopted is not one of class simulated: the mark would be lost here, in a demo as well.
      "look at simulated hearts with 'avnode start --demo': what is adopted would no longer bear that mark",
    );
  }
  if (reader.kind !== "home") {
    throw new AdoptError(
      "ADOPT_STORE",
      `a data directory for ${reader.kind} takes no recording of a person`,
      "name your own with --data",
    );
  }
  if (exportOf === undefined) return;
  const ours = reader.recordings().find(({ id, erasedAt }) => id === exportOf && erasedAt === undefined);
  if (ours) {
    throw new AdoptError(
      "ADOPT_EXPORT",
      `is avnode's own export of recording ${exportOf}, which is here`,
      "use that one, which has its proof",
    );
  }
}

function heldOf(store: Store, fingerprint: string): RecordingInfo[] {
  return store.reader
    .recordings()
    .filter((one) => one.adopted && one.erasedAt === undefined && one.open?.firmware === fingerprint);
}
