/**
 * A recording as a FHIR R4 transaction: whose, by which device, its samples, what was found, its report, and its proof as
 * provenance. Every resource has an id made of what it is about and is put there, so that a second time changes nothing.
 */

import { createHash } from "node:crypto";
import type { Lead } from "../../protocol/open";
import { localTime, offsetText } from "../document/localtime";
import { nameOf } from "../document/signal";
import { findingsOf, rateOf, type Study, timeOf } from "../document/study";
import { potentialOf } from "../document/units";
import { findingText, NO_DIAGNOSIS } from "../findings/words";
import { codeOf, StoreError } from "../store/errors";
import type { RecordingInfo } from "../store/infos";
import { proofBytes } from "./proof";
import { MARKS, provenance, SIMULATED } from "./provenance";
import type { ExportSource, OutFile } from "./source";
import { survey, surveyed } from "./survey";

export interface FhirParts {
  source: Pick<ExportSource, "reader" | "study" | "timeZone">;
  pdf?: Uint8Array;
  /** Opened or not, as `avnode proof` writes it. */
  proof?: Uint8Array;
}

/** A JSON object of FHIR's. */
export type Resource = { resourceType: string; id?: string } & Record<string, unknown>;

export interface Bundle extends Resource {
  type: "transaction";
  entry: { fullUrl: string; resource: Resource; request: { method: "PUT"; url: string } }[];
}

/** Of all leads together: what a server takes as one resource. */
const MAX_SAMPLES = 2_000_000;
const MDC = "urn:oid:2.16.840.1.113883.6.24";
const UCUM = "http://unitsofmeasure.org";
/** ISO/IEEE 11073-10101: the potential of a lead is this, and the lead's number. */
const POTENTIAL = 131328;
const LEAD_NUMBERS: Record<string, number> = {
  ...{ I: 1, II: 2, III: 61, AVR: 62, AVL: 63, AVF: 64 },
  ...{ V1: 3, V2: 4, V3: 5, V4: 6, V5: 7, V6: 8 },
};
/** Marks resources that are no person's. */
const TEST_DATA = {
  system: "http://terminology.hl7.org/CodeSystem/v3-ActReason",
  code: "HTEST",
  display: "test health data",
};

/** @throws STORE_*, EXPORT_EMPTY, EXPORT_TIME, EXPORT_FHIR where it is longer than one resource holds */
export async function fhirFiles(source: ExportSource): Promise<OutFile[]> {
  requireFits(source.study);
  const { makeReport } = require("../report/report") as typeof import("../report/report");
  const { reader, dataDir, timeZone } = source;
  const { info, from, to, person } = source.study;
  // Its proof stands in the Provenance.
  const options = { from, to, timeZone, nameless: person === undefined, paper: "a4", proof: false } as const;
  const { bytes: pdf } = await makeReport({ reader, dataDir }, info.id, options);
  const bundle = fhirBundle({ source, pdf, proof: proofOf(source) });
  const bytes = Buffer.from(`${JSON.stringify(bundle, undefined, 1)}\n`);
  return [
    {
      name: `${source.name}.json`,
      size: bytes.length,
      *pieces() {
        yield bytes;
      },
    },
  ];
}

/** Undefined where there is none yet, or it is too long to be sent. */
export function proofOf(source: Pick<ExportSource, "reader" | "study">): Uint8Array | undefined {
  try {
    return proofBytes(source);
  } catch (error) {
    if (/^(STORE_NOT_LOGGED|EXPORT_TOO_LARGE)$/.test(codeOf(error))) return undefined;
    throw error;
  }
}

/** @throws as fhirFiles does */
export function fhirBundle({ source, pdf, proof }: FhirParts): Bundle {
  const { study, reader } = source;
  const { info, person } = study;
  const device = deviceOf(study);
  const patient = person && {
    resourceType: "Patient",
    id: idOf("patient", reader.pseudonym("fhir patient", String(person.id))),
    name: [{ text: person.name }],
    ...(person.birthDate && { birthDate: person.birthDate }),
  };
  const subject = patient && { subject: reference(patient) };
  const observation = { ...observationOf(source), ...subject, device: reference(device) };
  const report: Resource = { ...reportOf(study, pdf), ...subject, result: [reference(observation)] };
  const resources: Resource[] = [
    ...(patient ? [patient] : []),
    device,
    observation,
    report,
    ...(proof ? [provenanceOf(study, proof, [observation, report], device)] : []),
  ];
  if (info.simulated) for (const one of resources) one.meta = { tag: [TEST_DATA] };
  return {
    resourceType: "Bundle",
    type: "transaction",
    entry: resources.map((resource) => ({
      fullUrl: `https://avnode.invalid/fhir/${referenceTo(resource)}`,
      resource,
      request: { method: "PUT", url: referenceTo(resource) },
    })),
  };
}

function deviceOf({ info }: Study): Resource {
  const { frontEnd, firmware } = info.open;
  return {
    resourceType: "Device",
    id: idOf("device", info.device),
    serialNumber: info.device,
    type: { text: typeText(info) },
    ...(firmware !== "" && !info.adopted && { version: [{ value: firmware }] }),
    ...(frontEnd !== "" && { note: [{ text: `front end ${frontEnd}` }] }),
  };
}

/** @throws EXPORT_FHIR */
function requireFits({ info, from, to }: Study): void {
  const { leads, rateNum, rateDen } = info.open;
  if ((to - from) * leads.length <= MAX_SAMPLES) return;
  const seconds = Math.floor((MAX_SAMPLES / leads.length) * (rateDen / rateNum));
  throw new StoreError(
    "EXPORT_FHIR",
    `cannot export ${info.id} as fhir: one resource holds ${seconds} s of its leads. Give --from and --to, or use --format edf`,
  );
}

function observationOf({ study, timeZone, reader }: FhirParts["source"]): Resource {
  requireFits(study);
  const { info, from, to } = study;
  const { leads, rateNum, rateDen } = info.open;
  const { absences } = survey({ reader, study });
  const data = samplesOf(study);
  const [start, end] = [timeOf(study, from), timeOf(study, to)];
  const said = [
    ...provenance(study, absences),
    ...study.marks.map(
      ({ kind, sample }) =>
        `${MARKS[kind] ?? "mark"} at ${(((sample - from) * rateDen) / rateNum).toFixed(1)} s`,
    ),
  ];
  return {
    resourceType: "Observation",
    id: idOf("waveform", info.id, from, to, info.frames, info.samples),
    identifier: [{ system: "urn:avnode:recording", value: info.id }],
    status: info.state === "closed" ? "final" : "preliminary",
    category: [
      {
        coding: [
          {
            system: "http://terminology.hl7.org/CodeSystem/observation-category",
            code: "procedure",
            display: "Procedure",
          },
        ],
      },
    ],
    code: { coding: [{ system: MDC, code: String(POTENTIAL), display: "MDC_ECG_ELEC_POTL" }] },
    ...(start !== undefined && {
      effectivePeriod: { start: instant(start, timeZone), end: instant(end!, timeZone) },
    }),
    note: said.map((text) => ({ text })),
    component: leads.map((lead, index) => ({
      code: conceptOf(lead, index),
      valueSampledData: {
        origin: originOf(lead),
        period: (1000 * rateDen) / rateNum,
        ...(potentialOf(lead) && { factor: 1 / lead.gain }),
        dimensions: 1,
        data: data[index]!,
      },
    })),
  };
}

/** Counts with a blank between, and E for those that are not held. */
function samplesOf(study: Study): string[] {
  const { from, to, info } = study;
  const texts = info.open.leads.map((): string[] => []);
  let position = from;
  const absent = (end: number) => {
    if (end > position)
      for (const text of texts)
        text.push(
          Array(end - position)
            .fill("E")
            .join(" "),
        );
    position = Math.max(position, end);
  };
  for (const { firstSample, samples } of surveyed(study, [{ from, to }])) {
    absent(firstSample);
    for (const [lead, values] of samples.entries()) texts[lead]!.push(values.join(" "));
    position += samples[0]!.length;
  }
  absent(to);
  return texts.map((text) => text.join(" "));
}

function conceptOf(lead: Lead, index: number) {
  const name = nameOf(lead, index);
  const number = LEAD_NUMBERS[name.toUpperCase()];
  const coding = [{ system: MDC, code: String(POTENTIAL + number!), display: `MDC_ECG_ELEC_POTL_${name}` }];
  return { ...(number !== undefined && { coding }), text: name };
}

/** Of an uncalibrated lead a value is its count. */
function originOf(lead: Lead) {
  const unit = potentialOf(lead);
  if (!unit) return { value: 0 };
  const value = lead.baseline === 0 ? 0 : -lead.baseline / lead.gain;
  return { value, unit: unit.code, system: UCUM, code: unit.code };
}

function reportOf(study: Study, pdf?: Uint8Array): Resource {
  const { info, from, to, analysis, overReads } = study;
  const newest = overReads.at(-1);
  const version = [info.id, from, to, info.frames, analysis?.number ?? 0, overReads.length];
  return {
    resourceType: "DiagnosticReport",
    id: idOf("report", ...version),
    // What no clinician read is preliminary, whatever a program found.
    status: newest ? "final" : "preliminary",
    code: { coding: [{ system: "http://loinc.org", code: "11524-6", display: "EKG study" }] },
    conclusion: conclusionOf(study),
    ...(pdf && {
      presentedForm: [
        { contentType: "application/pdf", data: Buffer.from(pdf).toString("base64"), title: "ECG report" },
      ],
    }),
  };
}

function conclusionOf(study: Study): string {
  const { info, analysis, overReads } = study;
  const rate = rateOf(study);
  const found = findingsOf(study).map((one) => findingText(one, rate));
  const newest = overReads.at(-1);
  return [
    ...(info.simulated ? [SIMULATED] : []),
    ...new Set(found),
    analysis ? NO_DIAGNOSIS : "not analysed",
    newest
      ? `read by ${newest.name}${newest.form ? " on a form" : ""}${newest.comment === "" ? "" : `: ${newest.comment}`}`
      : "not reviewed by a clinician",
  ].join(". ");
}

/** @throws EXPORT_TIME where nobody knows when it was here */
function provenanceOf({ info }: Study, proof: Uint8Array, targets: Resource[], device: Resource): Resource {
  const known = info.lastAt ?? (info.startMs > 0 ? info.startMs : undefined);
  if (known === undefined)
    throw new StoreError(
      "EXPORT_TIME",
      `cannot export ${info.id} as fhir: nobody knows when it was recorded`,
    );
  const recorded = new Date(known).toISOString();
  return {
    resourceType: "Provenance",
    id: idOf("provenance", ...targets.map(({ id }) => id)),
    target: targets.map(reference),
    recorded,
    agent: [{ who: reference(device) }],
    signature: [
      {
        type: [
          {
            system: "urn:iso-astm:E1762-95:2013",
            code: "1.2.840.10065.1.12.1.5",
            display: "Verification Signature",
          },
        ],
        when: recorded,
        // No handheld signed an adopted one; the proof holds its hub's signature alone.
        who: info.adopted ? { display: "the hub that adopted the file" } : reference(device),
        sigFormat: "application/octet-stream",
        data: Buffer.from(proof).toString("base64"),
      },
    ],
  };
}

function idOf(...of: unknown[]): string {
  const digest = createHash("sha256")
    .update(`avnode/fhir ${JSON.stringify(of)}`)
    .digest("hex");
  return `avnode-${digest.slice(0, 32)}`;
}

const referenceTo = ({ resourceType, id }: Resource) => `${resourceType}/${id}`;
const reference = (to: Resource) => ({ reference: referenceTo(to) });

/** Local time with its offset, to the millisecond. */
function instant(ms: number, timeZone?: string): string {
  const at = localTime(ms, timeZone);
  const local = new Date(Math.floor(ms) + at.offsetMinutes * 60_000).toISOString().slice(0, -1);
  return local + offsetText(at).slice(3);
}

/** Which device made what was adopted, nobody here knows. */
function typeText({ simulated, adopted }: RecordingInfo): string {
  if (adopted) return "unknown ECG recorder, adopted from a file that no handheld signed";
  return simulated ? "simulated handheld ECG monitor" : "handheld ECG monitor";
}
