/** How an update gets on, as the handheld tells its owner's hub: sealed for one session, whenever it changes. */
import { Reader, Writer } from "./bytes";
import { refusal } from "./refusal";

export const UpdatePhase = {
  /** None is under way. */
  none: 0,
  /** A release was taken; its place in flash is being erased. */
  clearing: 1,
  /** Chunks are taken, in order, from `taken` on. */
  taking: 2,
  /** The whole image stands in flash and was verified there. */
  ready: 3,
  /** The new image runs, and has not yet shown that it works. */
  trial: 4,
  /** The new image has shown that it works: there is no way back to an older one. */
  kept: 5,
  /** The new image did not come up; the one before runs again. */
  back: 6,
};

/** Why an offer, a chunk or a swap was refused. */
export const UpdateRefusal = {
  none: 0,
  /** A counter below the running release's. */
  older: 1,
  /** The running release's own. */
  same: 2,
  board: 3,
  /** Another maker's, or altered. */
  signature: 4,
  /** A chunk that is not the next one of this release. */
  chunk: 5,
  /** More than its place in flash holds. */
  size: 6,
  /** The board has no place for a second image. */
  place: 7,
  recording: 8,
  /** Under half. */
  battery: 9,
  /** Frames that no receipt covers. */
  backlog: 10,
  /** What was read back from flash is not what was written. */
  flash: 11,
  /** Nothing of this release is ready to run. */
  notReady: 12,
  /** Its image did not come up the last time. */
  failed: 13,
  /** No release: its form is wrong, or it ends too early. */
  form: 14,
  /** This unit knows no key of a maker. */
  key: 15,
};

export interface UpdateState {
  phase: number;
  /** Counter of the release that runs. */
  running: number;
  /** Counter of the release that this is about, 0 = none. */
  counter: number;
  /** Bytes of its image that stand in flash. */
  taken: number;
  refused: number;
}

function check(state: UpdateState): UpdateState {
  if (state.phase > UpdatePhase.back)
    throw refusal("UPDATE_PHASE", "update phase " + state.phase + " is not known");
  if (state.refused > UpdateRefusal.key)
    throw refusal("UPDATE_REFUSED", "an update refused for reason " + state.refused + ", which is not known");
  return state;
}

export function encodeUpdateState(state: UpdateState): Uint8Array {
  check(state);
  return new Writer(1 + 4 + 4 + 4 + 1)
    .uint(state.phase, 1)
    .uint(state.running, 4)
    .uint(state.counter, 4)
    .uint(state.taken, 4)
    .uint(state.refused, 1)
    .done();
}

/** @throws UPDATE_* */
export function decodeUpdateState(body: Uint8Array): UpdateState {
  const reader = new Reader(body, "UPDATE");
  const state: UpdateState = {
    phase: reader.uint(1),
    running: reader.uint(4),
    counter: reader.uint(4),
    taken: reader.uint(4),
    refused: reader.uint(1),
  };
  reader.end();
  return check(state);
}
