/** A thread that makes the documents of one recording and ends: `workerData` is a DocumentOrder, its message a DocumentAnswer. */
import { parentPort, workerData } from "node:worker_threads";
import { codeOf } from "../store/errors";
import { StoreReader } from "../store/reader";
import type { Answering } from "./answering";
import { type Documents, type DocumentWay, makeDocuments } from "./documents";

export interface DocumentOrder {
  dataDir: string;
  /** Whole. */
  id: string;
  way: DocumentWay;
  answering: Answering;
}

export interface DocumentAnswer {
  made?: Documents;
  /** Where it could not be made. */
  code?: string;
  message?: string;
}

async function main({ dataDir, id, way, answering }: DocumentOrder): Promise<DocumentAnswer> {
  const reader = StoreReader.open(dataDir);
  try {
    return { made: await makeDocuments(reader, dataDir, id, way, answering) };
  } catch (error) {
    return { code: codeOf(error), message: (error as Error).message };
  } finally {
    reader.close();
  }
}

void main(workerData as DocumentOrder).then((answer) => parentPort!.postMessage(answer));
