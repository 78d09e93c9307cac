/** What analysis says of a recording: its episodes, and its beats as far as it has come. */
import { BEATS_HEADERS, beats as beatsEndpoint, type Findings, findings } from "../../../schema/findings";
import { type Beats, beatsOf, joinedBeats, NO_BEATS } from "../paper/beats";
import { type Api, ApiError } from "./client";

export interface Study {
  analysis: Findings["analysis"];
  beats: Beats;
  /** The hub still looks for them; `none` where it cannot. */
  state: "finding" | "here" | "none";
}

type Known = Pick<Study, "beats" | "state"> & {
  /** Number of the analysis. */
  by: string | null;
};

/** Asks for what analysis says by now; of its beats, for those that came since the time before. */
export function studyOf(api: Api, id: string): (signal: AbortSignal) => Promise<Study> {
  let known: Known = { beats: NO_BEATS, state: "finding", by: null };

  async function newest(signal: AbortSignal): Promise<Known> {
    const before = known;
    const last = before.beats.samples.at(-1);
    const found = await beatsFrom(api, id, last === undefined ? 0 : last + 1, signal);
    // Another question, asked when a phone woke, was answered meanwhile.
    if (known !== before) return known;
    if (found.by !== before.by && last !== undefined) {
      known = { beats: NO_BEATS, state: "finding", by: null };
      return newest(signal);
    }
    known = { ...found, beats: joinedBeats(before.beats, found.beats) };
    return known;
  }

  return async (signal) => {
    const [{ analysis }, { beats, state }] = await Promise.all([
      api.ask(findings, { params: { id } }, signal),
      newest(signal),
    ]);
    return { analysis, beats, state };
  };
}

/** Once the hub has none that it could give, nothing is there; what fails otherwise is asked for again. */
async function beatsFrom(api: Api, id: string, from: number, signal: AbortSignal): Promise<Known> {
  try {
    const answer = await api.send(
      beatsEndpoint,
      { params: { id }, query: from > 0 ? { from: String(from) } : {} },
      signal,
    );
    const taken = Number(answer.headers.get(BEATS_HEADERS.samples));
    return {
      beats: beatsOf(await answer.arrayBuffer()),
      state: taken > 0 ? "here" : "finding",
      by: answer.headers.get(BEATS_HEADERS.analysis),
    };
  } catch (error) {
    if (!(error instanceof ApiError) || signal.aborted) throw error;
    return { beats: NO_BEATS, state: error.status === 503 ? "finding" : "none", by: null };
  }
}
