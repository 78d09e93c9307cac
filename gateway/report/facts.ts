/** What a report states, in words: of the recording, of what was found in it, and of what is not known. */
import { MarkKind } from "../../protocol/bodies";
import { ClockTrust } from "../../protocol/open";
import { clockTime, dayHourText, dayText, fullTime, hourText, offsetOf } from "../document/localtime";
import { nameOf } from "../document/signal";
import { rateOf, type Study, timeOf } from "../document/study";
import { potentialOf } from "../document/units";
import { intervalsLine } from "../findings/intervalwords";
import { findingText, rhythmText } from "../findings/words";
import type { Summary } from "../rhythm/analysis";
import type { Finding } from "../rhythm/findings";
import type { OverReadFinding } from "../store/layers/rows";
import type { Key, Words } from "../words/words";

/** Of what is told, in whose language and time. */
export interface Telling {
  study: Study;
  timeZone: string;
  words: Words;
}

export interface Fact {
  label: string;
  text: string;
  /** That it leads to. */
  address?: string;
}

const CLOCKS: Record<number, Key> = {
  [ClockTrust.sinceBoot]: "clock-since-boot",
  [ClockTrust.setByHub]: "clock-set-by-hub",
};
const FEW_SECONDS = 600;
const MOST_LEADS = 16;
const MOST_SYMPTOMS = 6;
/** Stands before the format of an adopted file. */
const ADOPTED = /^adopted: /;

export function lengthText(words: Words, seconds: number): string {
  return seconds < FEW_SECONDS
    ? words.say("seconds", { seconds: words.number(seconds, 1) })
    : words.say("hours", { time: clockTime(seconds) });
}

/** By the clock, or counted from the recording's start where that is unknown. */
export function whenText({ study, timeZone, words }: Telling, sample: number): string {
  const at = timeOf(study, sample);
  return at === undefined
    ? words.say("from-start", { time: clockTime(sample / rateOf(study)) })
    : dayHour(study, at, timeZone);
}

/** Without the day where all of it is of one. */
function dayHour(study: Study, at: number, timeZone: string): string {
  const days = [study.from, study.to].map((sample) => dayText(timeOf(study, sample)!, timeZone));
  return days[0] === days[1] ? hourText(at, timeZone) : dayHourText(at, timeZone);
}

function startFacts({ study, timeZone, words }: Telling): Fact[] {
  const [from, to] = [timeOf(study, study.from), timeOf(study, study.to)];
  const { adopted, trust } = study.info;
  if (from === undefined || to === undefined)
    return [
      {
        label: words.say("label-start"),
        text: words.say(adopted ? "start-unknown-adopted" : "start-unknown"),
      },
    ];
  const offsets = { from: offsetOf(from, timeZone), to: offsetOf(to, timeZone) };
  return [
    { label: words.say("label-start"), text: fullTime(from, timeZone) },
    { label: words.say("label-end"), text: fullTime(to, timeZone) },
    {
      label: words.say("label-clock"),
      text: words.say(adopted ? "clock-adopted" : (CLOCKS[trust] ?? "clock-unknown")),
    },
    ...(offsets.from === offsets.to
      ? []
      : [{ label: words.say("label-note"), text: words.say("offset-changes", offsets) }]),
  ];
}

function leadsText({ study, words }: Telling): string {
  const { leads } = study.info.open;
  const names = leads.slice(0, MOST_LEADS).map((lead, index) => {
    const name = leadName(words, study, index);
    return potentialOf(lead) ? name : `${name} (${words.say("not-calibrated")})`;
  });
  const told = names.join(", ");
  const count = leads.length - names.length;
  return count > 0 ? words.say("leads-more", { names: told, count }) : told;
}

export function leadName(words: Words, { info }: Study, index: number): string {
  return nameOf(info.open.leads[index]!, index, words.say("lead", { number: index + 1 }));
}

/** Which unit it is from; of an adopted one, that nobody knows. */
function originFact({ study: { info, device }, words }: Telling): Fact {
  const { frontEnd } = info.open;
  if (info.adopted)
    return {
      label: words.say("label-origin"),
      text: words.say("origin-adopted", { format: frontEnd.replace(ADOPTED, "") }),
    };
  const name = device?.name ? `${device.name}, ` : "";
  return { label: words.say("label-handheld"), text: `${name}${info.device}, ${frontEnd}` };
}

export function recordingFacts(telling: Telling): Fact[] {
  const { study, words } = telling;
  const { info, from, to, person } = study;
  const rate = rateOf(study);
  const isPart = from > 0 || to < info.samples;
  const length = lengthText(words, (to - from) / rate);
  const { leads, bits } = info.open;
  return [
    { label: words.say("label-person"), text: personText(words, person) },
    { label: words.say("label-recording"), text: info.id },
    originFact(telling),
    ...startFacts(telling),
    {
      label: words.say("label-duration"),
      text: isPart
        ? words.say("part", {
            ...{ length, from: clockTime(from / rate), to: clockTime(to / rate) },
            whole: lengthText(words, info.samples / rate),
          })
        : length,
    },
    ...(info.state === "closed"
      ? []
      : [{ label: words.say("label-state"), text: words.say(`state-${info.state}`) }]),
    {
      label: words.say("label-signal"),
      text: words.say("signal", {
        ...{ leads: words.counted("leads", leads.length), names: leadsText(telling), bits },
        rate: String(Number(rate.toFixed(3))).replace(".", words.say("point")),
      }),
    },
    { label: words.say("label-filters"), text: words.say("filters") },
  ];
}

function personText(words: Words, person: Study["person"]): string {
  if (!person) return words.say("person-none");
  const { name, birthDate } = person;
  return birthDate ? words.say("person-born", { name, date: birthDate }) : name;
}

function gapsText({ study, words }: Telling): string {
  const absences = study.absences();
  if (absences.length === 0) return words.say("gaps-none");
  const lost = absences.reduce((sum, { samples }) => sum + samples, 0) / rateOf(study);
  const causes = [...new Set(absences.map(({ cause }) => cause))];
  return words.say("gaps", {
    gaps: words.counted("gaps", absences.length),
    seconds: words.number(lost, 2),
    why: causes.map((cause) => words.say(`absence-${cause}`)).join("; "),
  });
}

export function symptomsOf({ marks }: Study): number[] {
  return marks.filter(({ kind }) => kind === MarkKind.symptom).map(({ sample }) => sample);
}

function symptomsText(telling: Telling): string {
  const symptoms = symptomsOf(telling.study);
  if (symptoms.length === 0) return telling.words.say("symptoms-none");
  const told = symptoms.slice(0, MOST_SYMPTOMS).map((sample) => whenText(telling, sample));
  if (symptoms.length > told.length) told.push("…");
  return telling.words.say("symptoms", { count: symptoms.length, times: told.join(", ") });
}

export function analysisFacts(telling: Telling): Fact[] {
  const { words } = telling;
  return [
    ...measuredFacts(telling),
    { label: words.say("label-gaps"), text: gapsText(telling) },
    { label: words.say("label-symptoms"), text: symptomsText(telling) },
  ];
}

function measuredFacts({ study, words }: Telling): Fact[] {
  const { analysis } = study;
  const summary = analysis?.summary;
  const label = { rate: words.say("label-rate"), analysed: words.say("label-analysed") };
  if (!summary)
    return [
      { label: label.rate, text: words.say("rate-not-measured") },
      { label: label.analysed, text: words.say("analysed-none") },
    ];
  return [
    { label: label.rate, text: rateText(words, summary) },
    {
      label: label.analysed,
      text: words.say(analysis.ended ? "analysed" : "analysed-so-far", {
        percent: Math.round(100 * summary.analysable),
        ...{ lead: analysis.name, version: analysis.version },
        ...(!analysis.ended && { time: clockTime(analysis.samples / rateOf(study)) }),
      }),
    },
    { label: words.say("label-intervals"), text: intervalsLine(summary.measurements, words) },
  ];
}

function rateText(
  words: Words,
  { meanRate, slowest, fastest }: Pick<Summary, "meanRate" | "slowest" | "fastest">,
): string {
  if (meanRate === undefined) return words.say("rate-none");
  const mean = words.say("rate-mean", { rate: Math.round(meanRate) });
  return slowest === undefined || fastest === undefined
    ? mean
    : words.say("rate-range", { mean, slowest: Math.round(slowest), fastest: Math.round(fastest) });
}

/** One line for each finding, in order. */
export function findingLine(telling: Telling, finding: Finding): string {
  const { study, words } = telling;
  const rate = rateOf(study);
  const span = `${whenText(telling, finding.from)}, ${lengthText(words, (finding.to - finding.from) / rate)}`;
  return `${span}: ${findingText(finding, rate, words)}`;
}

export function noFindings({ study: { analysis }, words }: Telling): string {
  if (!analysis?.summary) return words.say("findings-not-analysed");
  return words.say(analysis.summary.analysable === 0 ? "findings-unreadable" : "findings-none");
}

function overReadFinding(words: Words, { verdict, automatic, finding, note }: OverReadFinding): string {
  const rhythm = finding?.rhythm ?? automatic?.rhythm;
  const said = words.say(`verdict-${verdict}`, { rhythm: rhythm ? rhythmText(rhythm, words) : "" }).trim();
  return note ? `${said} (${note})` : said;
}

/** The newest first. */
export function overReadTexts({ study: { overReads }, timeZone, words }: Telling): string[] {
  if (overReads.length === 0) return [words.say("unread")];
  return [...overReads].reverse().map(({ name, form, at, findings, comment }) => {
    const by = words.say(form ? "over-read-form" : "over-read", { name, time: fullTime(at, timeZone) });
    const said = findings.map((finding) => overReadFinding(words, finding)).join(", ");
    return `${by}${said ? `: ${said}` : ""}${comment ? `. ${words.say("comment", { comment })}` : ""}`;
  });
}
