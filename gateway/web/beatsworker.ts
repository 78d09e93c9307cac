/** A thread that finds one recording's beats, as far as it is here, each time it is told so: `workerData` is { dataDir, id }. */
import { parentPort, workerData } from "node:worker_threads";
import { Follower } from "../findings/follow";
import { analysedLead } from "../findings/lead";
import { ANALYSIS_VERSION } from "../rhythm/analysis";
import type { Beat } from "../rhythm/types";
import { codeOf } from "../store/errors";
import { StoreReader } from "../store/reader";
import type { CannotFind, FoundBeats } from "./beatfinder";
import { BEAT_BYTES, BEAT_CLASSES } from "./schema/findings";

const FRAMES_PER_STEP = 256;
/** Nothing is kept of it but the beats. */
const NO_CHECKPOINT = Number.POSITIVE_INFINITY;
/** What the store says of a recording or of frames; anything else is a defect of ours. */
const KNOWN = /^(ANALYSIS|STORE|FRAME|BLOCK|BODY|OPEN|CBOR|BYTES)_/;

const { dataDir, id } = workerData as { dataDir: string; id: string };
const reader = StoreReader.open(dataDir);
let fresh: Beat[] = [];
let samples = 0;
const follower = new Follower(
  { feed: (of) => reader.findings.feed(of), resume: () => undefined },
  id,
  { seconds: NO_CHECKPOINT, behindSeconds: NO_CHECKPOINT, newsSeconds: NO_CHECKPOINT },
  ({ beats }) => {
    for (const beat of beats) fresh.push(beat);
  },
);

/** @throws ANALYSIS_* where nothing can be analysed */
function more(): FoundBeats {
  const { lead } = analysedLead(reader.recording(id).open!);
  for (;;) {
    const { checkpoint, isAll, pulse } = follower.step(FRAMES_PER_STEP);
    samples = checkpoint?.samples ?? pulse?.sample ?? samples;
    const ended = checkpoint?.ended ?? false;
    // What rests for a while comes as a checkpoint, too.
    if (checkpoint) follower.kept(0);
    if (isAll || ended) return { version: ANALYSIS_VERSION, lead, beats: packed(), samples, ended };
  }
}

function packed(): Uint8Array {
  const bytes = Buffer.alloc(fresh.length * BEAT_BYTES);
  for (const [k, { sample, class: kind, confidence }] of fresh.entries()) {
    bytes.writeUInt32LE(sample, k * BEAT_BYTES);
    bytes[k * BEAT_BYTES + 4] = BEAT_CLASSES.indexOf(kind);
    bytes[k * BEAT_BYTES + 5] = Math.round(255 * confidence);
  }
  fresh = [];
  return bytes;
}

parentPort!.on("message", () => {
  try {
    parentPort!.postMessage(more());
  } catch (error) {
    const code = codeOf(error);
    if (!KNOWN.test(code)) throw error;
    parentPort!.postMessage({ code, message: (error as Error).message } satisfies CannotFind);
  }
});
