/** An analysis again: with this version beside what is kept, or to see that what is kept comes out again. */
import { isDeepStrictEqual } from "node:util";
import { ANALYSIS_VERSION } from "../rhythm/analysis";
import { openBeside } from "../store/directory";
import { packBeats, unpackBeats } from "../store/findings/beatbytes";
import { fileAnalysis } from "../store/findings/request";
import type { AnalysisInfo, Checkpoint, KeptBeats } from "../store/findings/types";
import { StoreReader } from "../store/reader";
import { Store } from "../store/store";
import { Follower, QUIET_STEPS } from "./follow";
import { analysedLead } from "./lead";

/** Blocks between two words of progress. */
const FRAMES_PER_STEP = 256;

type Said = (done: number, total: number) => void;

/** Asks whoever writes to this directory. @returns as fileAnalysis does */
export function requestAnalysis(dataDir: string, id: string): number {
  const { db, keyring } = openBeside(dataDir, false);
  try {
    const reader = StoreReader.open(dataDir);
    const { open } = reader.recording(id);
    reader.close();
    return fileAnalysis(db, keyring, id, ANALYSIS_VERSION, open && analysedLead(open));
  } finally {
    db.close();
  }
}

/**
 * Where no hub runs; nothing, where this version has analysed it meanwhile.
 * @throws as Store.openAsIs, Follower.step and Store.keepFindings do
 */
export function analyseNow(dataDir: string, id: string, said: Said): void {
  const store = Store.openAsIs(dataDir);
  try {
    if (endedOf(store.reader, id)) return;
    const follower = new Follower(store.reader.findings, id);
    follow(follower, said, (checkpoint) => follower.kept(store.keepFindings(checkpoint)));
  } finally {
    store.close();
  }
}

/**
 * Whether this version says again what it said: the analysis is done anew and nothing is written.
 * @returns undefined where no analysis by this version has ended
 */
export function isReproduced(dataDir: string, id: string, said: Said): boolean | undefined {
  const reader = StoreReader.open(dataDir);
  try {
    const kept = endedOf(reader, id);
    if (!kept) return undefined;
    const follower = new Follower({ feed: (of) => reader.findings.feed(of), resume: () => undefined }, id);
    const all: Checkpoint[] = [];
    follow(follower, said, (checkpoint) => {
      all.push(checkpoint);
      follower.kept(kept.number);
    });
    const { episodes, summary, number } = kept;
    const { beats } = reader.findings.beats(id, { number })!;
    return isDeepStrictEqual(saidBy(all), { beats, episodes, summary });
  } finally {
    reader.close();
  }
}

/** The newest that this version has ended, and of which all is kept. */
function endedOf({ findings }: StoreReader, id: string): AnalysisInfo | undefined {
  return findings
    .of(id)
    .findLast(
      ({ version, ended, number }) => ended && version === ANALYSIS_VERSION && findings.hasBeats(id, number),
    );
}

/** As it is kept. */
function saidBy(all: Checkpoint[]): Pick<AnalysisInfo, "episodes" | "summary"> & Pick<KeptBeats, "beats"> {
  const beats = unpackBeats(
    packBeats(
      all.flatMap((one) => one.beats),
      0,
    ),
  );
  const episodes = all.flatMap((one) => one.episodes).sort((a, b) => a.from - b.from || a.to - b.to);
  return { beats, ...JSON.parse(JSON.stringify({ episodes, summary: all.at(-1)?.summary })) };
}

function follow(follower: Follower, said: Said, keep: (checkpoint: Checkpoint) => void): void {
  let rests = 0;
  for (let done = 0; ; ) {
    const step = follower.step(FRAMES_PER_STEP);
    if (step.checkpoint) keep(step.checkpoint);
    done += FRAMES_PER_STEP;
    said(done, done + step.behindSeconds);
    // The last one of a recording without an end is due once nothing follows.
    if (step.isAll && (step.checkpoint || ++rests > QUIET_STEPS)) return;
  }
}
