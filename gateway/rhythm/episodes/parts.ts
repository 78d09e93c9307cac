/**
 * A window that holds fibrillation in part, cut where it begins and ends. What a window is said to be as a whole tells
 * whether, its intervals tell where; where the whole was not fibrillation, a stretch of it must show so by itself, by
 * its intervals and by its waves.
 */
import type { Beat } from "../types";
import { fibrillationBySignal } from "./fibrillation";
import { LONGEST_INTERVAL } from "./irregularity";
import { localOdds, mostLikely } from "./local";
import { rrFeatures } from "./rr";
import { LEAST_INTERVALS, RESTLESS, UNREADABLE, type Verdict, withoutFibrillation } from "./verdict";
import { readable, windowFeatures } from "./window";
import { isVentricular, type MeasuredWindow } from "./windows";

export interface Part extends Verdict {
  /** Samples `from` up to, not including, `to`. */
  from: number;
  to: number;
}

/** What is known of the window before. */
export interface Before {
  /** It ended in fibrillation. */
  fibrillating: boolean;
  /** What it added to the odds of its intervals. */
  lean: number;
}

/** Of the intervals before the window, so many seconds are looked at again. */
const AGAIN_SECONDS = 10;
/** The least that can be judged by itself, as short as the strips that the model has seen. */
const STRETCH_SECONDS = 10;
/** From which a stretch is fibrillation by itself, and from which it is that of the window before, going on. */
const STRETCH = { begins: 0.6, goesOn: 0.3 };
const LEAST_BEATS = 3;
const MOST_VENTRICULAR = 0.2;
const MOST_BAD = 0.1;
/** Around the first and last complex, in seconds. */
const MARGIN = { before: 0.4, behind: 0.5 };
/** How much a window's own odds count in each of its intervals. */
const WINDOW_SHARE = 0.2;

/** What a window that is fibrillation adds to the odds of its intervals. */
export function leanOf({ rhythm, confidence }: Verdict): number {
  const odds = Math.log((confidence + 0.02) / (1 - confidence + 0.02));
  return rhythm === "af" ? WINDOW_SHARE * Math.max(0, odds + 1) : 0;
}

interface Stretch {
  from: number;
  to: number;
  confidence: number;
}

/** @param rate samples per second @param verdict of the window as a whole */
export function partsOf(window: MeasuredWindow, rate: number, verdict: Verdict, before: Before): Part[] {
  const { from, to, intervals } = window;
  const whole = [{ from, to, ...verdict }];
  const fibrillates = verdict.rhythm === "af";
  if (verdict.rhythm === "unreadable") return whole;
  // Most windows are calm or irregular throughout: nothing in them has to be looked for.
  if (fibrillates ? intervals.localLeast! > RESTLESS : !(intervals.localMost! > RESTLESS)) return whole;
  if (!fibrillates && tooVentricular(window.beats)) return whole;
  const found = irregularIn(window, rate, verdict, before)
    .map((stretch) =>
      fibrillates ? { ...stretch, confidence: verdict.confidence } : judged(window, rate, stretch, before),
    )
    .filter((stretch) => stretch !== undefined)
    .map((stretch) => ({ ...stretch, from: Math.max(from, stretch.from), to: Math.min(to, stretch.to) }))
    .filter((stretch) => stretch.to > stretch.from);
  return found.length > 0 ? filled(window, rate, verdict, found) : whole;
}

/** Ventricular beats alone can make it irregular. */
function tooVentricular(beats: Beat[]): boolean {
  return beats.filter(isVentricular).length > MOST_VENTRICULAR * beats.length;
}

/** Where intervals are those of fibrillation, in the window and what is known around it. */
function irregularIn(window: MeasuredWindow, rate: number, verdict: Verdict, before: Before): Stretch[] {
  const beats = window.around.filter(({ sample }) => sample >= window.from - AGAIN_SECONDS * rate);
  if (beats.length < 2) return [];
  const odds = localOdds(
    Float64Array.from(beats.slice(1), (beat, i) => (beat.sample - beats[i]!.sample) / rate),
  );
  const lean = leanOf(verdict);
  for (let i = 0; i < odds.length; i++) odds[i]! += beats[i + 1]!.sample < window.from ? before.lean : lean;
  const states = mostLikely(odds, before.fibrillating);
  const found: Stretch[] = [];
  for (let i = 0; i < states.length; i++) {
    if (states[i] === 0) continue;
    const first = i;
    while (states[i + 1] === 1) i++;
    found.push({
      from: first === 0 ? Math.min(window.from, beats[0]!.sample) : beats[first]!.sample,
      to: i === states.length - 1 ? Math.max(window.to, beats[i + 1]!.sample) : beats[i + 1]!.sample,
      confidence: 0,
    });
  }
  return found;
}

/** A stretch by itself, as far as its signal is known; undefined where it is no fibrillation or cannot be told. */
function judged(window: MeasuredWindow, rate: number, stretch: Stretch, before: Before): Stretch | undefined {
  const from = Math.max(stretch.from, window.seen);
  const to = Math.min(stretch.to, window.known);
  const beats = window.around.filter(({ sample }) => sample >= from && sample <= to);
  if (to - from < STRETCH_SECONDS * rate || beats.length < LEAST_BEATS) return undefined;
  if (tooVentricular(beats)) return undefined;
  const spoilt = window.bad.filter((span) => span.from < to && span.to > from);
  const lost = spoilt.reduce((sum, span) => sum + Math.min(to, span.to) - Math.max(from, span.from), 0);
  if (lost > MOST_BAD * (to - from)) return undefined;
  const first = Math.max(0, Math.round(window.waveOf(from - MARGIN.before * rate)));
  const waves = window.waves.subarray(first, Math.round(window.waveOf(to + MARGIN.behind * rate)));
  const own = beats.map(({ sample }) => window.waveOf(sample) - first);
  const bad = spoilt.map((span) => ({
    from: window.waveOf(span.from) - first,
    to: window.waveOf(span.to) - first,
  }));
  const confidence = fibrillationBySignal(windowFeatures(waves, { own, around: own, bad }));
  const goesOn = before.fibrillating && stretch.from <= window.from;
  return confidence > (goesOn ? STRETCH.goesOn : STRETCH.begins) ? { ...stretch, confidence } : undefined;
}

/** The window's parts in order; a rest with too few beats to be named is fibrillation, too. */
function filled(window: MeasuredWindow, rate: number, verdict: Verdict, stretches: Stretch[]): Part[] {
  const parts: Part[] = [];
  let at = window.from;
  const rest = (to: number) => {
    const beats = window.around.filter(({ sample }) => sample >= at && sample < to);
    if (beats.length < LEAST_BEATS) return;
    const intervals = intervalsOf(beats, window, rate);
    const confidence = verdict.rhythm === "af" ? 1 - verdict.confidence : verdict.confidence;
    const named: Verdict =
      intervals.length < LEAST_INTERVALS
        ? UNREADABLE
        : withoutFibrillation(beats, rrFeatures(intervals), confidence);
    parts.push({ from: at, to, ...named });
    at = to;
  };
  for (const { from, to, confidence } of stretches) {
    if (from > at) rest(from);
    const last = parts.at(-1);
    if (at < from && last?.rhythm === "af") {
      last.to = to;
    } else {
      const beats = window.around.filter(({ sample }) => sample >= at && sample <= to);
      const intervals = intervalsOf(beats, window, rate);
      // At a signal's end a part may hold no interval: it goes as fast as what lies before it.
      const perMinute = intervals.length > 0 ? 60 / rrFeatures(intervals).mean! : verdict.rate;
      parts.push({ from: at, to, rhythm: "af", confidence, rate: perMinute });
    }
    at = to;
  }
  if (at < window.to) rest(window.to);
  parts.at(-1)!.to = window.to;
  return parts;
}

function intervalsOf(beats: Beat[], { bad }: MeasuredWindow, rate: number): number[] {
  const found: number[] = [];
  for (let i = 1; i < beats.length; i++) {
    const [from, to] = [beats[i - 1]!.sample, beats[i]!.sample];
    if (to - from < LONGEST_INTERVAL * rate && readable(from, to, bad)) found.push((to - from) / rate);
  }
  return found;
}
