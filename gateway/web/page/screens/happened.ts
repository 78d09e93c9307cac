/** What happened in a recording, as its paper and its overview show it. */
import { useMemo } from "preact/hooks";
import type { RecordingEvent } from "../../../schema/recordings";
import type { Key } from "../messages/messages";
import { intervalsOf } from "../paper/beats";
import type { Episode } from "../paper/ribbon";
import type { Range } from "../paper/samples";
import { usePage } from "../parts/context";
import { nameOf } from "../parts/rhythm";
import type { useStudy } from "../parts/study";

/** @param rate samples per second */
export function useHappened(
  events: readonly RecordingEvent[],
  study: ReturnType<typeof useStudy>,
  rate: number,
) {
  const { messages } = usePage();
  const gaps = useMemo(() => gapsOf(events), [events]);
  const marks = useMemo(
    () =>
      events.flatMap(({ kind, sample }) =>
        kind === "gap" || kind === "finding"
          ? []
          : [{ sample, name: messages.say(`mark-${kind}` satisfies Key) }],
      ),
    [events, messages],
  );
  const episodes = useMemo<Episode[]>(
    () =>
      (study.analysis?.episodes ?? []).map(({ rhythm, from, to }) => ({
        rhythm,
        from,
        to,
        name: nameOf(rhythm, messages),
      })),
    [study.analysis, messages],
  );
  const intervals = useMemo(() => intervalsOf(study.beats, gaps, rate), [study.beats, gaps, rate]);
  return { gaps, marks, episodes, intervals };
}

function gapsOf(events: readonly RecordingEvent[]): Range[] {
  return events.flatMap((one) =>
    one.kind === "gap" ? [{ from: one.sample, to: one.sample + one.samples }] : [],
  );
}
