/** What analysis and wearer say of a stretch, as WFDB annotations: beats, changes of rhythm, marks. */
import type { Study } from "../document/study";
import type { Finding } from "../rhythm/findings";
import type { BeatClass, Rhythm } from "../rhythm/types";
import type { Annotation } from "../wfdb/annotations";
import { codeOf, symbolOf } from "../wfdb/codes";
import { MARKS } from "./provenance";

/** AAMI's letters are PhysioBank's symbols, too. */
const BEATS = Object.fromEntries(
  (["N", "S", "V", "F", "Q"] as const).map((symbol) => [symbol, codeOf(symbol)!]),
) as Record<BeatClass, number>;
const RHYTHM_CHANGE = codeOf("+")!;
const NOTE = codeOf('"')!;
/** Where the field has a word for what was found, that word; the header says how far to believe it. */
const RHYTHMS: Record<Rhythm, string> = {
  sinus: "(N",
  af: "(AFIB",
  vrun: "(VT",
  tachy: "(fast",
  brady: "(slow",
  pause: "(pause",
  ectopy: "(ectopy",
  other: "(irregular",
  unreadable: "(unreadable",
};
const UNKNOWN = "(unknown";

type Labelled = Pick<Annotation, "sample" | "code"> & { channel?: number; aux?: string };

/** In order; samples count from the stretch's first. @throws STORE_BEATS */
export function wfdbAnnotations(study: Study): Annotation[] {
  const { from, to, analysis } = study;
  const beats = study.beats();
  const labels: Labelled[] = [
    ...changes(analysis?.episodes ?? [], study),
    ...study.marks.map(({ sample, kind }) => ({ sample, code: NOTE, aux: MARKS[kind] })),
    ...(beats?.beats ?? []).map(({ sample, class: beat }) => ({
      ...{ sample, code: BEATS[beat], channel: beats!.lead },
    })),
  ];
  return labels
    .filter(({ sample }) => sample >= from && sample < to)
    .sort((a, b) => a.sample - b.sample)
    .map(({ sample, code, channel = 0, aux }) => ({
      ...{ sample: sample - from, code, symbol: symbolOf(code), subtype: 0, num: 0 },
      channel,
      ...(aux === undefined ? {} : { aux }),
    }));
}

/** A pause or a run lies within what the rhythm is besides: behind it that goes on. */
function changes(all: Finding[], { from, to }: Study): Labelled[] {
  const episodes = all.filter((one) => one.to > from && one.from < to);
  const isWithin = ({ rhythm }: Finding) => rhythm === "pause" || rhythm === "vrun";
  const lasting = episodes.filter((episode) => !isWithin(episode));
  const during = (sample: number) => {
    const found = lasting.find((one) => sample >= one.from && sample < one.to);
    return found ? RHYTHMS[found.rhythm] : UNKNOWN;
  };
  const changed = new Map<number, string>();
  for (const { from: start, to: end } of lasting) {
    changed.set(Math.max(from, start), during(Math.max(from, start)));
    changed.set(end, during(end));
  }
  for (const one of episodes.filter(isWithin)) {
    changed.set(one.to, during(one.to));
    changed.set(Math.max(from, one.from), RHYTHMS[one.rhythm]);
  }
  return [...changed]
    .filter(([sample]) => sample < to)
    .map(([sample, aux]) => ({ sample, code: RHYTHM_CHANGE, aux }));
}
