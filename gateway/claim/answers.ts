/** What the end of a claim means for whoever holds the handheld, and what to do next. */
import type { ClaimCode } from "../store/claims";
import type { ClaimMaker } from "../store/pinned";

export interface ClaimAnswer {
  detail: string;
  next: string;
}

const WIPE =
  "have its button held for ten seconds while it is switched on, let go, and claim again; that erases what it has not sent";

const ANSWERS: Partial<Record<ClaimCode, ClaimAnswer>> = {
  "wrong-code": {
    detail: "a handheld near the hub has its button held, and this is not its code",
    next: "compare the code with the one on that very handheld, or scan its QR with --photo; then claim again",
  },
  foreign: {
    detail: "the handheld whose button is held has an owner, and it is not this hub",
    next: `if it is somebody else's, give it back; if it is yours, let its hub collect what it holds first, then ${WIPE}`,
  },
  "already-yours": {
    detail: "this hub has claimed this handheld before and holds its keys",
    next: "nothing is to be done: 'avnode devices' shows it, and it is blinking now if it is near",
  },
  "before-restore": {
    detail:
      "this hub claimed the handheld after the backup was made that it was restored from, and has lost its keys",
    next: `restore a newer backup or a mirror if there is one; else ${WIPE}, and nobody can read it any more`,
  },
  nobody: {
    detail: "no handheld whose button was held came near the hub within a minute",
    next: "charge it, bring it within a few metres, hold its button for three seconds until it blinks, and claim again",
  },
  withdrawn: {
    detail: "the claim was withdrawn, and no handheld had answered it",
    next: "claim again when it is at hand",
  },
  "simulated-refused": {
    detail: "this is a simulated handheld, and a real hub takes none",
    next: "simulated ones belong into 'avnode start --demo' or 'avnode import'",
  },
  "real-refused": {
    detail: "this is a real handheld, and a data directory for demos or imports takes none",
    next: "start a hub of your own with 'avnode start' and claim it there",
  },
  certificate: {
    detail: "the handheld's certificate is not as its maker signed it, or is another maker's than before",
    next: "do not use it: ask whoever sold it",
  },
  "other-maker": {
    detail: "the handheld is of a maker that this hub does not know",
    next: "compare its fingerprint with the maker's paper, or with what the maker publishes, never with what came with the handheld alone; if it is the same, 'avnode makers add FINGERPRINT' takes the handheld at its next contact; if not, do not use it",
  },
  revoked: {
    detail: "its maker has revoked the handheld: its keys may be in other hands",
    next: "do not use it: 'avnode revocations' says since when and why; ask the maker for another",
  },
  epoch: {
    detail: "the handheld counts fewer owners than this hub has seen of it: it is a copy, or was rolled back",
    next: "do not use it: 'avnode devices' shows the one that you own",
  },
};

const PRESS = "press its button to record; 'avnode devices' shows it";

/** @param maker of a real handheld */
export function claimed(maker?: ClaimMaker): ClaimAnswer {
  const detail = "this hub owns the handheld now";
  if (!maker) return { detail, next: PRESS };
  if (!maker.first) return { detail: `${detail}, made by ${maker.fingerprint}`, next: PRESS };
  return {
    detail: `${detail}, made by ${maker.fingerprint}, the first handheld of this maker on this hub`,
    next: `compare that with the maker's paper, and do not use the handheld if it is another; then ${PRESS}`,
  };
}

/** A code that this version does not know is shown as it stands. */
export function answerTo(code: ClaimCode | undefined, maker?: ClaimMaker): ClaimAnswer {
  const answer = ANSWERS[code ?? "nobody"] ?? {
    detail: `the handheld was refused: ${code}`,
    next: "look at the hub's log",
  };
  return maker ? { ...answer, detail: `${answer.detail}: ${maker.fingerprint}` } : answer;
}
