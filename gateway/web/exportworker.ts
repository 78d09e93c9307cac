/**
 * A thread that exports one recording and ends: `workerData` is an ExportOrder, its messages are pieces of the file, and
 * at last an ExportEnd. It runs no further ahead of its reader than that reader says.
 */
import { parentPort, workerData } from "node:worker_threads";
import { exportCsv } from "../export/csv";
import { tar } from "../export/tar";
import { wfdbFiles } from "../export/wfdb";
import { codeOf } from "../store/errors";
import { StoreReader } from "../store/reader";
import type { ExportFormat } from "./schema/exports";

export interface ExportOrder {
  dataDir: string;
  /** Whole. */
  id: string;
  format: ExportFormat;
  /** Of the file, without an ending. */
  name: string;
  /** One int32: pieces that the reader has taken. */
  taken: SharedArrayBuffer;
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
const KNOWN = /^(STORE|FRAME|BLOCK|WFDB|EXPORT)_/;

const { dataDir, id, format, name, taken } = workerData as ExportOrder;
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

function csv(reader: StoreReader): void {
  let waiting: string[] = [];
  let length = 0;
  const flush = () => {
    send(Buffer.from(waiting.join("")));
    waiting = [];
    length = 0;
  };
  exportCsv(reader, id, (text) => {
    waiting.push(text);
    length += text.length;
    if (length >= PIECE_BYTES) flush();
  });
  flush();
}

const reader = StoreReader.open(dataDir);
const end: ExportEnd = { ended: true };
try {
  if (format === "csv") csv(reader);
  else for (const bytes of tar(wfdbFiles(reader, id, name), Date.now())) send(bytes);
} catch (error) {
  end.code = codeOf(error);
  if (!KNOWN.test(end.code)) throw error;
  end.message = (error as Error).message;
} finally {
  reader.close();
}
parentPort!.postMessage(end);
