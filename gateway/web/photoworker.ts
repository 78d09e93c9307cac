/** A thread that reads the claim code out of a photo and ends: `workerData` is { picture }, its one message a PhotoAnswer. */
import { parentPort, workerData } from "node:worker_threads";
import { codeFromPicture } from "../claim/photo";
import { codeOf } from "../store/errors";

export type PhotoAnswer = { claimCode: Uint8Array } | { code: string; message: string };

/** What is wrong with the photo; anything else is a defect of ours. */
const KNOWN = /^(PHOTO|CLAIM_CODE)_/;

const { picture } = workerData as { picture: Uint8Array };
codeFromPicture(picture, "the photo").then(
  (claimCode) => parentPort!.postMessage({ claimCode } satisfies PhotoAnswer),
  (error: Error) => {
    const code = codeOf(error);
    if (!KNOWN.test(code)) throw error;
    parentPort!.postMessage({ code, message: error.message } satisfies PhotoAnswer);
  },
);
