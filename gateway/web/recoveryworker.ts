/** A thread that makes a recovery code, half a second of hashing, and ends: `workerData` is { dataDir }, its one message the code. */
import { parentPort, workerData } from "node:worker_threads";
import { encodeRecoveryCode } from "../backup/code";
import { makeRecoveryCode } from "../backup/keyfile";

const { dataDir } = workerData as { dataDir: string };
let made = "";
makeRecoveryCode(dataDir, (code) => {
  made = encodeRecoveryCode(code);
});
// Once its key is kept: until then the code before opens the backups.
parentPort!.postMessage(made);
