import { WfdbError } from "./errors";
import { readWhole } from "./files";
import { parseDecimal, parseInteger, parseRational, type Rational } from "./number";
import type { WfdbLead, WfdbStart } from "./record";
import { type FormatNumber, signalFormat } from "./signals";
import { parseDate, parseTime } from "./start";

const MAX_HEADER_BYTES = 1 << 20;
const DEFAULT_RATE: Rational = { num: 250, den: 1 };
const INT32 = 2 ** 31;

/** One signal specification line. */
export interface SignalLine {
  /** Where in the header it stands, from 1. */
  line: number;
  lead: WfdbLead;
  /** A plain name: the file lies beside the header. */
  fileName: string;
  format: FormatNumber;
  /** Samples of this signal that its file holds before sample 0. */
  skew: number;
  /** Bytes of the file before its first sample. */
  byteOffset: number;
  initial?: number;
  checksum?: number;
  blockBytes: number;
}

/** A header file, read but not yet held against its signal files. */
export interface WfdbHeader {
  file: string;
  name: string;
  rate: Rational;
  /** Per signal and before any skew; undefined where the header states none (0 or absent). */
  samples?: number;
  signals: SignalLine[];
  start?: WfdbStart;
  comments: string[];
}

/** Path of the header file of a record, with or without its `.hea`. */
export function headerPath(record: string): string {
  return record.endsWith(".hea") ? record : `${record}.hea`;
}

/**
 * Reads the header of a record without touching its signal files, e.g. for the rate of an annotation file.
 * @throws WfdbError
 */
export function readHeader(pathWithOrWithoutHea: string): WfdbHeader {
  const file = headerPath(pathWithOrWithoutHea);
  return parseHeader(readWhole(file, MAX_HEADER_BYTES).toString("utf8"), file);
}

/**
 * Parses the text of a single-segment header, after header(5). Signal lines beyond the stated number are not read, as
 * the standard has it.
 * @param file names the header in errors
 * @throws WfdbError `WFDB_HEADER`, `WFDB_UNSUPPORTED`, `WFDB_PATH`
 */
export function parseHeader(text: string, file: string): WfdbHeader {
  const lines = text.split(/\r?\n/).map((content, index) => new Line(content.trim(), index + 1, file));
  const specifications = lines.filter((line) => line.content !== "" && !line.content.startsWith("#"));
  if (specifications.length === 0) {
    throw new WfdbError("WFDB_HEADER", { file }, "has no record line", "check that this is a WFDB header");
  }
  const record = parseRecordLine(specifications[0]!);
  const signalLines = specifications.slice(1, 1 + record.signalCount);
  if (signalLines.length < record.signalCount) {
    specifications[0]!.refuse(
      "number of signals",
      `${record.signalCount} stated, ${signalLines.length} signal lines follow`,
    );
  }
  const lastLine = specifications[signalLines.length]!.number;
  return {
    file,
    name: record.name,
    rate: record.rate,
    samples: record.samples,
    start: record.start,
    signals: signalLines.map((line, index) => parseSignalLine(line, record.name, index)),
    comments: lines
      .slice(lastLine)
      .filter((line) => line.content.startsWith("#"))
      .map((line) => line.content.slice(1).trim()),
  };
}

interface RecordLine {
  name: string;
  signalCount: number;
  rate: Rational;
  samples?: number;
  start?: WfdbStart;
}

function parseRecordLine(line: Line): RecordLine {
  const [nameText = "", countText, rateText, samplesText, ...startTexts] = line.content.split(/\s+/);
  const [name, segments] = splitOnce(nameText, "/");
  // CinC 2020 has names such as E00009.mat, beyond the standard's letters, digits and underscores.
  if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(name)) line.refuse("record name", show(name));
  if (segments !== undefined) {
    line.unsupported(
      "number of segments",
      `multi-segment record (${show(segments)})`,
      "read its segments one by one",
    );
  }
  if (countText === undefined) line.refuse("number of signals", "missing");
  const signalCount = line.integer("number of signals", countText, 0);
  const samples = samplesText === undefined ? 0 : line.integer("number of samples", samplesText, 0);
  return {
    name,
    signalCount,
    rate: rateText === undefined ? DEFAULT_RATE : parseRate(line, rateText),
    samples: samples === 0 ? undefined : samples,
    start: parseStart(line, startTexts),
  };
}

/** `rate[/counter frequency[(base counter value)]]`; the counter serves tape positions and is only checked. */
function parseRate(line: Line, text: string): Rational {
  const [rateText, counterText] = splitOnce(text, "/");
  const rate = parseRational(rateText);
  if (rate === undefined || rate.num <= 0)
    line.refuse("sampling frequency", `${show(rateText)} is no rate above 0`);
  if (counterText !== undefined) {
    const match = /^([^()]+)(?:\(([^()]+)\))?$/.exec(counterText);
    if (match === null) line.refuse("counter frequency", show(counterText));
    line.decimal("counter frequency", match[1]!);
    if (match[2] !== undefined) line.decimal("base counter value", match[2]);
  }
  return rate;
}

/** Base time and base date; the CinC 2020 headers have them in the opposite order of the standard's. */
function parseStart(line: Line, texts: string[]): WfdbStart | undefined {
  if (texts.length === 0) return undefined;
  const start: WfdbStart = {};
  for (const text of texts) {
    const time = parseTime(text);
    const date = parseDate(text);
    if (time !== undefined && start.time === undefined) start.time = time;
    else if (date !== undefined && start.date === undefined) start.date = date;
    else line.refuse("base time or date", `${show(text)} is not HH:MM:SS or DD/MM/YYYY`);
  }
  return start;
}

function parseSignalLine(line: Line, recordName: string, index: number): SignalLine {
  const [fileName = "", formatText, gainText, bitsText, zeroText, initialText, checksumText, blockText] =
    line.content.split(/\s+/);
  if (/[/\\]|^\.{1,2}$/.test(fileName)) {
    throw new WfdbError(
      "WFDB_PATH",
      line.place("file name"),
      `${show(fileName)} leaves the header's directory`,
      "put the signal file beside its header and name it without a path",
    );
  }
  if (fileName === "-" || fileName === "~" || fileName.includes("\0")) {
    line.unsupported(
      "file name",
      `${show(fileName)} is not a file beside the header`,
      "store the signal in a file",
    );
  }
  if (formatText === undefined) line.refuse("format", "missing");
  const adcZero = zeroText === undefined ? 0 : line.int32("ADC zero", zeroText);
  const scale = gainText === undefined ? { gain: 0 } : parseGain(line, gainText);
  const description = /^(?:\S+\s+){8}(.*)$/.exec(line.content)?.[1] ?? "";
  return {
    line: line.number,
    fileName,
    ...parseFormat(line, formatText),
    lead: {
      name: description === "" ? `record ${recordName}, signal ${index}` : description,
      unit: scale.unit ?? "mV",
      gain: scale.gain,
      baseline: scale.baseline ?? adcZero,
      adcZero,
      bits: bitsText === undefined ? 0 : line.integer("ADC resolution", bitsText, 0, 32),
    },
    initial: initialText === undefined ? undefined : line.int32("initial value", initialText),
    checksum: checksumText === undefined ? undefined : line.integer("checksum", checksumText, -INT32),
    blockBytes: blockText === undefined ? 0 : Math.abs(line.int32("block size", blockText)),
  };
}

/** `format[xSAMPLES_PER_FRAME][:SKEW][+BYTE_OFFSET]` */
function parseFormat(line: Line, text: string): Pick<SignalLine, "format" | "skew" | "byteOffset"> {
  const match = /^(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?$/.exec(text);
  if (match === null) line.refuse("format", `${show(text)} is not FORMAT[xN][:SKEW][+OFFSET]`);
  const [, number, perFrame = "1", skew = "0", byteOffset = "0"] = match;
  const format = line.integer("format", number!, 0);
  if (signalFormat(format) === undefined) {
    line.unsupported("format", `format ${format}`, "convert the record to format 16, 24, 80 or 212");
  }
  if (line.integer("samples per frame", perFrame, 1) !== 1) {
    line.unsupported(
      "samples per frame",
      `${perFrame} samples per frame`,
      "resample the record to one per frame",
    );
  }
  return {
    format: format as FormatNumber,
    skew: line.integer("skew", skew, 0),
    byteOffset: line.integer("byte offset", byteOffset, 0),
  };
}

/** `gain[(baseline)][/unit]` */
function parseGain(line: Line, text: string): Partial<WfdbLead> & { gain: number } {
  const match = /^([^(/]+)(?:\(([^()]*)\))?(?:\/(\S+))?$/.exec(text);
  if (match === null) line.refuse("ADC gain", `${show(text)} is not GAIN[(BASELINE)][/UNIT]`);
  const [, gain, baseline, unit] = match;
  return {
    gain: line.decimal("ADC gain", gain!),
    baseline: baseline === undefined ? undefined : line.int32("baseline", baseline),
    unit,
  };
}

/** A line of a header that can say where it stands and what is wrong with one of its fields. */
class Line {
  constructor(
    readonly content: string,
    readonly number: number,
    readonly file: string,
  ) {}

  place(field: string) {
    return { file: this.file, line: this.number, field };
  }

  refuse(field: string, problem: string): never {
    throw new WfdbError("WFDB_HEADER", this.place(field), problem, "correct this field, see header(5)");
  }

  unsupported(field: string, problem: string, remedy: string): never {
    throw new WfdbError("WFDB_UNSUPPORTED", this.place(field), `${problem} is not read here`, remedy);
  }

  integer(field: string, text: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = parseInteger(text);
    if (value === undefined || value < min || value > max) {
      this.refuse(field, `${show(text)} is not an integer from ${min} to ${max}`);
    }
    return value;
  }

  int32(field: string, text: string): number {
    return this.integer(field, text, -INT32, INT32 - 1);
  }

  decimal(field: string, text: string): number {
    const value = parseDecimal(text);
    if (value === undefined) this.refuse(field, `${show(text)} is not a number`);
    return value;
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** A header's text in an error message: quoted, without control characters, bounded. */
function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
