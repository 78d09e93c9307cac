/** Windows of one rhythm, one after the other, as one episode that grows; each with the piece of signal that shows it best. */
import { isCount, requireSound, restore, type Saved, saved } from "./state";
import type { Episode, Rhythm } from "./types";

export const RHYTHMS: Rhythm[] = [
  "sinus",
  "af",
  "tachy",
  "brady",
  "pause",
  "ectopy",
  "vrun",
  "other",
  "unreadable",
];

/** An episode, with the samples that are its evidence: its most certain window, or all of a pause or run. */
export interface Finding extends Episode {
  evidence: { from: number; to: number };
}

interface State {
  /** Number of the rhythm of the episode under way, -1 for none. */
  rhythm: number;
  from: number;
  to: number;
  confidence: number;
  rate: number;
  /** The most certain window so far. */
  best: number;
  bestFrom: number;
  bestTo: number;
}

export class FindingJoiner {
  private readonly state: State = {
    rhythm: -1,
    from: 0,
    to: 0,
    confidence: 0,
    rate: 0,
    best: 0,
    bestFrom: 0,
    bestTo: 0,
  };

  constructor(resumed?: Saved) {
    if (!resumed) return;
    restore(this.state, resumed, "joining episodes");
    const { rhythm, from, to, bestFrom, bestTo } = this.state;
    requireSound("joining episodes", {
      rhythm: rhythm === -1 || isCount(rhythm, RHYTHMS.length - 1),
      to: isCount(from, to) && isCount(to) && isCount(bestFrom, bestTo) && isCount(bestTo),
    });
  }

  /** @param episode the next window, pause or run @returns what ended with it */
  add(episode: Episode): Finding[] {
    const { from, to, rhythm, confidence, rate } = episode;
    if (rhythm === "pause" || rhythm === "vrun") return [{ ...episode, evidence: { from, to } }];
    const { state } = this;
    const kind = RHYTHMS.indexOf(rhythm);
    if (kind === state.rhythm && from === state.to) {
      const part = (to - from) / (to - state.from);
      state.confidence += part * (confidence - state.confidence);
      state.rate += part * (rate - state.rate);
      state.to = to;
      if (confidence > state.best) this.best(episode);
      return [];
    }
    const ended = this.end();
    Object.assign(state, { rhythm: kind, from, to, confidence, rate });
    this.best(episode);
    return ended;
  }

  /** The episode under way, as long as it is by now. */
  open(): Finding | undefined {
    const { rhythm, from, to, confidence, rate, bestFrom, bestTo } = this.state;
    if (rhythm < 0) return undefined;
    return {
      from,
      to,
      rhythm: RHYTHMS[rhythm]!,
      confidence,
      rate,
      evidence: { from: bestFrom, to: bestTo },
    };
  }

  /** Nothing that comes belongs to what was. */
  end(): Finding[] {
    const open = this.open();
    this.state.rhythm = -1;
    return open ? [open] : [];
  }

  save(): Saved {
    return saved(this.state);
  }

  private best({ from, to, confidence }: Episode): void {
    Object.assign(this.state, { best: confidence, bestFrom: from, bestTo: to });
  }
}
