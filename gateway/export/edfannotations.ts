/**
 * EDF+'s annotations: time-stamped lists (TALs), in a signal of their own with as many bytes in every record. A record
 * begins with its own time. Annotations that find no room in their record follow in the next ones, as EDF+ allows.
 */

import type { Absence } from "../document/signal";
import type { Study } from "../document/study";
import { findingText, rhythmText } from "../findings/words";
import type { Finding } from "../rhythm/findings";
import type { Beat } from "../rhythm/types";
import { ENGLISH } from "../words/words";
import type { PlannedRun, RecordPlan } from "./edfrecords";
import { MARKS } from "./provenance";

export interface EdfAnnotation {
  /** Where it begins, in samples of the recording. */
  sample: number;
  /** In samples; 0 for a moment. */
  length: number;
  text: string;
}

/** Without those of the file as a whole; in order. */
export function edfAnnotations(
  study: Study,
  beats: Beat[],
  absences: Absence[],
  plan: RecordPlan,
): EdfAnnotation[] {
  const origin = plan.runs[0]!.from;
  const { to, analysis, info } = study;
  const perSecond = info.open.rateNum / info.open.rateDen;
  return [
    ...beats.map((beat) => ({ sample: beat.sample, length: 0, text: `beat ${beat.class}` })),
    ...(analysis?.episodes ?? [])
      .filter((one) => one.to > origin && one.from < to)
      .map((one) => {
        const sample = Math.max(one.from, origin);
        return { sample, length: Math.min(one.to, to) - sample, text: wordsOf(one, perSecond) };
      }),
    ...study.marks.map(({ sample, kind }) => ({ sample, length: 0, text: MARKS[kind]! })),
    ...absences.map(({ firstSample, samples, cause }) =>
      // Time begins with the first sample that is held.
      firstSample < origin
        ? { sample: origin, length: 0, text: `${samples} samples before: ${ENGLISH.say(`absence-${cause}`)}` }
        : { sample: firstSample, length: samples, text: `gap: ${ENGLISH.say(`absence-${cause}`)}` },
    ),
    ...plan.runs
      .filter(({ padding }) => padding > 0)
      .map((run) => ({ sample: run.to, length: run.padding, text: "padding: no samples" })),
  ]
    .filter(({ sample }) => sample >= origin)
    .sort((a, b) => a.sample - b.sample);
}

function wordsOf(finding: Finding, perSecond: number): string {
  const { rhythm } = finding;
  return rhythm === "sinus" || rhythm === "unreadable" ? rhythmText(rhythm) : findingText(finding, perSecond);
}

/** Seconds since the file's start, as EDF+ writes them. */
export type Onset = (sample: number) => string;

/** @param fraction of a second by which the first sample is later than the start in the header */
export function onsets(origin: number, rateNum: number, rateDen: number, fraction: number): Onset {
  return (sample) => `+${trimmed(((sample - origin) * rateDen) / rateNum + fraction)}`;
}

function trimmed(seconds: number): string {
  return seconds.toFixed(6).replace(/\.?0+$/, "");
}

/** The annotation signal, record by record. */
export class AnnotationSignal {
  /** Per record. */
  readonly bytes: number;
  private next = 0;

  /** @param unit bytes of a sample, of which the signal has whole ones */
  constructor(
    private readonly annotations: EdfAnnotation[],
    private readonly plan: RecordPlan,
    private readonly onset: Onset,
    private readonly perSecond: number,
    unit: number,
  ) {
    const last = plan.runs.at(-1)!;
    const time = this.time(last.from + last.records * plan.samples).length;
    this.bytes = Math.ceil((time + this.room()) / unit) * unit;
  }

  /** @param from the record's first sample @param record its number */
  put(target: Uint8Array, from: number, record: number): void {
    const time = this.time(from);
    target.set(time);
    let at = time.length;
    if (record === 0) this.next = 0;
    const isLast = record === this.plan.records - 1;
    for (; this.next < this.annotations.length; this.next++) {
      const annotation = this.annotations[this.next]!;
      if (!isLast && annotation.sample >= from + this.plan.samples) break;
      const list = this.list(annotation);
      if (at + list.length > target.length) break;
      target.set(list, at);
      at += list.length;
    }
    const left = this.annotations.length - this.next;
    if (isLast && left > 0) throw new RangeError(`${left} annotations found no room`);
  }

  private list({ sample, length, text }: EdfAnnotation): Buffer {
    const duration = length > 0 ? `\x15${trimmed(length / this.perSecond)}` : "";
    return Buffer.from(`${this.onset(sample)}${duration}\x14${text}\x14\0`);
  }

  private time(sample: number): Buffer {
    return Buffer.from(`${this.onset(sample)}\x14\x14\0`);
  }

  /** Enough in every record for all that come in it and behind it, and one more, for a list is not divided. */
  private room(): number {
    let behind = 0;
    let most = 0;
    let longest = 0;
    let run = this.plan.runs.length - 1;
    for (let at = this.annotations.length - 1; at >= 0; at--) {
      const { sample } = this.annotations[at]!;
      const { length } = this.list(this.annotations[at]!);
      longest = Math.max(longest, length);
      behind += length;
      while (run > 0 && this.plan.runs[run]!.from > sample) run--;
      most = Math.max(most, behind / (this.plan.records - this.recordOf(this.plan.runs[run]!, sample)));
    }
    return Math.ceil(most) + longest;
  }

  private recordOf({ first, from, records }: PlannedRun, sample: number): number {
    // In a gap behind it, it is the next run's first record's turn, or there is none.
    const within = Math.floor((sample - from) / this.plan.samples);
    return Math.min(first + Math.min(within, records), this.plan.records - 1);
  }
}
