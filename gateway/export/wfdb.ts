/** A recording as a WFDB record: every sample as the front end delivered it, or WFDB's own "no sample here". */

import { nameOf, type OpenRecording, unitOf } from "../document/signal";
import { type Study, timeOf } from "../document/study";
import { StoreError } from "../store/errors";
import { encodeAnnotations } from "../wfdb/annotations";
import type { WfdbLead } from "../wfdb/record";
import { type FormatNumber, INVALID_SAMPLE, type SignalFormat, signalFormat } from "../wfdb/signals";
import { encodeHeader, type SaidSamples } from "../wfdb/write";
import { smallFile } from "./pieces";
import { analysisText, beatsOf, provenance } from "./provenance";
import type { ExportSource, OutFile } from "./source";
import { type Survey, survey, surveyed } from "./survey";
import { wfdbAnnotations } from "./wfdbannotations";

/** Samples per lead that are encoded at a time. */
const FRAMES_PER_PIECE = 16_384;

/**
 * NAME.dat, NAME.atr where the recording was analysed or marked, and NAME.hea, which vouches for the samples and so
 * comes last.
 * @throws STORE_*, EXPORT_EMPTY, EXPORT_MARKER where a real sample has the only value that could mark a gap
 */
export function wfdbFiles(source: ExportSource): OutFile[] {
  const { study, name } = source;
  const { info, from, to } = study;
  const known = survey(source);
  const number = formatFor(info, known);
  const format = signalFormat(number)!;
  const leads = info.open.leads.length;
  const { kept, lacks } = beatsOf(study);
  const annotations = wfdbAnnotations(study, kept);
  const tally = new Tally(leads);
  const analysis = analysisText(study);
  const comments = [
    ...provenance(study, known.absences),
    ...(analysis ? [`${analysis}; rhythm (AFIB is possible AF: show a clinician`] : []),
    ...lacks,
  ];
  return [
    {
      name: `${name}.dat`,
      size: format.bytesFor((to - from) * leads),
      pieces: () => samplesOf(study, known, number, tally),
    },
    ...(annotations.length > 0
      ? [smallFile(`${name}.atr`, () => encodeAnnotations(annotations, `${name}.atr`))]
      : []),
    smallFile(`${name}.hea`, () => Buffer.from(headerOf(source, comments, number, tally.said))),
  ];
}

function headerOf(
  { study, name }: ExportSource,
  comments: string[],
  format: FormatNumber,
  said: SaidSamples[],
): string {
  const { rateNum, rateDen, leads, bits } = study.info.open;
  const record = {
    ...{ name, rateNum, rateDen },
    leads: leads.map(
      (lead, index): WfdbLead => ({ ...lead, name: nameOf(lead, index), unit: unitOf(lead), bits }),
    ),
    start: startOf(timeOf(study, study.from)),
    comments,
  };
  return encodeHeader(record, said, study.to - study.from, format);
}

/** What the header will say of the samples, gathered while they are written. */
class Tally {
  readonly said: SaidSamples[];
  private begun = false;

  constructor(leads: number) {
    this.said = Array.from({ length: leads }, () => ({ initial: 0, checksum: 0 }));
  }

  begin(): void {
    this.begun = false;
    for (const said of this.said) said.checksum = 0;
  }

  /** @param frames samples of all leads in turn */
  add(frames: Int32Array): void {
    const leads = this.said.length;
    for (const [lead, said] of this.said.entries()) {
      if (!this.begun) said.initial = frames[lead]!;
      let sum = said.checksum;
      for (let i = lead; i < frames.length; i += leads) sum = (sum + frames[i]!) | 0;
      said.checksum = (sum << 16) >> 16;
    }
    this.begun = true;
  }
}

function* samplesOf(
  study: Study,
  { runs }: Survey,
  number: FormatNumber,
  tally: Tally,
): Generator<Uint8Array> {
  const leads = study.info.open.leads.length;
  const format = signalFormat(number)!;
  const encoded = (frames: Int32Array) => {
    tally.add(frames);
    return encode(frames, format);
  };
  let position = study.from;
  tally.begin();
  function* gapUpTo(sample: number) {
    while (position < sample) {
      const length = Math.min(FRAMES_PER_PIECE, sample - position);
      position += length;
      yield encoded(new Int32Array(length * leads).fill(INVALID_SAMPLE[number]));
    }
  }
  for (const { firstSample, samples } of surveyed(study, runs)) {
    yield* gapUpTo(firstSample);
    const length = samples[0]!.length;
    const frames = new Int32Array(length * leads);
    for (const [lead, values] of samples.entries())
      for (let i = 0; i < length; i++) frames[i * leads + lead] = values[i]!;
    position += length;
    yield encoded(frames);
  }
  yield* gapUpTo(study.to);
}

function encode(values: Int32Array, format: SignalFormat): Uint8Array {
  const bytes = new Uint8Array(format.bytesFor(values.length));
  for (let i = 0; i < values.length; i++) format.write(bytes, i, values[i]!);
  return bytes;
}

/** The smallest format in which every sample and, where there is a gap, its marker are different numbers. */
function formatFor(info: OpenRecording, { low, high, absences }: Survey): FormatNumber {
  const fits = (format: FormatNumber) => {
    const marker = INVALID_SAMPLE[format];
    return (absences.length > 0 ? low > marker : low >= marker) && high < -marker;
  };
  if (fits(16)) return 16;
  if (fits(24)) return 24;
  throw new StoreError(
    "EXPORT_MARKER",
    `cannot export ${info.id} as wfdb: a sample of it has the value that marks a gap. Use --format csv`,
  );
}

/** WFDB has no time zone: this is UTC. */
function startOf(startMs: number | undefined): { date: string; time: string } | undefined {
  if (startMs === undefined) return undefined;
  const iso = new Date(startMs).toISOString();
  const [year, month, day] = iso.slice(0, 10).split("-");
  const milliseconds = iso.slice(20, 23);
  return {
    date: `${day}/${month}/${year}`,
    time: iso.slice(11, 19) + (milliseconds === "000" ? "" : `.${milliseconds}`),
  };
}
