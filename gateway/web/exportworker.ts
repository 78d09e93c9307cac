/**
 * A thread that exports one recording and ends: `workerData` is an ExportOrder; its messages are an ExportBegin, pieces of
 * the file, and an ExportEnd. It runs no further ahead of its reader than that reader says.
 */
import { extname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { openRecording } from "../document/signal";
import { studyOf } from "../document/study";
import { FORMATS } from "../export/formats";
import { tar } from "../export/tar";
import type { ExportFormat } from "../schema/exportformats";
import { codeOf } from "../store/errors";
import { StoreReader } from "../store/reader";

export interface ExportOrder {
  dataDir: string;
  /** Whole. */
  id: string;
  format: ExportFormat;
  /** Seconds since the recording's start. */
  from?: number;
  to?: number;
  /** Without whose it is. */
  nameless: boolean;
  /** Of the file, without an ending. */
  name: string;
  /** One int32: pieces that the reader has taken. */
  taken: SharedArrayBuffer;
}

export interface ExportBegin {
  /** Of the file, with a dot. */
  ending: string;
}

export interface ExportEnd {
  ended: true;
  /** Where it could not be exported. */
  code?: string;
  message?: string;
}

/** Pieces that wait for the reader. */
const AHEAD = 8;
const PIECE_BYTES = 131_072;
/** What the store and the formats say of a recording; anything else is a defect of ours. */
const KNOWN = /^(STORE|FRAME|BLOCK|WFDB|EXPORT|DOCUMENT)_/;

const { dataDir, id, format, from, to, nameless, name, taken } = workerData as ExportOrder;
const counter = new Int32Array(taken);
let sent = 0;

function send(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    for (let done = Atomics.load(counter, 0); sent - done >= AHEAD; done = Atomics.load(counter, 0))
      Atomics.wait(counter, 0, done);
    parentPort!.postMessage(Uint8Array.from(bytes.subarray(at, at + PIECE_BYTES)));
    sent++;
  }
}

/** A few rows of a table are no message of their own. */
function* joined(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < PIECE_BYTES) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(waiting);
}

async function exportTo(reader: StoreReader): Promise<void> {
  const { rateNum, rateDen } = openRecording(reader, id).open;
  const sample = (seconds?: number) =>
    seconds === undefined ? undefined : Math.round((seconds * rateNum) / rateDen);
  const whole = studyOf(reader, id, { from: sample(from), to: sample(to) });
  const study = nameless ? { ...whole, person: undefined } : whole;
  const files = await FORMATS[format].make({ reader, study, dataDir, name });
  const one = files.length === 1 ? files[0] : undefined;
  parentPort!.postMessage({ ending: one ? extname(one.name) : ".tar" } satisfies ExportBegin);
  for (const bytes of joined(one ? one.pieces() : tar(files, Date.now()))) send(bytes);
}

async function main(): Promise<void> {
  const end: ExportEnd = { ended: true };
  const reader = StoreReader.open(dataDir);
  try {
    await exportTo(reader);
  } catch (error) {
    end.code = codeOf(error);
    if (!KNOWN.test(end.code)) throw error;
    end.message = (error as Error).message;
  } finally {
    reader.close();
  }
  parentPort!.postMessage(end);
}

void main();
