/**
 * A recording as EDF+, or as BDF+ where a sample needs more than 16 bits: without gaps as EDF+C, with gaps as EDF+D. The
 * samples are the front end's counts. A gap's samples are not there; a record that is longer than what is held of it is
 * filled with counts of 0 units, and an annotation says so.
 */

import { trustName } from "../document/signal";
import { type Study, timeOf } from "../document/study";
import { NO_DIAGNOSIS } from "../findings/words";
import { AnnotationSignal, edfAnnotations, onsets } from "./edfannotations";
import { BDF, EDF, edfHeader, headerBytes, type Kind } from "./edfheader";
import { planRecords, type RecordPlan } from "./edfrecords";
import { type Scale, scaleOf } from "./edfscale";
import { ADOPTED, beatsOf } from "./provenance";
import type { ExportSource, OutFile } from "./source";
import { survey, surveyed } from "./survey";

const BATCH_BYTES = 131_072;

/** @throws STORE_*, EXPORT_EMPTY, EXPORT_RECORDS, EXPORT_SCALE */
export function edfFiles(source: ExportSource): OutFile[] {
  const { study, name, timeZone } = source;
  const { rateNum, rateDen, leads, bits } = study.info.open;
  const { runs, absences, low, high } = survey(source);
  const plan = planRecords(rateNum, rateDen, runs);
  const kind = low < EDF.range.min || high > EDF.range.max ? BDF : EDF;
  const scales = leads.map((lead) => scaleOf(lead, bits, kind.range, { min: low, max: high }));
  const origin = runs[0]!.from;
  const startMs = timeOf(study, origin);
  const onset = onsets(origin, rateNum, rateDen, startMs === undefined ? 0 : (startMs % 1000) / 1000);
  const { kept, lacks } = beatsOf(study);
  const annotations = [
    ...ofTheFile(study, lacks).map((text) => ({ sample: origin, length: 0, text })),
    ...edfAnnotations(study, kept?.beats ?? [], absences, plan),
  ];
  const told = new AnnotationSignal(annotations, plan, onset, rateNum / rateDen, kind.unit);
  const annotationBytes = told.bytes;
  const recordBytes = plan.samples * leads.length * kind.unit + annotationBytes;
  const header = edfHeader({
    ...{ study, kind, startMs, timeZone, scales, annotationBytes },
    ...{ hasGaps: runs.length > 1, records: plan.records, duration: plan.duration, samples: plan.samples },
  });
  return [
    {
      name: `${name}${kind.ending}`,
      size: headerBytes(leads.length) + plan.records * recordBytes,
      *pieces() {
        yield header;
        yield* recordsOf(study, plan, kind, scales, told);
      },
    },
  ];
}

/** What is true of the whole of it, at its beginning. */
function ofTheFile({ info, analysis }: Study, lacks: string[]): string[] {
  return [
    ...(info.simulated ? ["SIMULATED, not a person's heart"] : []),
    ...(info.adopted ? [ADOPTED] : []),
    `clock ${trustName(info.trust)}`,
    ...(analysis ? [`analysis ${analysis.version} of lead ${analysis.name}`, NO_DIAGNOSIS] : []),
    ...lacks,
  ];
}

function* recordsOf(
  study: Study,
  plan: RecordPlan,
  kind: Kind,
  scales: Scale[],
  annotations: AnnotationSignal,
): Generator<Uint8Array> {
  const { leads } = study.info.open;
  const { unit } = kind;
  const leadBytes = plan.samples * unit;
  const recordBytes = leadBytes * leads.length + annotations.bytes;
  const perBatch = Math.max(1, Math.floor(BATCH_BYTES / recordBytes));
  const padding = leads.map(({ baseline }, lead) => {
    const { min, max } = scales[lead]!.digital;
    return Math.min(max, Math.max(min, baseline));
  });
  let batch = new Uint8Array(perBatch * recordBytes);
  let record = 0;
  let held = 0;
  const pieces = surveyed(study, plan.runs);
  let piece = pieces.next().value;
  let taken = 0;
  try {
    for (const run of plan.runs) {
      for (let from = run.from; from < run.to; from += plan.samples, record++) {
        const at = held * recordBytes;
        const length = Math.min(plan.samples, run.to - from);
        for (let done = 0; done < length; ) {
          const samples = piece!.samples;
          const count = Math.min(length - done, samples[0]!.length - taken);
          for (let lead = 0; lead < leads.length; lead++)
            put(
              batch,
              at + lead * leadBytes + done * unit,
              samples[lead]!.subarray(taken, taken + count),
              unit,
            );
          done += count;
          taken += count;
          if (taken < samples[0]!.length) continue;
          piece = pieces.next().value;
          taken = 0;
        }
        const missing = plan.samples - length;
        for (let lead = 0; missing > 0 && lead < leads.length; lead++)
          put(
            batch,
            at + lead * leadBytes + length * unit,
            new Int32Array(missing).fill(padding[lead]!),
            unit,
          );
        annotations.put(batch.subarray(at + leadBytes * leads.length, at + recordBytes), from, record);
        if (++held < perBatch) continue;
        yield batch;
        batch = new Uint8Array(perBatch * recordBytes);
        held = 0;
      }
    }
    if (held > 0) yield batch.subarray(0, held * recordBytes);
  } finally {
    // Else the database stays open on what it was reading.
    pieces.return(undefined);
  }
}

function put(bytes: Uint8Array, at: number, values: Int32Array, unit: Kind["unit"]): void {
  for (let i = 0; i < values.length; i++, at += unit) {
    const value = values[i]!;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    if (unit === 3) bytes[at + 2] = value >> 16;
  }
}
