/** A thread that verifies one recording and ends: `workerData` is { dataDir, id }, its one message the report. */
import { parentPort, workerData } from "node:worker_threads";
import { StoreReader } from "../store/reader";

const { dataDir, id } = workerData as { dataDir: string; id: string };
const reader = StoreReader.open(dataDir);
try {
  parentPort!.postMessage(reader.verify(id));
} finally {
  reader.close();
}
