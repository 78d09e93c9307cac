/** What is said of an update, in words for its owner; the page has the same in its languages, by the codes. */
import { UpdatePhase, UpdateRefusal } from "../../protocol/update";
import type { Update, UpdateEnd } from "../store/updates";

export type RefusalCode = Exclude<keyof typeof UpdateRefusal, "none">;

/** Why a handheld refused, and what to do. */
const REFUSED: Record<RefusalCode, string> = {
  older: "it runs a newer version already",
  same: "it runs this version already",
  board: "the release is for another kind of handheld; ask its maker for the right one",
  signature: "the release is not of this handheld's maker, or was altered; fetch it from its maker again",
  chunk: "what arrived is not what the release announced; add the release file again and start once more",
  size: "the release is too large for this handheld; ask its maker",
  place: "this kind of handheld has no room for updates; only its maker can change what it runs",
  recording: "not while it records; end the recording on the hub's page first",
  battery: "charge it to half first",
  backlog: "keep it near the hub until all it recorded is here",
  flash: "its memory did not keep what was written; start once more, and if that fails again ask its maker",
  notReady: "it does not have the whole version yet; start once more",
  failed: "this version did not come up on it the last time; ask its maker for a newer one",
  form: "the release is damaged; fetch it from its maker again",
  key: "this handheld was made without a key for updates; only its maker can change what it runs",
};

const ENDED: Record<Exclude<UpdateEnd, "refused">, string> = {
  installed: "installed",
  back: "it did not work on this handheld, which went back by itself to what it ran before; nothing was lost",
  cancelled: "cancelled",
  owner: "ended: the handheld was claimed anew; start again",
  gone: "ended: the release is not here any more; add its file again",
  maker: "ended: its maker is not believed here any more",
};

/** @returns undefined where nothing was refused */
export function refusalCode(refused: number): RefusalCode | undefined {
  const codes = Object.keys(REFUSED) as RefusalCode[];
  return codes.find((code) => UpdateRefusal[code] === refused);
}

export type Doing =
  | "cancelling"
  | "waiting"
  | "clearing"
  | "taking"
  | "checking"
  | "ready"
  | "restarting"
  | "trial";

/** What goes on with an update that has not ended. */
export function doingOf({ state, bytes, counter, swapped, cancelled }: Update): Doing {
  const isOurs = state?.counter === counter;
  // What runs already, no word of its owner's takes back.
  if (isOurs && state.phase === UpdatePhase.trial) return "trial";
  if (cancelled) return "cancelling";
  if (!isOurs) return "waiting";
  if (state.phase === UpdatePhase.clearing) return "clearing";
  if (state.phase === UpdatePhase.taking) return state.taken < bytes ? "taking" : "checking";
  if (state.phase === UpdatePhase.ready) return swapped ? "restarting" : "ready";
  return "waiting";
}

const DOING: Record<Doing, string> = {
  cancelling: "is being cancelled; bring the handheld near the hub",
  waiting:
    "waits for the handheld: near the hub it first checks the maker's signature, for up to half a minute",
  clearing: "makes room on the handheld",
  taking: "is being sent; the handheld goes on as ever",
  checking: "is there and is being checked",
  ready: "is ready; 'avnode update swap' restarts the handheld with it",
  restarting: "restarts the handheld",
  trial: "runs, and has yet to show that it works",
};

/** One line on how an update gets on, or ended. */
export function updateWords(update: Update): string {
  const { ended, state, swap } = update;
  const refused = refusalCode(state?.refused ?? UpdateRefusal.none);
  if (ended?.how === "refused") return `refused: ${refused ? REFUSED[refused] : "for no reason given"}`;
  if (ended) return ENDED[ended.how];
  const doing = doingOf(update);
  if (doing === "taking") return `${DOING.taking} (${Math.floor((100 * state!.taken) / update.bytes)} %)`;
  if (doing !== "ready") return DOING[doing];
  if (!refused) return swap === "ready" ? "is ready; the handheld restarts as soon as it can" : DOING.ready;
  const next = swap === "ready" ? "it is tried again and again" : "then 'avnode update swap' again";
  return `is ready, but the handheld did not restart: ${REFUSED[refused]}; ${next}`;
}
