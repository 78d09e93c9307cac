/** Reads DICOM ECG waveforms (12-Lead, General, Ambulatory, General 32-bit): counts as they stand, padding as gaps. */
import { type Lead, MAX_LEADS, MAX_TEXT_BYTES } from "../../protocol/open";
import { checkLengths, LONG_VRS } from "./dicomlengths";
import { AdoptError } from "./error";
import type { OldRecording, Piece, Run, WallTime } from "./recording";
import type { ByteSource } from "./source";

type Item = Record<string, { vr?: string; Value?: unknown[] } | undefined>;

/** Of dcmjs, which has no types, what is used here. */
interface Dcmjs {
  log: { setLevel(level: "silent"): void; getLogger(name: string): { setLevel(level: "silent"): void } };
  data: { DicomMessage: { readFile(buffer: ArrayBuffer): { dict: Item } } };
}

const CLASSES = new Map(
  Object.entries({
    "1.2.840.10008.5.1.4.1.1.9.1.1": "DICOM 12-Lead ECG",
    "1.2.840.10008.5.1.4.1.1.9.1.2": "DICOM General ECG",
    "1.2.840.10008.5.1.4.1.1.9.1.3": "DICOM Ambulatory ECG",
    "1.2.840.10008.5.1.4.1.1.9.1.4": "DICOM General 32-bit ECG",
  }),
);
const IMPLICIT = "1.2.840.10008.1.2";
/** And explicit little endian; what is deflated could swell without end. */
const SYNTAXES = [IMPLICIT, "1.2.840.10008.1.2.1"];
/** It is read whole: two days of twelve leads at 50 samples per second. */
const MAX_FILE_BYTES = 1 << 28;
/** Behind the preamble and "DICM". */
const META_AT = 132;
const MAX_RUNS = 4096;
const MAX_INT32 = 2 ** 31 - 1;
const PIECE_SAMPLES = 1 << 14;
/** Widest counts that a recording holds. */
const MAX_BITS = 24;
const CHECK = "check that this is a DICOM ECG, and copy it again from where it came from";

function refuse(code: string, what: string, hint = CHECK): never {
  throw new AdoptError(code, what, hint);
}

/** @throws AdoptError DICOM_*, ADOPT_TRUNCATED */
export function readDicom(source: ByteSource): OldRecording {
  if (source.bytes > MAX_FILE_BYTES)
    refuse("DICOM_SIZE", `has ${source.bytes} bytes; ${MAX_FILE_BYTES} are read`);
  const bytes = source.read(0, source.bytes);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const { syntax, end } = metaOf(view);
  if (!SYNTAXES.includes(syntax)) {
    refuse("DICOM_SYNTAX", `transfer syntax "${syntax}"`, "write it as explicit VR little endian");
  }
  checkLengths(view, end, syntax === IMPLICIT);
  const dict = parse(bytes);
  const format = CLASSES.get(String(firstOf(dict, "00080016")));
  if (!format) refuse("DICOM_CLASS", "is no ECG waveform", "choose the object that holds the ECG");
  const groups = itemsOf(dict, "54000100");
  const group = groups[0] ?? refuse("DICOM_EMPTY", "holds no waveform");
  const left = groups.length > 1 ? [`${groups.length - 1} more multiplex groups`] : [];
  if (itemsOf(dict, "0040B020").length > 0) left.push("annotations");
  const whole = samplesOf(group);
  return {
    ...{ format, ...rateOf(group), bits: whole.bits, start: startOf(dict), left, runs: runsOf(whole) },
    leads: itemsOf(group, "003A0200").map((channel, index) => leadOf(channel, index, left)),
    simulated: isSimulated(dict),
    exportOf: exportOf(dict),
    pieces() {
      return pieces(whole, this.runs);
    },
  };
}

/** The file's meta information, before dcmjs inflates anything (PS3.10 7.1: explicit VR little endian). */
function metaOf(bytes: Buffer): { syntax: string; end: number } {
  let syntax = "";
  let at = META_AT;
  while (at + 8 <= bytes.length && bytes.readUInt16LE(at) === 2) {
    const isLong = LONG_VRS.includes(bytes.toString("latin1", at + 4, at + 6));
    if (isLong && at + 12 > bytes.length) break;
    const value = at + (isLong ? 12 : 8);
    const end = value + (isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6));
    if (bytes.readUInt16LE(at + 2) === 0x10)
      syntax = uid(bytes.toString("latin1", value, Math.min(end, value + 64)));
    at = end;
  }
  return { syntax, end: at };
}

/** Padded with a zero to an even length; what is no UID is not shown on a terminal. */
function uid(text: string): string {
  return text.replace(/[\0 ]+$/, "").replace(/[^\d.]/g, "?");
}

function parse(bytes: Uint8Array): Item {
  const { data, log } = require("dcmjs") as Dcmjs;
  // It tells the terminal of every byte of a stranger's that it doubts.
  log.setLevel("silent");
  log.getLogger("validation.dcmjs").setLevel("silent");
  // A view of its own: of a Buffer, slice() and buffer would be the pool that it lies in.
  const copy = Uint8Array.from(bytes);
  try {
    return data.DicomMessage.readFile(copy.buffer).dict;
  } catch (error) {
    return refuse("DICOM_FORM", `cannot be read as DICOM (${String((error as Error).message).slice(0, 80)})`);
  }
}

function firstOf(item: Item, tag: string): unknown {
  const value = item[tag]?.Value;
  return Array.isArray(value) ? value[0] : undefined;
}

function itemsOf(item: Item, tag: string): Item[] {
  const value = item[tag]?.Value;
  return Array.isArray(value)
    ? value.filter((one): one is Item => typeof one === "object" && one !== null)
    : [];
}

function numberOf(item: Item, tag: string, name: string, missing?: number): number {
  const value = firstOf(item, tag) ?? missing;
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  if (value === "" || !Number.isFinite(number)) refuse("DICOM_NUMBER", `${name} is no number`);
  return number;
}

function integerOf(item: Item, tag: string, name: string, most: number): number {
  const number = numberOf(item, tag, name);
  if (!(Number.isInteger(number) && number >= 1 && number <= most)) {
    refuse("DICOM_NUMBER", `${name} is ${number}, not 1 to ${most}`);
  }
  return number;
}

interface Samples {
  view: DataView;
  /** Bytes of a sample. */
  width: 2 | 4;
  channels: number;
  count: number;
  padding?: number;
  bits: number;
}

function samplesOf(group: Item): Samples {
  const channels = integerOf(group, "003A0005", "the number of channels", MAX_LEADS);
  const count = integerOf(group, "003A0010", "the number of samples", MAX_INT32);
  const allocated = numberOf(group, "54001004", "the bits of a sample");
  const kind = String(firstOf(group, "54001006"));
  const width = allocated === 16 && kind === "SS" ? 2 : allocated === 32 && kind === "SL" ? 4 : undefined;
  if (!width) {
    return refuse(
      "DICOM_SAMPLES",
      `samples of ${allocated} bits, ${plain(kind).slice(0, 8)}`,
      "write it with 16 bits, signed",
    );
  }
  if (itemsOf(group, "003A0200").length !== channels) {
    refuse("DICOM_CHANNELS", `says ${channels} channels and describes ${itemsOf(group, "003A0200").length}`);
  }
  const data = viewOf(group, "54001010");
  const needed = channels * count * width;
  if (!data || data.byteLength < needed) {
    throw new AdoptError(
      "ADOPT_TRUNCATED",
      `holds ${data?.byteLength ?? 0} of ${needed} bytes of samples`,
      CHECK,
    );
  }
  // One byte fills it up to an even number, and here that is even.
  if (data.byteLength > needed)
    refuse("DICOM_LENGTH", `${data.byteLength - needed} bytes stand behind the samples`);
  const padding = viewOf(group, "5400100A");
  const samples: Samples = {
    ...{ view: data, width, channels, count, bits: 8 * width },
    padding: padding && padding.byteLength >= width ? at(padding, 0, width) : undefined,
  };
  if (width === 4) samples.bits = checkWidth(samples);
  return samples;
}

function viewOf(item: Item, tag: string): DataView | undefined {
  const value = firstOf(item, tag);
  if (value instanceof ArrayBuffer) return new DataView(value);
  return ArrayBuffer.isView(value)
    ? new DataView(value.buffer, value.byteOffset, value.byteLength)
    : undefined;
}

function at(view: DataView, place: number, width: 2 | 4): number {
  return width === 2 ? view.getInt16(place * 2, true) : view.getInt32(place * 4, true);
}

function checkWidth(samples: Samples): number {
  const { view, width, channels, count, padding } = samples;
  const half = 2 ** (MAX_BITS - 1);
  for (let i = 0; i < channels * count; i++) {
    const value = at(view, i, width);
    if ((value < -half || value >= half) && value !== padding) {
      refuse(
        "DICOM_RANGE",
        `a sample of ${value} has more than ${MAX_BITS} bits`,
        "it cannot be kept unscaled",
      );
    }
  }
  return MAX_BITS;
}

/** Exact: the rate is a decimal. */
function rateOf(group: Item): { rateNum: number; rateDen: number } {
  const rate = numberOf(group, "003A001A", "the sampling rate");
  for (let den = 1; den <= 1e6; den *= 10) {
    const num = Math.round(rate * den);
    if (num >= 1 && num < 2 ** 32 && Math.abs(num / den - rate) <= rate * 1e-12) {
      const common = divisor(num, den);
      return { rateNum: num / common, rateDen: den / common };
    }
  }
  return refuse("DICOM_RATE", `a rate of ${rate} is none that can be kept`);
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** A moment is absent where every lead is padded. */
function runsOf({ view, width, channels, count, padding }: Samples): Run[] {
  if (padding === undefined) return [{ firstSample: 0, samples: count }];
  const runs: Run[] = [];
  for (let t = 0; t < count; t++) {
    let padded = 0;
    for (let c = 0; c < channels; c++) if (at(view, t * channels + c, width) === padding) padded++;
    if (padded === channels) continue;
    if (padded > 0) {
      refuse(
        "DICOM_PADDING",
        `at sample ${t} some leads are absent and others are not`,
        "write it lead by lead",
      );
    }
    const run = runs.at(-1);
    if (run && run.firstSample + run.samples === t) run.samples++;
    else runs.push({ firstSample: t, samples: 1 });
    if (runs.length > MAX_RUNS) refuse("DICOM_PADDING", `has more than ${MAX_RUNS} gaps`);
  }
  if (runs.length === 0) refuse("DICOM_EMPTY", "holds nothing but padding");
  return runs;
}

function leadOf(channel: Item, index: number, left: string[]): Lead {
  const source = itemsOf(channel, "003A0208")[0] ?? {};
  const meaning = String(firstOf(source, "00080104") ?? "").replace(/^Lead /, "");
  const label = String(firstOf(channel, "003A0203") ?? "") || meaning || `channel ${index + 1}`;
  const name = plain(label).replace(/^Lead /, "");
  const bare = { name, unit: "", gain: 0, baseline: 0, adcZero: 0 };
  const unit = plain(String(firstOf(itemsOf(channel, "003A0211")[0] ?? {}, "00080100") ?? ""));
  if (firstOf(channel, "003A0210") === undefined || unit === "") return bare;
  const sensitivity =
    numberOf(channel, "003A0210", `${name}'s sensitivity`) *
    numberOf(channel, "003A0212", `${name}'s correction`, 1);
  const gain = 1 / sensitivity;
  const exact = -numberOf(channel, "003A0213", `${name}'s baseline`, 0) * gain;
  const baseline = Math.round(exact) + 0;
  if (!(Number.isFinite(gain) && gain > 0 && Math.abs(baseline) <= MAX_INT32)) {
    refuse("DICOM_SCALE", `channel "${name}" has a sensitivity of ${sensitivity}`);
  }
  const off = Math.abs(exact - baseline);
  if (off > 1e-6) left.push(`${off.toFixed(3)} of a count in the zero line of "${name}"`);
  const skew =
    numberOf(channel, "003A0215", `${name}'s skew`, 0) || numberOf(channel, "003A0214", `${name}'s skew`, 0);
  if (skew !== 0) left.push(`the skew of "${name}"`);
  return { name, unit, gain, baseline, adcZero: 0 };
}

/** An open frame's text is ASCII. */
function plain(text: string): string {
  return text
    .replace(/\xb5/g, "u")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, MAX_TEXT_BYTES);
}

function startOf(dict: Item): WallTime | undefined {
  const text = String(firstOf(dict, "0008002A") ?? "");
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,6})?([+-]\d{4})?$/.exec(text.trim());
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const check = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const isTime = hour < 24 && minute < 60 && second < 60 && year >= 1900;
  if (!isTime || check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day) return undefined;
  const zone = parts[8] ?? /^[+-]\d{4}$/.exec(String(firstOf(dict, "00080201") ?? "").trim())?.[0];
  const minutes = zone && Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
  return {
    ...{ year, month, day, hour, minute, second, fraction: Number(parts[7] ?? 0) },
    ...(minutes !== undefined &&
      minutes !== "" && { zoneMinutes: zone!.startsWith("-") ? -minutes : minutes }),
  };
}

/** Our exports say it among their annotations. */
function exportOf(dict: Item): string | undefined {
  const texts = itemsOf(dict, "0040B020").map((one) => String(firstOf(one, "00700006")));
  return texts.map((text) => /^avnode recording ([0-9a-f]{16}),/.exec(text)?.[1]).find((id) => id);
}

function isSimulated(dict: Item): boolean {
  const texts = Object.values(dict).flatMap((element) =>
    element?.vr === "SQ" ? [] : (element?.Value ?? []),
  );
  return texts.some(
    (text) =>
      !(text instanceof ArrayBuffer || ArrayBuffer.isView(text)) &&
      /(^|[^A-Z])(SIMULATED|DEMO)([^A-Z]|$)/.test(
        typeof text === "string" ? text : (JSON.stringify(text) ?? ""),
      ),
  );
}

function* pieces({ view, width, channels }: Samples, runs: Run[]): Generator<Piece> {
  for (const { firstSample, samples } of runs) {
    for (let done = 0; done < samples; done += PIECE_SAMPLES) {
      const from = firstSample + done;
      const length = Math.min(PIECE_SAMPLES, samples - done);
      const leads = Array.from({ length: channels }, (_, c) =>
        Int32Array.from({ length }, (_, i) => at(view, (from + i) * channels + c, width)),
      );
      yield { firstSample: from, leads };
    }
  }
}
