/** What exports say of themselves in words. */
import { MarkKind } from "../../protocol/bodies";
import { type Absence, trustName } from "../document/signal";
import { type Study, timeOf } from "../document/study";
import { NO_DIAGNOSIS } from "../findings/words";
import { codeOf } from "../store/errors";
import type { KeptBeats } from "../store/findings/types";
import { ENGLISH } from "../words/words";

export const SIMULATED = "SIMULATED: made by a virtual handheld, not by a person's heart";
export const ADOPTED = "adopted from a file: no handheld signed it";

export const MARKS: Record<number, string> = {
  [MarkKind.symptom]: "marked by the wearer",
  [MarkKind.leadOff]: "electrode off",
  [MarkKind.leadOn]: "electrode on",
  [MarkKind.ringNearlyFull]: "the handheld's memory nearly full",
};

/** Whose words an export's findings are; undefined where there are none. */
export function analysisText({ analysis }: Study): string | undefined {
  if (!analysis) return undefined;
  return `beats and rhythm by analysis ${analysis.id} of lead ${analysis.name}, version ${analysis.version}. ${NO_DIAGNOSIS}`;
}

/** Beats, where they are all there as they were found; else what is to be said in their place. */
export function beatsOf(study: Study): { kept?: KeptBeats; lacks: string[] } {
  try {
    return { kept: study.beats(), lacks: [] };
  } catch (error) {
    // The samples are whole: whoever needs them must have them.
    if (codeOf(error) !== "STORE_BEATS") throw error;
    return { lacks: ["beats are not all kept as they were found: none is told"] };
  }
}

/**
 * What every export says about where it came from, one line each.
 * @param origin the recording's sample from which the export counts
 */
export function provenance(study: Study, absences: Absence[], origin = study.from): string[] {
  const { info, from, to } = study;
  const { open } = info;
  const startMs = timeOf(study, origin);
  const start = startMs === undefined ? "unknown" : new Date(startMs).toISOString();
  const isWhole = from === 0 && to === info.samples;
  return [
    ...(info.simulated ? [SIMULATED] : []),
    ...(info.adopted ? [ADOPTED] : []),
    `avnode recording ${info.id}, number ${info.recording} of handheld ${info.device}, ownership ${info.epoch}`,
    ...(isWhole ? [] : [`samples ${from} to ${to - 1} of its ${info.samples}`]),
    `start ${start}, clock ${trustName(info.trust)}`,
    `rate ${open.rateNum}/${open.rateDen} per second, ${open.bits} bits, front end ${open.frontEnd}`,
    `state ${info.state}`,
    ...absences.map((gap) => gapText(gap, origin)),
  ];
}

export function gapText({ firstSample, samples, cause }: Absence, origin: number): string {
  return `gap of ${samples} samples at ${firstSample - origin}: ${ENGLISH.say(`absence-${cause}`)}`;
}
