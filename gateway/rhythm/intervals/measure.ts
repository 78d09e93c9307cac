/**
 * PR, QRS and QT of a stretch of signal, on an averaged normal beat, with QT corrected for the rate. What cannot be
 * measured is not given; the reason is. Not a diagnosis, and not validated against cardiologists' measurements.
 */
import type { DetectorSettings } from "../qrs/detector";
import { QualityMeter } from "../quality";
import { select } from "../select";
import type { Beat } from "../types";
import { edgeOf } from "./agree";
import { type Averaged, averageBeats, GRID_RATE, LENGTH, MARK } from "./average";
import { bendsOf, delineate, type Edges } from "./delineate";

/** Version of the intervals; results name it. */
export const INTERVALS_VERSION = "avnode-intervals/1";

/** Why an interval is not measurable. */
export const UNMEASURABLE = [
  // Of a wave; its edges cannot be told.
  "absent",
  "flat",
  "merged",
  "noisy",
  /** No atrium beats in order. */
  "fibrillation",
  "paced",
  "tooFewBeats",
  /** Shorter than any complex is: its begin or its end lies at right angles to these leads. */
  "hidden",
  /** The leads, or the halves of the beats, do not tell the same. */
  "disagreement",
] as const;
export type Unmeasurable = (typeof UNMEASURABLE)[number];

/** Milliseconds. @property confidence 0 to 1 */
export type Interval = { ms: number; confidence: number } | { notMeasurable: Unmeasurable };

export interface Stretch extends DetectorSettings {
  /** One array of counts per lead, equally long, without a gap. */
  leads: ArrayLike<number>[];
  /** Sample numbers in the stretch, ascending. */
  beats: Pick<Beat, "sample" | "class">[];
  /** Of each lead, what could not be read, where that is known already. */
  unreadable?: { from: number; to: number }[][];
  /** What the rhythm's analysis says of it. */
  fibrillation?: boolean;
  paced?: boolean;
}

export interface Intervals {
  version: string;
  pr: Interval;
  qrs: Interval;
  qt: Interval;
  /** After Bazett (1920): QT / √RR. */
  qtcBazett: Interval;
  /** After Fridericia (1920), doi:10.1111/j.0954-6820.1920.tb18266.x: QT / ∛RR. */
  qtcFridericia: Interval;
  /** The mean interval before the beats averaged, which the corrections use; 0 without beats. */
  rrMs: number;
  /** Where the waves' edges lie in the averaged beat, in milliseconds from the beats' marks. */
  edges: Partial<Record<keyof Edges, number>>;
  /** Sample numbers of the beats averaged, each with its {@link AVERAGED_MS} around it. */
  evidence: number[];
  /** The leads measured, by their number in the stretch. */
  leads: number[];
}

/** The averaged beat reaches from so many milliseconds before the beats' marks to so many behind. */
export const AVERAGED_MS = {
  before: (1000 * MARK) / GRID_RATE,
  behind: (1000 * (LENGTH - MARK)) / GRID_RATE,
};

export const LEAST_BEATS = 8;
/** More make the average hardly better, for much work. */
const MOST_BEATS = 32;
/** Of the median interval: what is neither premature nor behind a pause. */
const USUAL = { least: 0.85, most: 1.2 };
const USUAL_IN_FIBRILLATION = { least: 0.7, most: 2 };
/** Shares of beats: of a lead worth measuring, and in good seconds. */
const LEAD_SHARE = 0.6;
/** A beat's waves end so soon behind its mark, nearly always. */
const WAVES_SECONDS = 0.5;
/** Milliseconds. */
const SHORTEST_COMPLEX = 60;
/** One lead alone may miss how a wave begins or ends. */
const ONE_LEAD = 0.8;
/** Milliseconds by which the halves may differ; half of it leaves half the confidence. */
const BETWEEN_HALVES = { qrsFrom: 16, qrsTo: 20, pFrom: 24, tTo: 30 };
/** Milliseconds within which leads agree. */
const BETWEEN_LEADS = { qrsFrom: 20, qrsTo: 24, pFrom: 30, tTo: 40 };

/** From the median of absolute deviations to the standard deviation. */
const NORMAL_DEVIATION = 1.4826;

type Edge = keyof Edges;
type Told = { at: number; trust: number } | Unmeasurable;

/** @throws RangeError for a rate that is not 100 to 1,000 Hz or leads that do not match their gains */
export function measureIntervals(stretch: Stretch): Intervals {
  const { rate, leads, gains } = stretch;
  if (leads.length === 0 || leads.length !== gains.length)
    throw new RangeError(`cannot measure intervals: ${leads.length} leads, ${gains.length} gains`);
  if (stretch.paced) return nothing("paced");
  const unreadable = stretch.unreadable ?? leads.map((lead, k) => unreadableIn(lead, rate, gains[k]!));
  const usual = usualBeats(stretch);
  const isGood = (lead: number, beat: Placed) => clean(unreadable[lead]!, beat, rate);
  const worth = leads
    .map((_, lead) => lead)
    .filter((lead) => {
      const count = usual.filter((beat) => isGood(lead, beat)).length;
      return count >= LEAST_BEATS && count >= LEAD_SHARE * usual.length;
    });
  const beats = thinned(usual.filter((beat) => worth.every((lead) => isGood(lead, beat))));
  if (worth.length === 0 || beats.length < LEAST_BEATS)
    return nothing(usual.length >= LEAST_BEATS ? "noisy" : "tooFewBeats");

  const average = averageBeats({
    rate,
    leads: worth.map((lead) => leads[lead]!),
    gains: worth.map((lead) => gains[lead]!),
    beats,
  });
  const used = average.whole.used.map((index) => beats[index]!);
  if (used.length < LEAST_BEATS) return nothing("noisy");
  const behind = used.map((beat) => (beat.behind - beat.at) / rate).sort((a, b) => a - b);
  const shortest = behind[Math.floor(0.1 * behind.length)]!;
  const chance = chanceBends(average.halves);
  const edges = (of: Averaged) =>
    of.leads.map((lead, k) =>
      delineate(lead, of.noise[k]!, chance[k]! * (of === average.whole ? 1 : Math.SQRT2), shortest),
    );
  const all = [average.whole, ...average.halves].map(edges);
  const told = (edge: Edge, side: "earliest" | "latest") => settled(all, edge, side);

  const from = told("qrsFrom", "earliest");
  const to = told("qrsTo", "latest");
  const p = stretch.fibrillation ? "fibrillation" : told("pFrom", "earliest");
  const t = told("tTo", "latest");
  const rrMs = (1000 * used.reduce((sum, beat) => sum + beat.at - beat.before, 0)) / used.length / rate;
  const qt = spanOf(from, t);
  return {
    version: INTERVALS_VERSION,
    pr: spanOf(p, from),
    qrs: wholeComplex(spanOf(from, to)),
    qt,
    qtcBazett: corrected(qt, (rrMs / 1000) ** 0.5),
    qtcFridericia: corrected(qt, (rrMs / 1000) ** (1 / 3)),
    rrMs,
    edges: placedEdges({ pFrom: p, qrsFrom: from, qrsTo: to, tTo: t }),
    evidence: used.map((beat) => beat.at),
    leads: worth,
  };
}

/** Of the whole average, by lead: what the halves do not have in common. */
function chanceBends(halves: [Averaged, Averaged]): number[] {
  return halves[0].leads.map((first, lead) => {
    const second = halves[1].leads[lead]!;
    const apart = bendsOf(first.map((value, k) => (value - second[k]!) / 2)).map(Math.abs);
    return NORMAL_DEVIATION * select(apart, apart.length >> 1);
  });
}

type Placed = { before: number; at: number; behind: number };

function nothing(why: Unmeasurable): Intervals {
  const none = { notMeasurable: why };
  const intervals = { pr: none, qrs: none, qt: none, qtcBazett: none, qtcFridericia: none };
  return { version: INTERVALS_VERSION, ...intervals, rrMs: 0, edges: {}, evidence: [], leads: [] };
}

/** Normal beats between normal beats, at usual distances, whole in the stretch. */
function usualBeats(stretch: Stretch): Placed[] {
  const { beats, rate, fibrillation } = stretch;
  const intervals = beats.slice(1).map((beat, k) => beat.sample - beats[k]!.sample);
  const middle = [...intervals].sort((a, b) => a - b)[intervals.length >> 1] ?? 0;
  const { least, most } = fibrillation ? USUAL_IN_FIBRILLATION : USUAL;
  const usual = (interval: number) => interval >= least * middle && interval <= most * middle;
  const found: Placed[] = [];
  const end = stretch.leads[0]!.length;
  for (let k = 1; k < beats.length - 1; k++) {
    if (beats[k - 1]!.class !== "N" || beats[k]!.class !== "N" || beats[k + 1]!.class !== "N") continue;
    const at = beats[k]!.sample;
    if (!usual(intervals[k - 1]!) || !usual(intervals[k]!)) continue;
    if (at < (MARK / GRID_RATE) * rate || at + ((LENGTH - MARK) / GRID_RATE) * rate > end) continue;
    found.push({ before: beats[k - 1]!.sample, at, behind: beats[k + 1]!.sample });
  }
  return found;
}

function unreadableIn(lead: ArrayLike<number>, rate: number, gain: number) {
  return new QualityMeter({ rate, gain }).push(lead).filter((second) => !second.analysable);
}

/** Whether a beat's waves could be read. */
function clean(unreadable: { from: number; to: number }[], beat: Placed, rate: number): boolean {
  const from = beat.at - (MARK / GRID_RATE) * rate;
  const to = beat.at + WAVES_SECONDS * rate;
  return !unreadable.some((span) => span.from <= to && span.to > from);
}

/** At most so many beats, from the whole stretch evenly. */
function thinned(beats: Placed[]): Placed[] {
  if (beats.length <= MOST_BEATS) return beats;
  return Array.from({ length: MOST_BEATS }, (_, k) => beats[Math.floor((k * beats.length) / MOST_BEATS)]!);
}

/** An edge that the whole average has and both halves confirm. */
function settled(all: Edges[][], edge: Edge, side: "earliest" | "latest"): Told {
  const [whole, ...halves] = all.map((leads) =>
    edgeOf(
      leads.map((lead) => lead[edge]),
      side,
      (BETWEEN_LEADS[edge] * GRID_RATE) / 1000,
    ),
  );
  if (typeof whole !== "number") return whole!;
  let apart = 0;
  for (const half of halves) {
    if (typeof half !== "number") return half === "disagreement" ? half : "noisy";
    apart = Math.max(apart, (1000 * Math.abs(half - whole)) / GRID_RATE);
  }
  if (apart > BETWEEN_HALVES[edge]) return "noisy";
  const alone = all[0]!.filter((lead) => typeof lead[edge] === "number").length === 1;
  const trust = (1 - apart / BETWEEN_HALVES[edge] / 2) * (alone ? Math.sqrt(ONE_LEAD) : 1);
  return { at: (1000 * whole) / GRID_RATE, trust };
}

function placedEdges(told: Record<Edge, Told>): Intervals["edges"] {
  const placed: Intervals["edges"] = {};
  for (const [edge, at] of Object.entries(told) as [Edge, Told][])
    if (typeof at !== "string") placed[edge] = at.at - AVERAGED_MS.before;
  return placed;
}

function spanOf(from: Told, to: Told): Interval {
  if (typeof from === "string") return { notMeasurable: from };
  if (typeof to === "string") return { notMeasurable: to };
  return { ms: to.at - from.at, confidence: from.trust * to.trust };
}

function wholeComplex(qrs: Interval): Interval {
  return "ms" in qrs && qrs.ms < SHORTEST_COMPLEX ? { notMeasurable: "hidden" } : qrs;
}

function corrected(qt: Interval, by: number): Interval {
  return "ms" in qt ? { ms: qt.ms / by, confidence: qt.confidence } : qt;
}
