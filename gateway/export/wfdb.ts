/** A recording as a WFDB record: every sample as the front end delivered it, or WFDB's own "no sample here". */
import { StoreError } from "../store/errors";
import type { WfdbLead } from "../wfdb/record";
import { type FormatNumber, INVALID_SAMPLE } from "../wfdb/signals";
import { encodeRecord, type WritableRecord, type WriteOptions, writeRecord } from "../wfdb/write";
import {
  Absences,
  type ExportSource,
  nameOf,
  type OpenRecording,
  openRecording,
  provenance,
  unitOf,
} from "./signal";
import type { PackedFile } from "./tar";

/**
 * Writes NAME.hea and NAME.dat into an existing directory.
 * @throws STORE_*, WFDB_WRITE, EXPORT_MARKER where a real sample has the only value that could mark a gap
 */
export function exportWfdb(reader: ExportSource, id: string, dir: string, name: string): void {
  const { record, options } = recordOf(reader, id, name);
  writeRecord(dir, record, options);
}

/** The same files in memory. @throws as exportWfdb does */
export function wfdbFiles(reader: ExportSource, id: string, name: string): PackedFile[] {
  const { record, options } = recordOf(reader, id, name);
  const { header, signals } = encodeRecord(record, options);
  return [
    { name: `${name}.hea`, bytes: Buffer.from(header) },
    { name: `${name}.dat`, bytes: signals },
  ];
}

function recordOf(
  reader: ExportSource,
  id: string,
  name: string,
): { record: WritableRecord; options: WriteOptions } {
  const info = openRecording(reader, id);
  const { open } = info;
  const signals = open.leads.map(() => new Int32Array(info.samples));
  const absences = new Absences(reader, info);
  let low = 0;
  let high = 0;
  for (const { firstSample, samples } of reader.pieces(info.id)) {
    absences.upTo(firstSample, firstSample + samples[0]!.length);
    samples.forEach((values, lead) => {
      signals[lead]!.set(values, firstSample);
      for (const value of values) {
        if (value < low) low = value;
        else if (value > high) high = value;
      }
    });
  }
  absences.upTo(info.samples, info.samples);
  const format = formatFor(info, low, high, absences.list.length > 0);
  for (const gap of absences.list)
    for (const signal of signals)
      signal.fill(INVALID_SAMPLE[format], gap.firstSample, gap.firstSample + gap.samples);
  const { rateNum, rateDen, leads } = open;
  return {
    record: {
      name,
      rateNum,
      rateDen,
      signals,
      leads: leads.map(
        (lead, index): WfdbLead => ({
          ...lead,
          name: nameOf(lead, index),
          unit: unitOf(lead),
          bits: open.bits,
        }),
      ),
      start: startOf(info.startMs),
      comments: provenance(info, absences.list),
    },
    options: { format },
  };
}

/** The smallest format in which every sample and, where there is a gap, its marker are different numbers. */
function formatFor(info: OpenRecording, low: number, high: number, hasGap: boolean): FormatNumber {
  const fits = (format: FormatNumber) => {
    const marker = INVALID_SAMPLE[format];
    return (hasGap ? low > marker : low >= marker) && high < -marker;
  };
  if (fits(16)) return 16;
  if (fits(24)) return 24;
  throw new StoreError(
    "EXPORT_MARKER",
    `cannot export ${info.id} as wfdb: a sample of it has the value that marks a gap. Use --format csv`,
  );
}

/** WFDB has no time zone: this is UTC. */
function startOf(startMs: number): { date: string; time: string } | undefined {
  if (startMs <= 0) return undefined;
  const iso = new Date(startMs).toISOString();
  const [year, month, day] = iso.slice(0, 10).split("-");
  const milliseconds = iso.slice(20, 23);
  return {
    date: `${day}/${month}/${year}`,
    time: iso.slice(11, 19) + (milliseconds === "000" ? "" : `.${milliseconds}`),
  };
}
