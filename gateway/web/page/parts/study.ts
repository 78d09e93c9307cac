/** What analysis says of a recording: its episodes, and its beats once the hub has found them. */
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { beats as beatsEndpoint, type Findings, findings } from "../../schema/findings";
import type { Recording } from "../../schema/recordings";
import { type Api, ApiError } from "../api/client";
import { type Beats, beatsOf, NO_BEATS } from "../paper/beats";
import { useAsked } from "./asked";
import { usePage } from "./context";

/** Nothing of it changes any more once it has ended. */
const EVERY_MS = 20_000;
const AGAIN_MS = 2000;

export interface Study {
  analysis: Findings["analysis"];
  beats: Beats;
  /** The hub still looks for them; `none` where it cannot. */
  state: "finding" | "here" | "none";
}

export function useStudy({ id, samples }: Recording): Study {
  const { api } = usePage();
  const ask = useCallback((signal: AbortSignal) => api.ask(findings, { params: { id } }, signal), [api, id]);
  const { value } = useAsked(ask, EVERY_MS);
  const [found, setFound] = useState<{ beats: Beats; state: Study["state"] }>({
    beats: NO_BEATS,
    state: "finding",
  });
  useEffect(() => {
    const control = new AbortController();
    findBeats(api, id, control.signal).then(
      (beats) => setFound({ beats, state: "here" }),
      () => !control.signal.aborted && setFound((before) => ({ ...before, state: "none" })),
    );
    return () => control.abort();
  }, [api, id, samples]);
  return useMemo(() => ({ analysis: value?.analysis, ...found }), [value, found]);
}

/** Asks again as long as the hub says that it still looks. @throws ApiError where there are none to be found */
async function findBeats(api: Api, id: string, signal: AbortSignal): Promise<Beats> {
  for (;;) {
    try {
      const answer = await api.send(beatsEndpoint, { params: { id } }, signal);
      return beatsOf(await answer.arrayBuffer());
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503 || signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
