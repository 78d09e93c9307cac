/** One WFDB record analysed, and told in the form that was asked for. */
import { basename } from "node:path";
import { clockTime } from "../document/localtime";
import { intervalsLine } from "../findings/intervalwords";
import { findingText } from "../findings/words";
import { Analysis, type Results, type Summary } from "../rhythm/analysis";
import { classifyStrip } from "../rhythm/episodes/strip";
import type { Finding } from "../rhythm/findings";
import { countsPerMillivolt } from "../rhythm/gain";
import type { SecondQuality } from "../rhythm/quality";
import { type RecordLead, recordLead } from "../rhythm/score/lead";
import type { Beat, Rhythm } from "../rhythm/types";
import { readRecord, type WfdbLead, type WfdbRecord } from "../wfdb/read";
import { requireAnalysable } from "./analysable";
import { measurementForPrograms, summaryOfIntervals } from "./measured";
import { counted } from "./text";

export interface Wanted {
  lead: number;
  form: "text" | "json" | "cinc2017";
}

/** @returns lines @throws WfdbError; CliError for a lead or a rate that cannot be analysed */
export function analyzed(path: string, { lead, form }: Wanted): string[] {
  const record = readRecord(path);
  const name = basename(path).replace(/\.hea$/, "");
  requireAnalysable("analyze", path, { rate: record.rate, leads: record.leads.length }, lead);
  const of = record.leads[lead]!;
  if (form === "cinc2017")
    return [`${name},${classifyStrip(record.signals[lead]!, record.rate, countsPerMillivolt(of)).class}`];
  const { results, summary } = analyzeLead(recordLead(path, record, lead));
  return form === "json"
    ? [JSON.stringify(forPrograms(name, record.rate, results, summary))]
    : forPeople(name, record, of, results, summary);
}

type Kept = Pick<Results, "beats" | "episodes" | "quality" | "measurements">;

function analyzeLead({ settings, pieces }: RecordLead) {
  const analysis = new Analysis(settings);
  const results: Kept = { beats: [], episodes: [], quality: [], measurements: [] };
  const take = ({ beats, episodes, quality, measurements }: Results) => {
    for (const beat of beats) results.beats.push(beat);
    for (const episode of episodes) results.episodes.push(episode);
    for (const second of quality) results.quality.push(second);
    for (const measurement of measurements) results.measurements.push(measurement);
  };
  for (const piece of pieces) take(typeof piece === "number" ? analysis.gap(piece) : analysis.push(piece));
  take(analysis.end());
  results.episodes.sort((a, b) => a.from - b.from || a.to - b.to);
  return { results, summary: analysis.summary() };
}

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
const orNull = (value: number | undefined, digits: number) =>
  value === undefined ? null : rounded(value, digits);

function forPrograms(
  record: string,
  fs: number,
  { beats, episodes, quality, measurements }: Kept,
  { variability, version, inputs, ...summary }: Summary,
) {
  return {
    record,
    fs,
    version,
    inputs,
    beats: beats.map((beat: Beat) => ({
      sample: beat.sample,
      class: beat.class,
      confidence: rounded(beat.confidence, 3),
    })),
    episodes: episodes.map(({ from, to, rhythm, confidence, rate, evidence }) => ({
      from,
      to,
      rhythm,
      confidence: rounded(confidence, 3),
      rate: rounded(rate, 1),
      evidence,
    })),
    quality: spans(quality),
    measurements: measurements.map(measurementForPrograms),
    summary: {
      ...summary,
      seconds: rounded(summary.seconds, 3),
      analysable: rounded(summary.analysable, 4),
      meanRate: orNull(summary.meanRate, 2),
      slowest: orNull(summary.slowest, 1),
      fastest: orNull(summary.fastest, 1),
      sdnn: orNull(variability.sdnn, 1),
      rmssd: orNull(variability.rmssd, 1),
      variabilityShare: rounded(variability.share, 4),
      measurements: summaryOfIntervals(summary.measurements),
    },
  };
}

/** Neighbouring seconds of which the same is said, as one. */
function spans(seconds: SecondQuality[]): Pick<SecondQuality, "from" | "to" | "analysable" | "problems">[] {
  const found: Pick<SecondQuality, "from" | "to" | "analysable" | "problems">[] = [];
  for (const { from, to, analysable, problems } of seconds) {
    const last = found.at(-1);
    if (last?.to === from && last.analysable === analysable && String(last.problems) === String(problems))
      last.to = to;
    else found.push({ from, to, analysable, problems });
  }
  return found;
}

const RIBBON = 60;
const SIGNS: Record<Rhythm, string> = {
  sinus: "·",
  af: "A",
  tachy: "T",
  brady: "B",
  ectopy: "E",
  other: "o",
  unreadable: "?",
  pause: "p",
  vrun: "V",
};
const MOST_FINDINGS = 12;

function forPeople(
  name: string,
  record: WfdbRecord,
  lead: WfdbLead,
  { episodes }: Kept,
  summary: Summary,
): string[] {
  const { rate, samples } = record;
  const { meanRate, slowest, fastest, variability, beats } = summary;
  const lines = [
    `${name}  ${lead.name}, ${rounded(rate, 3)} Hz, ${clockTime(samples / rate)}, ${Math.round(100 * summary.analysable)} % of it readable`,
  ];
  const extremes =
    slowest === undefined ? "" : ` (eight beats: ${Math.round(slowest)} to ${Math.round(fastest!)})`;
  lines.push(
    meanRate === undefined
      ? "  rate    not measurable"
      : `  rate    ${Math.round(meanRate)} a minute${extremes}`,
  );
  if (variability.sdnn !== undefined && variability.rmssd !== undefined)
    lines.push(
      `  HRV     SDNN ${Math.round(variability.sdnn)} ms, RMSSD ${Math.round(variability.rmssd)} ms, of ${Math.round(100 * variability.share)} % of the time`,
    );
  lines.push(
    `  intervals  ${intervalsLine(summary.measurements)}`,
    `  beats   ${beats.N} normal, ${beats.S} supraventricular, ${beats.V} ventricular, ${beats.Q} paced or unclear`,
    `  rhythm  ${ribbon(episodes, samples)}`,
  );
  const findings = episodes.filter(({ rhythm }) => rhythm !== "sinus" && rhythm !== "unreadable");
  for (const finding of findings.slice(0, MOST_FINDINGS)) {
    const [from, to] = [finding.from / rate, finding.to / rate].map(clockTime);
    lines.push(`  ${from} to ${to}  ${findingText(finding, rate)}`);
  }
  if (findings.length > MOST_FINDINGS)
    lines.push(`  and ${counted(findings.length - MOST_FINDINGS, "more finding")}: --json lists all`);
  return lines;
}

/** The rhythm that has most of each column's time; events stand above it. */
function ribbon(episodes: Finding[], samples: number): string {
  const width = Math.min(RIBBON, Math.max(1, samples));
  let drawn = "";
  for (let column = 0; column < width; column++) {
    const [from, to] = [(column * samples) / width, ((column + 1) * samples) / width];
    let sign = " ";
    let most = 0;
    for (const episode of episodes) {
      const event = episode.rhythm === "pause" || episode.rhythm === "vrun";
      const shared = Math.min(to, episode.to) - Math.max(from, episode.from);
      const weight = shared <= 0 ? 0 : event ? Number.POSITIVE_INFINITY : shared;
      if (weight <= most) continue;
      most = weight;
      sign = SIGNS[episode.rhythm];
    }
    drawn += sign;
  }
  return drawn;
}
