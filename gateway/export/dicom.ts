/**
 * A recording as DICOM ECG waveforms: counts as the front end delivered them, beside the sensitivity that makes them
 * millivolts; absent samples are the padding value. What is longer than an archive takes at once is several instances of
 * one series. And its report as an encapsulated PDF of the same study.
 */
import type { Lead } from "../../protocol/open";
import { type Absence, nameOf, trustName } from "../document/signal";
import { findingsOf, rateOf, type Stretch } from "../document/study";
import { potentialOf } from "../document/units";
import { findingText } from "../findings/words";
import { type EcgObject, ecgObject, LEAD_CODES } from "./dicomecg";
import {
  bytes,
  code,
  decimal,
  type Elements,
  fileHead,
  longHead,
  numbers,
  sequence,
  text,
} from "./dicomfile";
import { type DicomSource, type Instance, identity, type When, whenOf } from "./dicomidentity";
import { analysisText, MARKS, provenance } from "./provenance";
import type { ExportSource, OutFile } from "./source";
import { type Survey, survey, surveyed } from "./survey";
import { uidOf } from "./uuid";

/** Waveform data of one instance: what archives take, and far below the four gigabytes of an element. */
const MAX_WAVEFORM_BYTES = 2 ** 29;
const BATCH_SAMPLES = 16_384;
const MAX_ANNOTATIONS = 500;
/** Of the first and only group. */
const ALL_CHANNELS = numbers("0040A0B0", "US", 1, 0);
const ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1";

/** @throws STORE_*, EXPORT_EMPTY, EXPORT_TIME, EXPORT_DICOM */
export function dicomFiles(source: ExportSource): OutFile[] {
  const { study, name } = source;
  const { open } = study.info;
  const surveyed = survey(source);
  const rate = open.rateNum / open.rateDen;
  const { runs, low, high } = surveyed;
  const whole: Stretch = { from: study.from, to: study.to };
  const hasGaps = runs.length > 1 || runs[0]!.from > whole.from || runs[0]!.to < whole.to;
  const object = ecgObject({
    ...{ leads: open.leads, rate, samples: whole.to - whole.from, low, high, hasGaps },
  });
  const most = Math.floor(MAX_WAVEFORM_BYTES / (object.width * open.leads.length));
  const parts: Stretch[] = [];
  for (let from = whole.from; from < whole.to; from += most)
    parts.push({ from, to: Math.min(whole.to, from + most) });
  return parts.map((part, index) => {
    const when = whenOf(source, part.from);
    const count = part.to - part.from;
    const dataBytes = count * object.width * open.leads.length;
    const head = headOf(source, object, surveyed, { part, number: index + 1, when, dataBytes });
    return {
      name: `${name}${parts.length > 1 ? `-${index + 1}` : ""}.dcm`,
      size: head.length + dataBytes,
      *pieces() {
        yield head;
        yield* waveform(source, object, surveyed.runs, part);
      },
    };
  });
}

/** The report as a DICOM object of the same study. @throws EXPORT_TIME */
export function dicomPdf(source: DicomSource, pdf: Uint8Array): Uint8Array {
  const when = whenOf(source);
  const uid = uidOf("report", source.study.info.id, Buffer.from(pdf).toString("base64"));
  const instance: Instance = {
    ...{
      sopClass: ENCAPSULATED_PDF,
      uid,
      series: "report",
      seriesNumber: 2,
      modality: "DOC",
      number: 1,
      when,
    },
    description: describe(source, when, "ECG report"),
  };
  return Buffer.concat([
    fileHead(ENCAPSULATED_PDF, uid),
    ...identity(source, instance, []),
    text("00280301", "CS", "YES"),
    sequence("0040A043", []),
    text("00420010", "ST", "ECG report"),
    bytes("00420011", "OB", pdf),
    text("00420012", "LO", "application/pdf"),
    numbers("00420015", "UL", pdf.length),
  ]);
}

function describe({ study }: DicomSource, when: When, what: string): string {
  const { simulated, adopted } = study.info;
  const mark = simulated ? "SIMULATED, not a heart: " : adopted ? "adopted, unsigned: " : "";
  const clock = when.isArrival ? "time of arrival" : `clock ${trustName(study.info.trust)}`;
  return `${mark}${what}, ${clock}`;
}

interface Part {
  part: Stretch;
  /** Among the instances of the series, from 1. */
  number: number;
  when: When;
  dataBytes: number;
}

function headOf(
  source: ExportSource,
  object: EcgObject,
  { absences }: Survey,
  { part, number, when, dataBytes }: Part,
): Uint8Array {
  const { study } = source;
  const { info, person } = study;
  const { open } = info;
  const { sopClass, width, padding, order } = object;
  const annotations = annotationsOf(source, part, absences);
  const stands = { id: info.id, part, frames: info.frames, samples: info.samples, absences };
  const uid = uidOf(
    "waveform",
    stands,
    person,
    annotations.map((one) => Buffer.concat(one).toString("hex")),
  );
  const instance: Instance = {
    ...{ sopClass, uid, series: "waveform", seriesNumber: 1, modality: "ECG", number, when },
    description: describe(source, when, object.name),
  };
  const device = [
    text("00181000", "LO", info.device),
    ...(open.firmware === "" ? [] : [text("00181020", "LO", open.firmware)]),
  ];
  const group: Elements = [
    text("003A0004", "CS", "ORIGINAL"),
    numbers("003A0005", "US", order.length),
    numbers("003A0010", "UL", part.to - part.from),
    text("003A001A", "DS", decimal(open.rateNum / open.rateDen)),
    text("003A0020", "SH", "RHYTHM"),
    sequence(
      "003A0200",
      order.map((place, index) => channel(open.leads[place]!, place, index, width)),
    ),
    numbers("54001004", "US", 8 * width),
    text("54001006", "CS", width === 2 ? "SS" : "SL"),
    bytes("5400100A", "OW", sampleBytes(padding, width)),
    longHead("54001010", "OW", dataBytes),
  ];
  return Buffer.concat([
    fileHead(sopClass, uid),
    ...identity(source, instance, device),
    sequence("00400555", []),
    ...(annotations.length > 0 ? [sequence("0040B020", annotations)] : []),
    sequence("54000100", [group], dataBytes),
  ]);
}

function channel(lead: Lead, place: number, index: number, width: 2 | 4): Elements {
  const name = nameOf(lead, place);
  const known = LEAD_CODES[name.toUpperCase()];
  const { gain, baseline } = lead;
  const unit = potentialOf(lead);
  // Of a lead that nobody calibrated nothing is said: a value is its count.
  const scale = unit
    ? [
        text("003A0210", "DS", decimal(1 / gain)),
        code("003A0211", unit.code, "UCUM", unit.name),
        text("003A0212", "DS", "1"),
        text("003A0213", "DS", decimal(baseline === 0 ? 0 : -baseline / gain)),
      ]
    : [];
  return [
    text("003A0202", "IS", String(index + 1)),
    text("003A0203", "SH", name),
    code("003A0208", known ?? "2:0", "MDC", known ? `Lead ${name}` : "Unspecified lead"),
    ...scale,
    text("003A0215", "DS", "0"),
    numbers("003A021A", "US", 8 * width),
  ];
}

/** Whose words they are, findings and marks: as text, for a program's words are no measurement. */
function annotationsOf({ study }: ExportSource, { from, to }: Stretch, absences: Absence[]): Elements[] {
  const { analysis } = study;
  const rate = rateOf(study);
  const said = (words: string, ...range: Elements): Elements => [
    ALL_CHANNELS,
    ...range,
    text("00700006", "ST", words),
  ];
  const within = (sample: number) => Math.min(to, Math.max(from + 1, sample));
  const analysisSays = analysisText(study);
  const findings = findingsOf({ analysis, from, to }).map((one) =>
    said(
      findingText(one, rate),
      text("0040A130", "CS", "SEGMENT"),
      numbers("0040A132", "UL", within(one.from + 1) - from, within(one.to) - from),
    ),
  );
  const marks = study.marks
    .filter(({ sample }) => sample >= from && sample < to)
    .map(({ kind, sample }) =>
      said(
        MARKS[kind] ?? "mark",
        text("0040A130", "CS", "POINT"),
        numbers("0040A132", "UL", sample - from + 1),
      ),
    );
  return [
    ...[...provenance(study, absences), ...(analysisSays ? [analysisSays] : [])].map((words) => said(words)),
    ...[...findings, ...marks].slice(0, MAX_ANNOTATIONS),
  ];
}

function sampleBytes(value: number, width: 2 | 4): Uint8Array {
  const sample = Buffer.alloc(width);
  sample.writeIntLE(value, 0, width);
  return sample;
}

/** Channel by channel within each sample (PS3.3 §C.10.9.1.6). */
function* waveform(
  { study }: ExportSource,
  { width, padding, order }: EcgObject,
  runs: Stretch[],
  part: Stretch,
): Generator<Uint8Array> {
  const frame = width * order.length;
  let position = part.from;
  const absent = function* (to: number) {
    while (position < to) {
      const count = Math.min(BATCH_SAMPLES, to - position);
      const filled = Buffer.alloc(count * frame);
      for (let at = 0; at < filled.length; at += width) filled.writeIntLE(padding, at, width);
      position += count;
      yield filled;
    }
  };
  for (const { firstSample, samples } of surveyed(study, runs)) {
    const from = Math.max(part.from, firstSample);
    const to = Math.min(part.to, firstSample + samples[0]!.length);
    if (from >= to) continue;
    yield* absent(from);
    const batch = Buffer.alloc((to - from) * frame);
    for (let sample = from, at = 0; sample < to; sample++)
      for (const place of order) {
        batch.writeIntLE(samples[place]![sample - firstSample]!, at, width);
        at += width;
      }
    position = to;
    yield batch;
  }
  yield* absent(part.to);
}
