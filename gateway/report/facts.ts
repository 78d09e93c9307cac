/** What a report states, in words: of the recording, of what was found in it, and of what is not known. */
import { MarkKind } from "../../protocol/bodies";
import { ClockTrust } from "../../protocol/open";
import { intervalsLine } from "../cli/measured";
import { clockTime, counted } from "../cli/text";
import { nameOf } from "../document/signal";
import { rateOf, type Study, timeOf } from "../document/study";
import { findingText, rhythmText } from "../findings/words";
import type { Finding } from "../rhythm/findings";
import type { OverReadFinding } from "../store/layers/rows";
import { isCalibrated } from "./strip";
import { dayTime, fullTime, hourText, offsetOf } from "./times";

export interface Fact {
  label: string;
  text: string;
}

export const NOT_A_DIAGNOSIS = "Not a diagnosis: found by a program that can err. Show it to a clinician.";
export const SIMULATED = "DEMO · SIMULATED: made by a virtual handheld, not by a person's heart";
export const UNREAD = "not reviewed by a clinician";

const TRUSTS: Record<number, string> = {
  [ClockTrust.sinceBoot]: "by the handheld's own clock, which nobody had set: it may be wrong",
  [ClockTrust.setByHub]: "by the handheld's clock, which its hub had set",
};
const FEW_SECONDS = 600;

export function lengthText(seconds: number): string {
  return seconds < FEW_SECONDS ? `${seconds.toFixed(1)} s` : `${clockTime(seconds)} (hours:minutes:seconds)`;
}

/** By the clock, or counted from the recording's start where that is unknown. */
export function whenText(study: Study, sample: number, timeZone: string): string {
  const at = timeOf(study, sample);
  return at === undefined
    ? `${clockTime(sample / rateOf(study))} from its start`
    : dayHour(study, at, timeZone);
}

/** Without the day where all of it is of one. */
function dayHour(study: Study, at: number, timeZone: string): string {
  const days = [study.from, study.to].map((sample) => dayTime(timeOf(study, sample)!, timeZone).slice(0, 10));
  return days[0] === days[1] ? hourText(at, timeZone) : `${dayTime(at, timeZone)} ${offsetOf(at, timeZone)}`;
}

export function startFacts(study: Study, timeZone: string): Fact[] {
  const [from, to] = [timeOf(study, study.from), timeOf(study, study.to)];
  if (from === undefined || to === undefined)
    return [{ label: "Start", text: "unknown: the handheld's clock was never set" }];
  const trust = TRUSTS[study.info.trust] ?? "by a clock of which nothing is known";
  const changes = offsetOf(from, timeZone) !== offsetOf(to, timeZone);
  return [
    { label: "Start", text: fullTime(from, timeZone) },
    { label: "End", text: fullTime(to, timeZone) },
    { label: "Clock", text: trust },
    ...(changes
      ? [
          {
            label: "Note",
            text: `local time changes on the way, from ${offsetOf(from, timeZone)} to ${offsetOf(to, timeZone)}: every time here has its offset`,
          },
        ]
      : []),
  ];
}

function leadsText({ info: { open } }: Study): string {
  const names = open.leads.map(
    (lead, index) => `${nameOf(lead, index)}${isCalibrated(lead) ? "" : " (not calibrated)"}`,
  );
  return names.length > 16
    ? `${names.slice(0, 16).join(", ")} and ${names.length - 16} more`
    : names.join(", ");
}

export function recordingFacts(study: Study, timeZone: string): Fact[] {
  const { info, device, person, from, to } = study;
  const rate = rateOf(study);
  const isPart = from > 0 || to < info.samples;
  const seconds = (to - from) / rate;
  const born = person?.birthDate ? `, born ${person.birthDate}` : "";
  return [
    { label: "Person", text: person ? `${person.name}${born}` : "not entered" },
    { label: "Recording", text: info.id },
    {
      label: "Handheld",
      text: `${device?.name ? `${device.name}, ` : ""}${info.device}, ${info.open.frontEnd}`,
    },
    ...startFacts(study, timeZone),
    {
      label: "Duration",
      text: isPart
        ? `${lengthText(seconds)}: from ${clockTime(from / rate)} to ${clockTime(to / rate)} of ${lengthText(info.samples / rate)}`
        : lengthText(seconds),
    },
    ...(info.state === "closed" ? [] : [{ label: "State", text: STATES[info.state] }]),
    {
      label: "Signal",
      text: `${counted(info.open.leads.length, "lead")}: ${leadsText(study)}; ${Number(rate.toFixed(3))} samples a second, ${info.open.bits} bits`,
    },
    { label: "Filters", text: "none by this report; those of the front end are not recorded" },
  ];
}

const STATES = {
  recording: "still running: this is what had arrived",
  truncated: "broke off: it has no end that its handheld told",
  pending: "not all of it has arrived",
};

export function gapsText(study: Study): string {
  const absences = study.absences();
  if (absences.length === 0) return "none";
  const rate = rateOf(study);
  const lost = absences.reduce((sum, { samples }) => sum + samples, 0) / rate;
  const why = [...new Set(absences.map((absence) => absence.why))].join("; ");
  return `${counted(absences.length, "gap")}, ${lost.toFixed(2)} s without signal (${why}); hatched where drawn`;
}

export function symptomsOf({ marks }: Study): number[] {
  return marks.filter(({ kind }) => kind === MarkKind.symptom).map(({ sample }) => sample);
}

export function analysisFacts(study: Study, timeZone: string): Fact[] {
  const { analysis } = study;
  const summary = analysis?.summary;
  const symptoms = symptomsOf(study);
  const told = symptoms.slice(0, 6).map((sample) => whenText(study, sample, timeZone));
  return [
    ...(analysis && summary
      ? [
          {
            label: "Heart rate",
            text:
              summary.meanRate === undefined
                ? "not measurable: no readable stretch is long enough"
                : `${Math.round(summary.meanRate)} a minute on average${rangeText(summary)}`,
          },
          {
            label: "Analysed",
            text: `${Math.round(100 * summary.analysable)} % readable, lead ${analysis.name}${analysis.ended ? "" : ", not to its end yet"}; ${analysis.version}, of the whole recording`,
          },
          { label: "Intervals", text: intervalsLine(summary.measurements) },
        ]
      : [
          { label: "Heart rate", text: "not measured" },
          { label: "Analysed", text: "not analysed: no finding here means nothing" },
        ]),
    { label: "Gaps", text: gapsText(study) },
    {
      label: "Symptoms",
      text:
        symptoms.length === 0
          ? "none marked"
          : `${symptoms.length} marked: ${told.join(", ")}${symptoms.length > told.length ? ", …" : ""}`,
    },
  ];
}

function rangeText({ slowest, fastest }: { slowest?: number; fastest?: number }): string {
  if (slowest === undefined || fastest === undefined) return "";
  return `, slowest ${Math.round(slowest)}, fastest ${Math.round(fastest)}`;
}

/** One line for each finding, in order. */
export function findingLine(study: Study, finding: Finding, timeZone: string): string {
  const span = `${whenText(study, finding.from, timeZone)}, ${lengthText((finding.to - finding.from) / rateOf(study))}`;
  return `${span}: ${findingText(finding, rateOf(study))}`;
}

export function noFindings({ analysis }: Study): string {
  if (!analysis?.summary) return "none: it was not analysed";
  return analysis.summary.analysable === 0
    ? "none: not a second of it could be read"
    : "none in what could be read";
}

function overReadFinding({ verdict, automatic, finding, note }: OverReadFinding): string {
  const rhythm = finding?.rhythm ?? automatic?.rhythm;
  return `${verdict}${rhythm ? ` ${rhythmText(rhythm)}` : ""}${note ? ` (${note})` : ""}`;
}

/** The newest first. */
export function overReadTexts({ overReads }: Study, timeZone: string): string[] {
  if (overReads.length === 0) return [UNREAD];
  return [...overReads].reverse().map(({ name, at, findings, comment }) => {
    const said = findings.map(overReadFinding).join(", ");
    return `by ${name}, ${fullTime(at, timeZone)}${said ? `: ${said}` : ""}${comment ? `. “${comment}”` : ""}`;
  });
}
