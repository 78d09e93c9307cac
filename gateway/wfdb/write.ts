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
  const refuse: Refuse = refuser(headerFile);
  checkRecord(record, refuse);
  const samples = record.signals[0]!.length;
  const number = options.format ?? (fits(record.signals, signalFormat(16)!) ? 16 : 24);
  const format = signalFormat(number);
  if (format === undefined) refuse("format", `${number} is not 16, 24, 80 or 212`);
  if (!fits(record.signals, format)) refuse("signals", `a sample does not fit format ${number}`);

  const leads = record.leads.length;
  const bytes = new Uint8Array(format.bytesFor(samples * leads));
  record.signals.forEach((signal, lead) => {
    for (let frame = 0; frame < samples; frame++) format.write(bytes, frame * leads + lead, signal[frame]!);
  });
  const said = record.signals.map((signal, index) => ({
    initial: signal[0] ?? record.leads[index]!.adcZero,
    checksum: checksum16(signal),
  }));
  return { header: headerOf(record, said, samples, number), signals: bytes };
}

/** What a header says of one signal's samples. */
export interface SaidSamples {
  initial: number;
  /** The low 16 bits of their sum, signed. */
  checksum: number;
}

/**
 * `NAME.hea` of samples that were written already.
 * @param said per lead @param samples per lead
 * @throws WfdbError `WFDB_WRITE`
 */
export function encodeHeader(
  record: Omit<WritableRecord, "signals">,
  said: SaidSamples[],
  samples: number,
  format: FormatNumber,
): string {
  checkDescription(record, refuser(`${record.name}.hea`));
  return headerOf(record, said, samples, format);
}

type Described = Omit<WritableRecord, "signals">;

function headerOf(record: Described, said: SaidSamples[], samples: number, format: FormatNumber): string {
  const lines = [
    recordLine(record, samples),
    ...record.leads.map((lead, index) => signalLine(record, lead, said[index]!, format)),
    ...(record.comments ?? []).map((comment) => `# ${comment}`),
  ];
  return lines.join("\n") + "\n";
}

type Refuse = (field: string, problem: string) => never;

function refuser(file: string): Refuse {
  return (field, problem) => {
    throw new WfdbError("WFDB_WRITE", { file, field }, problem, "nothing was written; correct the record");
  };
}

function fits(signals: Int32Array[], format: SignalFormat): boolean {
  return signals.every((signal) => signal.every((value) => value >= format.min && value <= format.max));
}

function recordLine(record: Described, samples: number): string {
  const { time, date } = record.start ?? {};
  // A base date can stand only behind a base time.
  const start = [time ?? (date === undefined ? undefined : "00:00:00"), date].filter(
    (part) => part !== undefined,
  );
  return [record.name, record.leads.length, record.rateNum / record.rateDen, samples, ...start].join(" ");
}

function signalLine(
  record: Described,
  lead: WfdbLead,
  { initial, checksum }: SaidSamples,
  format: FormatNumber,
): string {
  const scale = `${lead.gain}(${lead.baseline})/${lead.unit}`;
  return `${record.name}.dat ${format} ${scale} ${lead.bits} ${lead.adcZero} ${initial} ${checksum} 0 ${lead.name}`;
}

function checkRecord(record: WritableRecord, refuse: Refuse): void {
  const { leads, signals } = record;
  if (leads.length !== signals.length)
    refuse("number of signals", `${leads.length} leads, ${signals.length} signals`);
  if (signals.some((signal) => signal.length !== signals[0]!.length))
    refuse("number of samples", "signals differ in length");
  checkDescription(record, refuse);
}

/** Refuses what a header could not say or would say wrongly. */
function checkDescription(record: Described, refuse: Refuse): void {
  const { name, rateNum, rateDen, leads, start, comments = [] } = record;
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    refuse("record name", `${JSON.stringify(name)} has more than A-Z a-z 0-9 _ -`);
  if (!Number.isSafeInteger(rateNum) || !Number.isSafeInteger(rateDen) || rateNum <= 0 || rateDen <= 0) {
    refuse("sampling frequency", `${rateNum}/${rateDen} is not a positive fraction`);
  }
  if (leads.length === 0) refuse("number of signals", "there is none");
  if (start?.time !== undefined && parseTime(start.time) !== start.time) refuse("base time", start.time);
  if (start?.date !== undefined && parseDate(start.date) !== start.date) refuse("base date", start.date);
  for (const text of [...comments, ...leads.map((lead) => lead.name)]) {
    // A line break would be read as another line, outer spaces would be lost.
    if (/[\r\n\0]/.test(text) || text !== text.trim())
      refuse("text", `${JSON.stringify(text)} is not one trimmed line`);
  }
  for (const lead of leads) checkLead(lead, refuse);
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
