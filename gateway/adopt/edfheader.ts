/**
 * Headers of EDF, EDF+ (Kemp 1992, 2003) and BDF, BDF+ (BioSemi): 256 bytes, then 256 per signal, all in text fields of
 * fixed width, left-justified and padded with spaces.
 */
import { AdoptError } from "./errors";

/** More than any ECG has; a header that claims more is refused before anything is allocated for it. */
const MAX_SIGNALS = 256;
const FIXED_BYTES = 256;
/** Field widths behind the fixed part, each times the number of signals, in the order of the standard. */
const WIDTHS = {
  label: 16,
  transducer: 80,
  unit: 8,
  pmin: 8,
  pmax: 8,
  dmin: 8,
  dmax: 8,
  filter: 80,
  samples: 8,
};

/** One signal as its header tells it. Physical and digital ends are kept as they are: nothing is scaled here. */
export interface EdfSignal {
  label: string;
  transducer: string;
  unit: string;
  /** Physical values of `digitalMin` and `digitalMax`; min may be above max (inverted) and is then still calibrated. */
  physicalMin: number;
  physicalMax: number;
  digitalMin: number;
  digitalMax: number;
  filter: string;
  /** In each data record. */
  samplesPerRecord: number;
  /** Carries annotations, not samples. */
  annotations: boolean;
}

export interface EdfHeader {
  /** Bytes of one sample: 2 in EDF, 3 in BDF. */
  sampleBytes: 2 | 3;
  /** Plain EDF or BDF knows no annotations; a discontinuous file tells the time of each of its records. */
  kind: "plain" | "continuous" | "discontinuous";
  patient: string;
  recording: string;
  /** `dd.mm.yy` and `hh.mm.ss`, as in the file: local time of nobody knows where, and not always a real date. */
  date: string;
  time: string;
  bytes: number;
  records: number;
  /** Seconds of one data record; 0 only where there are no samples but annotations. */
  recordSeconds: number;
  signals: EdfSignal[];
}

/** @throws AdoptError ADOPT_FORMAT, ADOPT_HEADER, ADOPT_SIZE, ADOPT_TOO_LARGE */
export function parseEdfHeader(bytes: Uint8Array, file: string): EdfHeader {
  const sampleBytes = width(bytes, file);
  if (bytes.length < FIXED_BYTES)
    throw new AdoptError(
      "ADOPT_SIZE",
      file,
      `ends after ${bytes.length} bytes, within its header`,
      COPY_AGAIN,
    );
  const field = (from: number, to: number) => text(bytes, from, to);
  const number = (name: string, from: number, to: number) => decimal(field(from, to), `${file}, ${name}`);
  const count = number("number of signals", 252, 256);
  if (!Number.isInteger(count) || count < 1)
    throw bad(`${file}, number of signals`, `${count} is no number of signals`);
  if (count > MAX_SIGNALS)
    throw new AdoptError(
      "ADOPT_TOO_LARGE",
      file,
      `claims ${count} signals; at most ${MAX_SIGNALS} are read`,
      ECG_ONLY,
    );
  const headerBytes = number("bytes in header", 184, 192);
  const expected = FIXED_BYTES * (count + 1);
  if (headerBytes !== expected)
    throw bad(`${file}, bytes in header`, `says ${headerBytes}, but ${count} signals take ${expected}`);
  if (bytes.length < expected)
    throw new AdoptError(
      "ADOPT_SIZE",
      file,
      `ends after ${bytes.length} of ${expected} header bytes`,
      COPY_AGAIN,
    );
  const records = number("number of data records", 236, 244);
  if (records === -1)
    throw bad(`${file}, number of data records`, "is -1: whatever recorded it never finished the file");
  if (!Number.isInteger(records) || records < 0)
    throw bad(`${file}, number of data records`, `${records} is no number of records`);
  const recordSeconds = number("duration of a data record", 244, 252);
  const reserved = field(192, 236);
  const kind = /^[EB]DF\+C/.test(reserved)
    ? "continuous"
    : /^[EB]DF\+D/.test(reserved)
      ? "discontinuous"
      : "plain";
  const signals = readSignals(bytes, count, kind !== "plain", file);
  const sampled = signals.some(({ annotations }) => !annotations);
  if (recordSeconds < 0 || (sampled && recordSeconds === 0))
    throw bad(`${file}, duration of a data record`, `${recordSeconds} s gives its signals no rate`);
  return {
    sampleBytes,
    kind,
    patient: field(8, 88),
    recording: field(88, 168),
    date: field(168, 176),
    time: field(176, 184),
    bytes: expected,
    records,
    recordSeconds,
    signals,
  };
}

export const COPY_AGAIN = "copy it again from where it came from";
const ECG_ONLY = "export the ECG leads alone and adopt that file";

function width(bytes: Uint8Array, file: string): 2 | 3 {
  if (bytes[0] === 0xff && text(bytes, 1, 8) === "BIOSEMI") return 3;
  if (bytes[0] === 0x30 && text(bytes, 1, 8) === "") return 2;
  throw new AdoptError(
    "ADOPT_FORMAT",
    file,
    "begins neither as EDF nor as BDF",
    "give an EDF, EDF+, BDF or BDF+ file",
  );
}

function readSignals(bytes: Uint8Array, count: number, plus: boolean, file: string): EdfSignal[] {
  const starts = {} as Record<keyof typeof WIDTHS, number>;
  let at = FIXED_BYTES;
  for (const name of Object.keys(WIDTHS) as (keyof typeof WIDTHS)[]) {
    starts[name] = at;
    at += WIDTHS[name] * count;
  }
  return Array.from({ length: count }, (_, i) => {
    const field = (name: keyof typeof WIDTHS) => {
      const from = starts[name] + i * WIDTHS[name];
      return text(bytes, from, from + WIDTHS[name]);
    };
    const place = (name: string) => `${file}, signal ${i + 1}, ${name}`;
    const label = field("label");
    const signal: EdfSignal = {
      label,
      transducer: field("transducer"),
      unit: field("unit"),
      physicalMin: decimal(field("pmin"), place("physical minimum")),
      physicalMax: decimal(field("pmax"), place("physical maximum")),
      digitalMin: decimal(field("dmin"), place("digital minimum")),
      digitalMax: decimal(field("dmax"), place("digital maximum")),
      filter: field("filter"),
      samplesPerRecord: decimal(field("samples"), place("samples in each record")),
      annotations: plus && /^[EB]DF Annotations$/.test(label),
    };
    if (!Number.isInteger(signal.samplesPerRecord) || signal.samplesPerRecord < 1)
      throw bad(place("samples in each record"), `${signal.samplesPerRecord} is no number of samples`);
    if (!Number.isInteger(signal.digitalMin) || !Number.isInteger(signal.digitalMax))
      throw bad(place("digital minimum and maximum"), "are not whole numbers");
    if (!(signal.digitalMin < signal.digitalMax))
      throw bad(
        place("digital minimum"),
        `${signal.digitalMin} is not below the maximum, ${signal.digitalMax}`,
      );
    return signal;
  });
}

/** Bytes beyond ASCII are taken as Latin-1: real files hold them, and no number may. */
function text(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to))
    .toString("latin1")
    .replace(/[ \0]+$/, "");
}

function decimal(value: string, place: string): number {
  const trimmed = value.trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$/.test(trimmed))
    throw bad(place, `${JSON.stringify(value)} is no number`);
  return Number(trimmed);
}

function bad(place: string, problem: string): AdoptError {
  return new AdoptError(
    "ADOPT_HEADER",
    place,
    problem,
    "have the program that wrote the file export it again",
  );
}
