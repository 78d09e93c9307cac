/** The header of an EDF+ or BDF+ file: fixed fields of ASCII, filled with blanks. What is unknown is an X. */
import type { Lead } from "../../protocol/open";
import { localTime, offsetText } from "../document/localtime";
import { nameOf } from "../document/signal";
import type { Study } from "../document/study";
import type { Range, Scale } from "./edfscale";

/** One of the two kinds of file. */
export interface Kind {
  ending: ".edf" | ".bdf";
  /** Bytes of a sample, low byte first. */
  unit: 2 | 3;
  range: Range;
  version: string;
  /** Of the reserved field and the annotations' label. */
  name: "EDF" | "BDF";
}

export const EDF: Kind = {
  ending: ".edf",
  unit: 2,
  range: { min: -32768, max: 32767 },
  version: "0",
  name: "EDF",
};
export const BDF: Kind = {
  ending: ".bdf",
  unit: 3,
  range: { min: -8388608, max: 8388607 },
  version: "\xffBIOSEMI",
  name: "BDF",
};

export interface HeaderFacts {
  study: Study;
  kind: Kind;
  /** Unix ms of the first sample; undefined where nobody knows. */
  startMs?: number;
  timeZone?: string;
  /** Whether a record follows another with a gap between. */
  hasGaps: boolean;
  records: number;
  duration: string;
  /** Per lead and record. */
  samples: number;
  scales: Scale[];
  /** Bytes of annotations in a record. */
  annotationBytes: number;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const UNKNOWN_START = "01.01.8500.00.00";
/** EDF+ says which years its two digits can mean. */
const [FIRST_YEAR, LAST_YEAR] = [1985, 2084];
const PLAIN = /^[\x21-\x7e]+$/;
/** Names that EDF+ knows after "ECG". */
const ECG_LEADS = /^(I|II|III|-?aV[RLF]|V\d{1,2}R?|[XYZ])$/i;

/** Also of samples without a record of their own: bytes that stand before the first. */
export function headerBytes(leads: number): number {
  return 256 * (leads + 2);
}

export function edfHeader(facts: HeaderFacts): Uint8Array {
  const { study, kind, scales, records, duration, hasGaps } = facts;
  const { leads } = study.info.open;
  const signals = leads.map((lead, index) => ({
    label: labelOf(lead, index),
    unit: lead.gain > 0 ? unitOf(lead) : "",
    ...scales[index]!,
    samples: facts.samples,
  }));
  signals.push({
    label: `${kind.name} Annotations`,
    unit: "",
    digital: kind.range,
    physicalMin: "-1",
    physicalMax: "1",
    samples: facts.annotationBytes / kind.unit,
  });
  const of = (width: number, text: (signal: (typeof signals)[number]) => string | number) =>
    signals.map((signal) => field(text(signal), width)).join("");
  const start = startOf(facts);
  return Buffer.from(
    [
      field(kind.version, 8),
      field(patientOf(study), 80),
      field(recordingOf(facts, start.date), 80),
      start.fields,
      field(headerBytes(leads.length), 8),
      field(`${kind.name}+${hasGaps ? "D" : "C"}`, 44),
      field(records, 8),
      field(duration, 8),
      field(signals.length, 4),
      of(16, ({ label }) => label),
      of(80, () => ""),
      of(8, ({ unit }) => unit),
      of(8, ({ physicalMin }) => physicalMin),
      of(8, ({ physicalMax }) => physicalMax),
      of(8, ({ digital }) => digital.min),
      of(8, ({ digital }) => digital.max),
      of(80, () => ""),
      of(8, ({ samples }) => samples),
      of(32, () => ""),
    ].join(""),
    "latin1",
  );
}

function field(value: string | number, width: number): string {
  const text = String(value);
  if (text.length > width) throw new RangeError(`"${text}" has more than ${width} characters`);
  return text.padEnd(width);
}

/** Date and time as clocks of the house showed them, which in summer is not what they show in winter. */
function startOf({ startMs, timeZone }: HeaderFacts): { fields: string; date: string } {
  if (startMs === undefined) return { fields: UNKNOWN_START, date: "X" };
  const { year, month, day, hour, minute, second } = localTime(startMs, timeZone);
  const two = (value: number) => String(value % 100).padStart(2, "0");
  const time = [hour, minute, second].map(two).join(".");
  const date = `${two(day)}-${MONTHS[month - 1]}-${year}`;
  const short = year < FIRST_YEAR || year > LAST_YEAR ? `${two(day)}.${two(month)}.yy` : "";
  return { fields: (short || [day, month, year].map(two).join(".")) + time, date };
}

/** Code, sex, birth date, name. */
function patientOf({ person }: Study): string {
  const birth = /^(\d{4})-(\d\d)-(\d\d)$/.exec(person?.birthDate ?? "");
  const born = birth ? `${birth[3]}-${MONTHS[Number(birth[2]) - 1]}-${birth[1]}` : "X";
  const name = person?.name.trim().replace(/\s+/g, "_") ?? "X";
  const whole = `X X ${born} ${name}`;
  return PLAIN.test(name) && whole.length <= 80 ? whole : `X X ${born} X`;
}

/** Start date, administration code, technician, equipment; behind them what else tells it from others. */
function recordingOf({ study, startMs, timeZone }: HeaderFacts, date: string): string {
  const { info } = study;
  const zone = startMs === undefined ? "" : ` ${offsetText(localTime(startMs, timeZone))}`;
  const before = `Startdate ${date} X ${info.simulated ? "SIMULATED" : "X"} `;
  const behind = ` id_${info.id}${zone}`;
  const equipment = `avnode_${info.open.frontEnd.trim().replace(/\s+/g, "_")}`;
  return before + equipment.slice(0, 80 - before.length - behind.length) + behind;
}

function labelOf(lead: Lead, index: number): string {
  const name = nameOf(lead, index);
  return (ECG_LEADS.test(name) ? `ECG ${name}` : name).slice(0, 16);
}

/** The field holds 8 characters; a unit that is cut would be another. */
function unitOf({ unit }: Lead): string {
  const plain = unit.trim();
  return plain.length <= 8 ? plain : "";
}
