/** Reads the header of an EDF, EDF+, BDF or BDF+ file: fixed fields of ASCII that a stranger filled in. */
import { AdoptError } from "./error";
import type { WallTime } from "./recording";
import type { ByteSource } from "./source";

export interface EdfSignal {
  label: string;
  unit: string;
  physicalMin: number;
  physicalMax: number;
  digitalMin: number;
  digitalMax: number;
  /** Per record. */
  samples: number;
  /** Where in a record its first byte stands. */
  offset: number;
  isAnnotations: boolean;
}

export interface EdfHead {
  /** E.g. "EDF+D". */
  format: string;
  /** Bytes of a sample. */
  unit: 2 | 3;
  hasTimes: boolean;
  hasGaps: boolean;
  recording: string;
  start?: WallTime;
  headerBytes: number;
  recordBytes: number;
  records: number;
  /** Of a record in seconds, an exact ratio. */
  duration: { num: number; den: number };
  signals: EdfSignal[];
}

/** More than any recorder has; the standard's field holds 9999. */
const MAX_SIGNALS = 512;
/** EDF+ asks for 61440 at most; writers of 24 bits and of whole minutes take more. */
const MAX_RECORD_BYTES = 1 << 24;
const FIXED_BYTES = 256;
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const CHECK = "check that this is an EDF, EDF+, BDF or BDF+ file, and copy it again from where it came from";

function refuse(code: string, what: string, hint = CHECK): never {
  throw new AdoptError(code, what, hint);
}

/** Fields in their order, each named for the refusal. */
class Fields {
  private at = 0;
  private readonly text: string;

  constructor(bytes: Uint8Array) {
    this.text = Buffer.from(bytes).toString("latin1");
  }

  /** Some writers fill with zeros where the standard wants blanks. */
  string(width: number, name: string): string {
    const text = this.text.slice(this.at, this.at + width).replace(/[\0 ]+$/, "");
    this.at += width;
    // Latin-1 letters are tolerated: many write the micro sign of µV.
    if (/\p{Cc}/u.test(text)) refuse("EDF_TEXT", `${name} has control characters`);
    return text.trimStart();
  }

  integer(width: number, name: string, least: number, most: number): number {
    const text = this.string(width, name);
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      refuse("EDF_NUMBER", `${name} is "${text}", not a whole number from ${least} to ${most}`);
    }
    // -0 is 0.
    return value + 0;
  }

  decimal(width: number, name: string): number {
    const text = this.string(width, name);
    const value = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value)) refuse("EDF_NUMBER", `${name} is "${text}", not a number`);
    return value;
  }
}

/** @throws AdoptError EDF_*, ADOPT_TRUNCATED */
export function readEdfHead(source: ByteSource): EdfHead {
  const fixed = source.read(0, FIXED_BYTES);
  const name = kindOf(fixed);
  const unit = name === "BDF" ? 3 : 2;
  const fields = new Fields(fixed.subarray(8));
  fields.string(80, "the patient's field");
  const recording = fields.string(80, "the recording's field");
  const startText = fields.string(16, "the start");
  const headerBytes = fields.integer(8, "the header's length", FIXED_BYTES, 99999999);
  const reserved = fields.string(44, "the reserved field");
  const records = fields.integer(8, "the number of records", -1, 99999999);
  const duration = durationOf(fields.string(8, "a record's duration"));
  const count = fields.integer(4, "the number of signals", 1, MAX_SIGNALS);
  if (headerBytes !== FIXED_BYTES * (count + 1)) {
    refuse("EDF_LENGTH", `a header of ${headerBytes} bytes does not fit ${count} signals`);
  }
  if (records < 0) {
    refuse(
      "EDF_UNFINISHED",
      "the number of records is -1",
      "end the recording in the program that writes it",
    );
  }
  const plus = reserved.startsWith(`${name}+`) ? reserved.slice(0, 5) : "";
  if (plus !== "" && !/^.{4}[CD]$/.test(plus))
    refuse("EDF_RESERVED", `the reserved field says "${reserved}"`);
  const signals = signalsOf(
    new Fields(source.read(FIXED_BYTES, FIXED_BYTES * count)),
    count,
    unit,
    plus !== "",
  );
  const recordBytes = signals.reduce((sum, { samples }) => sum + samples * unit, 0);
  if (recordBytes > MAX_RECORD_BYTES) {
    refuse("EDF_LENGTH", `a record of ${recordBytes} bytes; ${MAX_RECORD_BYTES} are read`);
  }
  const needed = headerBytes + records * recordBytes;
  if (source.bytes < needed) {
    refuse(
      "ADOPT_TRUNCATED",
      `holds ${source.bytes} of ${needed} bytes`,
      "copy the file again from where it came from",
    );
  }
  if (source.bytes > needed)
    refuse("EDF_LENGTH", `${source.bytes - needed} bytes stand behind the last record`);
  return {
    format: plus || name,
    unit,
    hasTimes: plus !== "",
    hasGaps: plus.endsWith("D"),
    recording,
    start: startOf(startText, recording),
    headerBytes,
    recordBytes,
    records,
    duration,
    signals,
  };
}

function kindOf(fixed: Uint8Array): "EDF" | "BDF" {
  const version = Buffer.from(fixed.subarray(0, 8)).toString("latin1");
  if (version === "\xffBIOSEMI") return "BDF";
  if (version.trimEnd() === "0") return "EDF";
  return refuse("EDF_VERSION", "does not begin as an EDF or a BDF file does");
}

function signalsOf(fields: Fields, count: number, unit: 2 | 3, isPlus: boolean): EdfSignal[] {
  const each = <T>(read: (name: string) => T) =>
    Array.from({ length: count }, (_, index) => read(`signal ${index + 1}`));
  const half = 2 ** (8 * unit - 1);
  const labels = each((at) => fields.string(16, `${at}'s label`));
  each((at) => fields.string(80, `${at}'s transducer`));
  const units = each((at) => fields.string(8, `${at}'s unit`));
  const physicalMin = each((at) => fields.decimal(8, `${at}'s physical minimum`));
  const physicalMax = each((at) => fields.decimal(8, `${at}'s physical maximum`));
  const digitalMin = each((at) => fields.integer(8, `${at}'s digital minimum`, -half, half - 1));
  const digitalMax = each((at) => fields.integer(8, `${at}'s digital maximum`, -half, half - 1));
  each((at) => fields.string(80, `${at}'s filters`));
  const samples = each((at) => fields.integer(8, `${at}'s samples per record`, 1, MAX_RECORD_BYTES));
  let offset = 0;
  return labels.map((label, index) => {
    const signal = {
      label,
      unit: units[index]!,
      physicalMin: physicalMin[index]!,
      physicalMax: physicalMax[index]!,
      digitalMin: digitalMin[index]!,
      digitalMax: digitalMax[index]!,
      samples: samples[index]!,
      offset,
      isAnnotations: isPlus && /^[EB]DF Annotations$/.test(label),
    };
    offset += signal.samples * unit;
    return signal;
  });
}

/** Exact, for a rate that is rounded runs away from the clock in a long recording. */
function durationOf(text: string): { num: number; den: number } {
  const parts = /^\+?(\d*)(?:\.(\d*))?$/.exec(text);
  const fraction = parts?.[2] ?? "";
  const num = parts && text !== "" ? Number((parts[1] ?? "") + fraction) : 0;
  if (!(num > 0)) refuse("EDF_DURATION", `a record lasts "${text}" seconds`);
  return { num, den: 10 ** fraction.length };
}

/** The recording's field of EDF+ has all four digits of the year. */
function startOf(text: string, recording: string): WallTime | undefined {
  const parts = /^(\d\d)\.(\d\d)\.(\d\d|yy)(\d\d)\.(\d\d)\.(\d\d)$/.exec(text);
  if (!parts) return undefined;
  const long = /^Startdate \d\d-[A-Z]{3}-(\d{4})( |$)/i.exec(recording)?.[1];
  // An X says that nobody knows it: the fixed field then holds some date.
  if (/^Startdate X( |$)/i.test(recording) || (parts[3] === "yy" && !long)) return undefined;
  const short = Number(parts[3]);
  const year = long ? Number(long) : short + (short >= 85 ? 1900 : 2000);
  const [day, month, hour, minute, second] = [1, 2, 4, 5, 6].map((at) => Number(parts[at])) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const isTime = hour < 24 && minute < 60 && second < 60;
  if (!isTime || day < 1 || day > (MONTH_DAYS[month - 1] ?? 0)) return undefined;
  return { year, month, day, hour, minute, second, fraction: 0 };
}
