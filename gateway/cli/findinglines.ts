/** What analysis says of a recording, as lines. */

import { clockTime } from "../document/localtime";
import { findingText, NO_DIAGNOSIS } from "../findings/words";
import { isEventKind } from "../store/findings/group";
import type { AnalysisInfo } from "../store/findings/types";
import type { RecordingInfo } from "../store/infos";
import { counted, localTime } from "./text";

const MOST_FINDINGS = 12;

/** @param analysis the one that tells most @param most findings */
export function findingLines(
  info: RecordingInfo,
  analysis: AnalysisInfo | undefined,
  most: number = MOST_FINDINGS,
): string[] {
  return analysis
    ? analysisLines(info, analysis, most)
    : [`analysis   not yet: a running hub does so, or 'avnode findings ${info.id} --again'`];
}

export function analysisLines(info: RecordingInfo, analysis: AnalysisInfo, most: number): string[] {
  const { id, name, settings, summary, samples, ended, version, episodes } = analysis;
  const { rate } = settings;
  const taken = ended ? "to its end" : `up to ${clockTime(samples / rate)} so far`;
  const readable = summary ? `, ${Math.round(100 * summary.analysable)} % of it readable` : "";
  const pulse =
    summary?.meanRate === undefined ? "" : `, ${Math.round(summary.meanRate)} beats a minute on average`;
  const found = episodes.filter(({ rhythm }) => isEventKind(rhythm));
  const lines = [
    `analysis   ${id} of lead ${name}, ${taken}${readable}${pulse}`,
    `version    ${version}`,
    ...found
      .slice(0, most)
      .map(
        (finding) =>
          `finding    ${info.simulated ? "DEMO: " : ""}${spanText(info, rate, finding)}, ${findingText(finding, rate)}`,
      ),
  ];
  if (found.length > most)
    lines.push(`finding    ${counted(found.length - most, "more")}: 'avnode findings ${info.id}' lists all`);
  lines.push(found.length > 0 ? `           ${NO_DIAGNOSIS}` : "finding    none");
  return lines;
}

/** By the handheld's clock, or from the recording's start where that was never set. */
function spanText(
  { startMs }: RecordingInfo,
  rate: number,
  { from, to }: { from: number; to: number },
): string {
  if (startMs === 0) return `${clockTime(from / rate)} to ${clockTime(to / rate)} from its start`;
  const [first, last] = [from, to].map((sample) => localTime(startMs + (1000 * sample) / rate));
  const [day] = first!.split(" ");
  return `${first} to ${last!.startsWith(day!) ? last!.slice(day!.length + 1) : last}`;
}
