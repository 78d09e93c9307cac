/** What analysis says of a recording, asked for again and again. */
import { useMemo } from "preact/hooks";
import type { Recording } from "../../../schema/recordings";
import { type Study, studyOf } from "../api/study";
import { NO_BEATS } from "../paper/beats";
import { useAsked } from "./asked";
import { usePage } from "./context";

const EVERY_MS = 10_000;
const NOTHING_YET: Study = { analysis: undefined, beats: NO_BEATS, state: "finding" };

export function useStudy({ id }: Recording): Study {
  const { api } = usePage();
  const ask = useMemo(() => studyOf(api, id), [api, id]);
  const { value } = useAsked(ask, EVERY_MS);
  return value ?? NOTHING_YET;
}
