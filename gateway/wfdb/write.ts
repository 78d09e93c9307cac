import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { WfdbError } from "./errors";
import { attempt } from "./files";
import type { WfdbLead, WfdbRecord } from "./record";
import { checksum16, type FormatNumber, type SignalFormat, signalFormat } from "./signals";
import { parseDate, parseTime } from "./start";

/** What a record needs to be written; `rate` and `samples` follow from the rest. */
export type WritableRecord = Pick<
  WfdbRecord,
  "name" | "rateNum" | "rateDen" | "leads" | "signals" | "start"
> &
  Partial<Pick<WfdbRecord, "comments">>;

export interface WriteOptions {
  /** Storage format; by default 16, or 24 where a sample needs more than 16 bits. */
  format?: FormatNumber;
}

/** The two files of a record. */
export interface EncodedRecord {
  header: string;
  signals: Uint8Array;
}

/**
 * Writes `NAME.dat` and `NAME.hea` into an existing directory, replacing files of that name, with initial values and
 * checksums. The header comes last, so that it never names samples that are not there. A rate that no decimal number
 * expresses (1000/3) is written as the nearest double. Values equal to the format's `INVALID_SAMPLE` are written as
 * they are; other readers take them for missing samples.
 * @throws WfdbError `WFDB_WRITE`, `WFDB_FILE`
 */
export function writeRecord(dir: string, record: WritableRecord, options: WriteOptions = {}): void {
  const headerFile = join(dir, `${record.name}.hea`);
  const { header, signals } = encodeRecord(record, options, headerFile);
  const signalFile = join(dir, `${record.name}.dat`);
  attempt(signalFile, () => writeFileSync(signalFile, signals));
  attempt(headerFile, () => writeFileSync(headerFile, header));
}

/** `NAME.hea` and `NAME.dat`, as `writeRecord` writes them. @throws WfdbError `WFDB_WRITE` */
export function encodeRecord(
  record: WritableRecord,
  options: WriteOptions = {},
  headerFile = `${record.name}.hea`,
): EncodedRecord {
  const refuse: Refuse = (field, problem) => {
    throw new WfdbError(
      "WFDB_WRITE",
      { file: headerFile, field },
      problem,
      "nothing was written; correct the record",
    );
  };
  const samples = checkRecord(record, refuse);
  const number = options.format ?? (fits(record.signals, signalFormat(16)!) ? 16 : 24);
  const format = signalFormat(number);
  if (format === undefined) refuse("format", `${number} is not 16, 24, 80 or 212`);
  if (!fits(record.signals, format)) refuse("signals", `a sample does not fit format ${number}`);

  const leads = record.leads.length;
  const bytes = new Uint8Array(format.bytesFor(samples * leads));
  record.signals.forEach((signal, lead) => {
    for (let frame = 0; frame < samples; frame++) format.write(bytes, frame * leads + lead, signal[frame]!);
  });
  const lines = [
    recordLine(record, samples),
    ...record.leads.map((lead, index) => signalLine(record, lead, record.signals[index]!, number)),
    ...(record.comments ?? []).map((comment) => `# ${comment}`),
  ];
  return { header: lines.join("\n") + "\n", signals: bytes };
}

type Refuse = (field: string, problem: string) => never;

function fits(signals: Int32Array[], format: SignalFormat): boolean {
  return signals.every((signal) => signal.every((value) => value >= format.min && value <= format.max));
}

function recordLine(record: WritableRecord, samples: number): string {
  const { time, date } = record.start ?? {};
  // A base date can stand only behind a base time.
  const start = [time ?? (date === undefined ? undefined : "00:00:00"), date].filter(
    (part) => part !== undefined,
  );
  return [record.name, record.leads.length, record.rateNum / record.rateDen, samples, ...start].join(" ");
}

function signalLine(
  record: WritableRecord,
  lead: WfdbLead,
  signal: Int32Array,
  format: FormatNumber,
): string {
  const scale = `${lead.gain}(${lead.baseline})/${lead.unit}`;
  const initial = signal[0] ?? lead.adcZero;
  return `${record.name}.dat ${format} ${scale} ${lead.bits} ${lead.adcZero} ${initial} ${checksum16(signal)} 0 ${lead.name}`;
}

/** Refuses what a header could not say or would say wrongly; returns the samples per signal. */
function checkRecord(record: WritableRecord, refuse: Refuse): number {
  const { name, rateNum, rateDen, leads, signals, start, comments = [] } = record;
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    refuse("record name", `${JSON.stringify(name)} has more than A-Z a-z 0-9 _ -`);
  if (!Number.isSafeInteger(rateNum) || !Number.isSafeInteger(rateDen) || rateNum <= 0 || rateDen <= 0) {
    refuse("sampling frequency", `${rateNum}/${rateDen} is not a positive fraction`);
  }
  if (leads.length === 0 || leads.length !== signals.length) {
    refuse("number of signals", `${leads.length} leads, ${signals.length} signals`);
  }
  const samples = signals[0]!.length;
  if (signals.some((signal) => signal.length !== samples))
    refuse("number of samples", "signals differ in length");
  if (start?.time !== undefined && parseTime(start.time) !== start.time) refuse("base time", start.time);
  if (start?.date !== undefined && parseDate(start.date) !== start.date) refuse("base date", start.date);
  for (const text of [...comments, ...leads.map((lead) => lead.name)]) {
    // A line break would be read as another line, outer spaces would be lost.
    if (/[\r\n\0]/.test(text) || text !== text.trim())
      refuse("text", `${JSON.stringify(text)} is not one trimmed line`);
  }
  for (const lead of leads) checkLead(lead, refuse);
  return samples;
}

function checkLead(lead: WfdbLead, refuse: Refuse): void {
  const say = (field: string, value: unknown) =>
    refuse(field, `${JSON.stringify(value)} of lead "${lead.name}"`);
  if (lead.name === "") say("description", lead.name);
  if (!/^\S+$/.test(lead.unit)) say("unit", lead.unit);
  if (!Number.isFinite(lead.gain)) say("ADC gain", lead.gain);
  if (lead.baseline !== (lead.baseline | 0)) say("baseline", lead.baseline);
  if (lead.adcZero !== (lead.adcZero | 0)) say("ADC zero", lead.adcZero);
  if (!Number.isInteger(lead.bits) || lead.bits < 0 || lead.bits > 32) say("ADC resolution", lead.bits);
}
