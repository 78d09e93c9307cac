/** The thread that analyses: whatever is due, the newest recording first, with a connection of its own that only reads. */
import { parentPort, workerData } from "node:worker_threads";
import { ClockTrust } from "../../protocol/open";
import { ANALYSIS_VERSION } from "../rhythm/analysis";
import { codeOf } from "../store/errors";
import type { RecordingInfo } from "../store/infos";
import { StoreReader } from "../store/reader";
import { Follower, type Pulse, type Step } from "./follow";
import type { FromWorker, Progress, ToWorker, WorkerSettings } from "./messages";

/** Frames between two looks at what else there is to do. */
const FRAMES_PER_STEP = 64;
/** Recordings that are kept open, and of those that are behind how many are drained together. */
const MAX_FOLLOWED = 16;
const MAX_DRAINED = 4;
/** How often every recording is looked at: what another process asked for, and what only a later recording tells. */
const LOOK_MS = 10_000;
/** What the store says of a recording or of frames; anything else is a defect of ours, and ends the thread. */
const KNOWN = /^(ANALYSIS|STORE|FRAME|BLOCK|BODY|OPEN|CBOR|BYTES)_/;

const { dataDir, aside } = workerData as WorkerSettings;
const reader = StoreReader.open(dataDir);
const left = new Set(aside);
const followers = new Map<string, Follower>();
/** Recordings of which everything was taken that can be: what they looked like then, and how much waits for frames. */
const done = new Map<string, { mark: string; behindSeconds: number }>();
let answer: ((kept: Extract<ToWorker, { t: "kept" }>) => void) | undefined;
let wake: (() => void) | undefined;
let isAwake = false;

const tell = (message: FromWorker) => parentPort!.postMessage(message);

parentPort!.on("message", (message: ToWorker) => {
  if (message.t === "kept") return answer?.(message);
  if (message.t === "erased") return letGo(message.recording);
  isAwake = true;
  wake?.();
});

function letGo(id: string): void {
  followers.delete(id);
  done.delete(id);
  left.delete(id);
  tell({ t: "gone", recording: id });
}

function followerOf(id: string): Follower {
  const follower = followers.get(id) ?? new Follower(reader.findings, id);
  // Last in order: the one that was not asked for longest goes first.
  followers.delete(id);
  followers.set(id, follower);
  for (const old of followers.keys()) {
    if (followers.size <= MAX_FOLLOWED) break;
    followers.delete(old);
  }
  return follower;
}

async function stepOf(id: string): Promise<Step | undefined> {
  tell({ t: "at", recording: id });
  try {
    const follower = followerOf(id);
    const step = follower.step(FRAMES_PER_STEP);
    if (step.pulse) tellPulse(reader.recording(id), step.pulse);
    if (step.fresh) tell({ t: "fresh", recording: id, fresh: step.fresh });
    if (!step.checkpoint) return step;
    const answered = new Promise<Extract<ToWorker, { t: "kept" }>>((resolve) => {
      answer = resolve;
    });
    tell({ t: "checkpoint", checkpoint: step.checkpoint });
    const { number, isLeft } = await answered;
    if (isLeft) left.add(id);
    if (number === undefined) {
      // It is taken up again where it stands on disk.
      followers.delete(id);
      return undefined;
    }
    follower.kept(number);
    if (step.checkpoint.ended) followers.delete(id);
    return step;
  } catch (error) {
    followers.delete(id);
    if (codeOf(error) === "STORE_ERASED") return undefined;
    if (!KNOWN.test(codeOf(error))) throw error;
    left.add(id);
    tell({ t: "aside", recording: id, reason: (error as Error).message });
    return undefined;
  }
}

function tellPulse({ id, device, open, trust, startMs, state }: RecordingInfo, pulse: Pulse): void {
  if (!open || state !== "recording" || trust !== ClockTrust.setByHub || startMs <= 0) return;
  const at = startMs + (1000 * pulse.sample * open.rateDen) / open.rateNum;
  tell({ t: "pulse", device, recording: id, at, pulse });
}

/** Takes a step of each recording that has more. @param all also of those that look as they did */
async function round(all: boolean): Promise<Progress & { more: boolean }> {
  const progress = { recordings: 0, incomplete: 0, behindSeconds: 0, more: false };
  const isBehind = (seconds: number, isIncomplete: boolean) => {
    progress.recordings++;
    progress.incomplete += isIncomplete ? 1 : 0;
    progress.behindSeconds += seconds;
  };
  let drained = 0;
  for (const { id, mark } of reader.findings.due(ANALYSIS_VERSION)) {
    if (left.has(id)) continue;
    const before = done.get(id);
    if (before?.mark === mark && !all) {
      if (before.behindSeconds > 0) isBehind(before.behindSeconds, true);
      continue;
    }
    const step = drained < MAX_DRAINED ? await stepOf(id) : undefined;
    if (drained === MAX_DRAINED || (step && !step.isAll)) {
      drained += step ? 1 : 0;
      progress.more = true;
      isBehind(step?.behindSeconds ?? 0, false);
    } else if (step) {
      if (step.checkpoint?.ended) done.delete(id);
      else done.set(id, { mark, behindSeconds: step.behindSeconds });
      if (step.behindSeconds > 0) isBehind(step.behindSeconds, true);
    }
  }
  return progress;
}

/** Until the hub says a word, or for a while. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOOK_MS);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

async function work(): Promise<never> {
  for (let lookedAt = Number.NEGATIVE_INFINITY; ; ) {
    isAwake = false;
    const all = performance.now() - lookedAt >= LOOK_MS;
    if (all) lookedAt = performance.now();
    const { more, ...progress } = await round(all);
    tell({ t: "idle", ...progress });
    // Words of the hub come in meanwhile.
    if (more || isAwake) await new Promise((resolve) => setImmediate(resolve));
    else await pause();
    wake = undefined;
  }
}

void work();
