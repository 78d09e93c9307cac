/**
 * A recording as HL7 annotated ECG (HL7 v3, PORT_MT020001): counts as the front end delivered them, with the origin and
 * scale that make them microvolts. A list of digits has no word for an absent sample, so each stretch without a gap is a
 * series of its own.
 */
import type { Lead } from "../../protocol/open";
import { localTime, offsetText } from "../document/localtime";
import { nameOf } from "../document/signal";
import { findingsOf, rateOf, type Stretch, type Study, timeOf } from "../document/study";
import { potentialOf } from "../document/units";
import { findingText } from "../findings/words";
import { element, escaped } from "./aecgxml";
import { gathered } from "./pieces";
import { analysisText, provenance } from "./provenance";
import type { ExportSource, OutFile } from "./source";
import { survey, surveyed } from "./survey";
import { uuidOf } from "./uuid";

/** Of all leads of a series: it is in memory as a whole, since its leads' digits stand one behind the other. */
const MAX_SERIES_SAMPLES = 2 ** 22;
const DIGITS_PER_TEXT = 4096;

const MDC = { codeSystem: "2.16.840.1.113883.6.24", codeSystemName: "MDC" };
const ACT = { codeSystem: "2.16.840.1.113883.5.4", codeSystemName: "ActCode" };
/** Leads that ISO/IEEE 11073-10102 has a code for under these names. */
const LEADS = new Map(
  ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"].map((name) => [
    name.toUpperCase(),
    `MDC_ECG_LEAD_${name.toUpperCase()}`,
  ]),
);
const MICROVOLTS = { V: 1e6, mV: 1e3, uV: 1 };

/** @throws STORE_*, EXPORT_EMPTY */
export function aecgFiles(source: ExportSource): OutFile[] {
  return [{ name: `${source.name}.xml`, pieces: () => gathered(document(source)) }];
}

function* document(source: ExportSource): Generator<string> {
  const { study, timeZone } = source;
  const { info } = study;
  const { runs, absences } = survey(source);
  const analysis = analysisText(study);
  const startMs = timeOf(study, 0);
  const said = [
    ...provenance(study, absences, 0),
    ...(startMs === undefined
      ? []
      : [`times are local, ${offsetText(localTime(startMs, timeZone))} at the start`]),
    ...(analysis ? [analysis] : []),
  ];
  yield `<?xml version="1.0" encoding="UTF-8"?>
<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:voc="urn:hl7-org:v3/voc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" classCode="OBS" moodCode="EVN">
${element("id", { root: uuidOf(`${info.id} ${study.from} ${study.to}`), extension: info.id })}
${element("code", { code: "93000", codeSystem: "2.16.840.1.113883.6.12", codeSystemName: "CPT-4" })}
<text>${escaped(said.join("\n"))}</text>
${interval(study, { from: runs[0]!.from, to: runs.at(-1)!.to }, timeZone)}
${subjectOf(study)}
`;
  let first = true;
  for (const { stretch, samples } of seriesOf(study, runs)) {
    yield* series(study, stretch, samples, timeZone, first ? interpretation(study) : "");
    first = false;
  }
  yield "</AnnotatedECG>\n";
}

/** No trial; of the person what was entered. */
function subjectOf({ person }: Study): string {
  const birth = person?.birthDate?.replaceAll("-", "");
  const known = person
    ? `<subjectDemographicPerson><name>${escaped(person.name)}</name>${
        birth ? element("birthTime", { value: birth }) : ""
      }</subjectDemographicPerson>`
    : "";
  return `<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>${known}</trialSubject></subject><componentOf><clinicalTrial><id nullFlavor="NA"/></clinicalTrial></componentOf></subjectAssignment></componentOf></timepointEvent></componentOf>`;
}

function* seriesOf(study: Study, runs: Stretch[]): Generator<{ stretch: Stretch; samples: Int32Array[] }> {
  const most = Math.floor(MAX_SERIES_SAMPLES / study.info.open.leads.length);
  const parts = runs.flatMap(({ from, to }) =>
    Array.from({ length: Math.ceil((to - from) / most) }, (_, index) => ({
      from: from + index * most,
      to: Math.min(to, from + (index + 1) * most),
    })),
  );
  const pieces = surveyed(study, parts);
  try {
    for (const stretch of parts) {
      const samples = study.info.open.leads.map(() => new Int32Array(stretch.to - stretch.from));
      for (let done = 0; done < stretch.to - stretch.from; ) {
        const { samples: some } = pieces.next().value!;
        for (const [lead, values] of some.entries()) samples[lead]!.set(values, done);
        done += some[0]!.length;
      }
      yield { stretch, samples };
    }
  } finally {
    // Else the database stays open on what it was reading.
    pieces.return(undefined);
  }
}

function* series(
  study: Study,
  stretch: Stretch,
  samples: Int32Array[],
  timeZone: string | undefined,
  annotations: string,
): Generator<string> {
  const { info } = study;
  const { rateNum, rateDen, leads, frontEnd, firmware } = info.open;
  const increment = element("increment", { value: decimal(rateDen / rateNum), unit: "s" });
  const at = timeOf(study, stretch.from);
  const time =
    at === undefined
      ? sequence(
          element("code", { code: "TIME_RELATIVE", ...ACT }),
          "GLIST_PQ",
          element("head", { value: decimal((stretch.from * rateDen) / rateNum), unit: "s" }) + increment,
        )
      : sequence(
          element("code", { code: "TIME_ABSOLUTE", ...ACT }),
          "GLIST_TS",
          element("head", { value: timestamp(at, timeZone) }) + increment,
        );
  yield `<component><series>
${element("id", { root: uuidOf(`${info.id} series ${stretch.from} ${stretch.to}`) })}
${element("code", { code: "RHYTHM", ...ACT })}
${interval(study, stretch, timeZone)}
<author><seriesAuthor><manufacturedSeriesDevice>${element("id", { root: uuidOf(info.device), extension: info.device })}<manufacturerModelName>${escaped(frontEnd)}</manufacturerModelName><softwareName>${escaped(firmware)}</softwareName></manufacturedSeriesDevice></seriesAuthor></author>
<component><sequenceSet>
${time}
`;
  for (const [index, lead] of leads.entries()) {
    const { origin, scale, unit } = scaleOf(lead);
    const [before, behind] = sequence(
      codeOf(lead, index),
      "SLIST_PQ",
      `${element("origin", { value: decimal(origin), unit })}${element("scale", { value: decimal(scale), unit })}<digits>|</digits>`,
    ).split("|");
    yield before!;
    const values = samples[index]!;
    for (let from = 0; from < values.length; from += DIGITS_PER_TEXT)
      yield (from > 0 ? " " : "") + values.subarray(from, from + DIGITS_PER_TEXT).join(" ");
    yield `${behind}\n`;
  }
  yield `</sequenceSet></component>
${annotations}</series></component>
`;
}

function sequence(code: string, type: string, value: string): string {
  return `<component><sequence>${code}<value xsi:type="${type}">${value}</value></sequence></component>`;
}

/** Findings in words, as a program's interpretation. */
function interpretation(study: Study): string {
  const rate = rateOf(study);
  const told = findingsOf(study).map((one) => {
    const seconds = (sample: number) => (sample / rate).toFixed(1);
    return `${seconds(one.from)} s to ${seconds(one.to)} s: ${findingText(one, rate)}`;
  });
  if (told.length === 0) return "";
  const statements = told.map(
    (text) =>
      `<component><annotation>${element("code", { code: "MDC_ECG_INTERPRETATION_STATEMENT", ...MDC })}<value xsi:type="ST">${escaped(text)}</value></annotation></component>\n`,
  );
  return `<subjectOf><annotationSet><component><annotation>${element("code", { code: "MDC_ECG_INTERPRETATION", ...MDC })}
${statements.join("")}</annotation></component></annotationSet></subjectOf>
`;
}

function codeOf(lead: Lead, index: number): string {
  const name = nameOf(lead, index);
  const code = LEADS.get(name.toUpperCase());
  return code
    ? element("code", { code, ...MDC, displayName: name })
    : element("code", { code: name, displayName: name });
}

/** A value is origin + digit × scale. Of an uncalibrated lead it is the count, a number without a unit. */
function scaleOf(lead: Lead): { origin: number; scale: number; unit: string } {
  const { gain, baseline } = lead;
  if (gain === 0) return { origin: 0, scale: 1, unit: "1" };
  const plain = lead.unit.trim();
  const potential = potentialOf(lead);
  const factor = potential && MICROVOLTS[potential.code];
  return {
    origin: baseline === 0 ? 0 : (-baseline * (factor ?? 1)) / gain,
    scale: (factor ?? 1) / gain,
    unit: factor === undefined ? plain || "1" : "uV",
  };
}

function interval(study: Study, { from, to }: Stretch, timeZone?: string): string {
  const [low, high] = [timeOf(study, from), timeOf(study, to)];
  if (low === undefined || high === undefined) return `<effectiveTime nullFlavor="UNK"/>`;
  return `<effectiveTime>${element("low", { value: timestamp(low, timeZone), inclusive: "true" })}${element("high", { value: timestamp(high, timeZone), inclusive: "false" })}</effectiveTime>`;
}

/** Local time to the millisecond. Readers stumble over a zone behind it; the text at the top says which it is. */
function timestamp(unixMs: number, timeZone?: string): string {
  const { year, month, day, hour, minute, second } = localTime(unixMs, timeZone);
  const digits = (value: number, width = 2) => String(value).padStart(width, "0");
  const date = digits(year, 4) + [month, day, hour, minute, second].map((value) => digits(value)).join("");
  return `${date}.${digits(Math.floor(unixMs) % 1000, 3)}`;
}

/** HL7's numbers have no exponent. */
function decimal(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/\.?0+$/, "") : text;
}
