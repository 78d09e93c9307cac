import { dirname, join } from "node:path";
import { WfdbError } from "./errors";
import { fileSize, readRange } from "./files";
import { readHeader, type SignalLine, type WfdbHeader } from "./header";
import { checkMatlabPreamble } from "./matlab";
import type { WfdbRecord } from "./record";
import { checksum16, signalFormat } from "./signals";

export type { WfdbLead, WfdbRecord, WfdbStart } from "./record";

/** All signals of a record together; 2^28 samples take 1 GiB. */
const MAX_SAMPLES = 2 ** 28;

export interface ReadOptions {
  /**
   * Whether initial values and checksums that the header states must be right (default true). Headers without a number
   * of samples vouch for none (header(5)). Neither does a MATLAB header for a signal whose checksum it gives as 0: the
   * converters of the CinC 2017 set wrote that zero, and initial values that are wrong.
   */
  verify?: boolean;
}

/**
 * Reads a whole single-segment record. Skewed signals are aligned, which shortens the record by the largest skew.
 * Nothing is allocated on the header's word: its claims are held against the sizes of its files first.
 * @throws WfdbError
 */
export function readRecord(pathWithOrWithoutHea: string, options: ReadOptions = {}): WfdbRecord {
  const header = readHeader(pathWithOrWithoutHea);
  const groups = groupByFile(header);
  const frames = countFrames(header, groups);
  const stored = groups.flatMap((group) => loadGroup(group, frames));
  if (options.verify !== false && header.samples !== undefined) {
    header.signals.forEach((signal, index) => {
      verifySignal(header.file, signal, stored[index]!);
    });
  }
  const skew = Math.max(0, ...header.signals.map((signal) => signal.skew));
  const signals = stored.map((signal, index) => {
    const from = header.signals[index]!.skew;
    return skew === 0 ? signal : signal.slice(from, from + frames - skew);
  });
  return {
    name: header.name,
    rate: header.rate.num / header.rate.den,
    rateNum: header.rate.num,
    rateDen: header.rate.den,
    samples: frames - skew,
    leads: header.signals.map((signal) => signal.lead),
    start: header.start,
    comments: header.comments,
    signals,
  };
}

/** The signals that share one file, in the order in which their samples alternate there. */
interface SignalGroup {
  file: string;
  signals: SignalLine[];
}

function groupByFile(header: WfdbHeader): SignalGroup[] {
  const groups: SignalGroup[] = [];
  const seen = new Set<string>();
  for (const signal of header.signals) {
    const file = join(dirname(header.file), signal.fileName);
    const group = groups.at(-1);
    if (group?.file !== file) {
      if (seen.has(file))
        refuseField(header.file, signal, "file name", "signals of one file must be consecutive");
      seen.add(file);
      groups.push({ file, signals: [signal] });
      continue;
    }
    const first = group.signals[0]!;
    if (signal.format !== first.format || signal.byteOffset !== first.byteOffset) {
      refuseField(
        header.file,
        signal,
        "format",
        `differs from that of line ${first.line}, which shares the file`,
      );
    }
    group.signals.push(signal);
  }
  return groups;
}

function refuseField(file: string, signal: SignalLine, field: string, problem: string): never {
  throw new WfdbError("WFDB_HEADER", { file, line: signal.line, field }, problem, "correct the header");
}

/** Samples per signal that header and files agree on. A file must end where its last sample does, padding aside. */
function countFrames(header: WfdbHeader, groups: SignalGroup[]): number {
  const place = { file: header.file, field: "number of samples" };
  let frames = header.samples;
  for (const { file, signals } of groups) {
    const { byteOffset, blockBytes } = signals[0]!;
    const format = signalFormat(signals[0]!.format)!;
    const size = fileSize(file);
    frames ??= Math.floor(format.capacity(Math.max(0, size - byteOffset)) / signals.length);
    const needed = byteOffset + format.bytesFor(frames * signals.length);
    const padded = roundUp(byteOffset + roundUp(needed - byteOffset, format.groupBytes), blockBytes);
    if (size < needed || size > padded) {
      throw new WfdbError(
        "WFDB_SIZE",
        place,
        `${frames} samples of ${signals.length} signals take ${needed} bytes, but ${file} has ${size}`,
        "fetch the signal file again or correct the header",
      );
    }
  }
  const total = (frames ?? 0) * header.signals.length;
  if (total > MAX_SAMPLES) {
    throw new WfdbError(
      "WFDB_TOO_LARGE",
      place,
      `${total} samples in all, more than the ${MAX_SAMPLES} that are read into memory`,
      "split the record",
    );
  }
  for (const signal of header.signals) {
    if (signal.skew > (frames ?? 0))
      refuseField(header.file, signal, "skew", `${signal.skew} exceeds the record`);
  }
  return frames ?? 0;
}

function roundUp(value: number, multiple: number): number {
  return multiple <= 1 ? value : Math.ceil(value / multiple) * multiple;
}

/** The stored samples of each signal of a group, those before a skew included. */
function loadGroup(group: SignalGroup, frames: number): Int32Array[] {
  const { byteOffset, format: number } = group.signals[0]!;
  const format = signalFormat(number)!;
  const leads = group.signals.length;
  if (isMatlab(group.signals[0]!)) {
    const preamble = readRange(group.file, 0, Math.min(byteOffset, fileSize(group.file), 64));
    checkMatlabPreamble(preamble, { file: group.file, leads, samples: frames, byteOffset, format: number });
  }
  const bytes = readRange(group.file, byteOffset, format.bytesFor(frames * leads));
  return group.signals.map((_, lead) => {
    const signal = new Int32Array(frames);
    for (let frame = 0; frame < frames; frame++) signal[frame] = format.read(bytes, frame * leads + lead);
    return signal;
  });
}

function isMatlab(signal: SignalLine): boolean {
  return signal.fileName.endsWith(".mat");
}

/** Holds the stored samples of a signal against the initial value and checksum of its header line. */
function verifySignal(file: string, signal: SignalLine, stored: Int32Array): void {
  if (isMatlab(signal) && signal.checksum === 0) return;
  const remedy =
    "the signal file is damaged or not this header's: fetch both again, or read without verifying";
  const place = (field: string) => ({ file, line: signal.line, field });
  const where = `in ${signal.fileName}, "${signal.lead.name}"`;
  if (signal.initial !== undefined && signal.initial !== stored[0]) {
    const problem = `${signal.initial} stated, ${stored[0]} ${where}`;
    throw new WfdbError("WFDB_INITIAL", place("initial value"), problem, remedy);
  }
  const sum = checksum16(stored);
  // CPSC 2021 states its checksums without sign: equal means equal modulo 2^16.
  if (signal.checksum !== undefined && (signal.checksum - sum) % 65536 !== 0) {
    const problem = `${signal.checksum} stated, ${sum} ${where}`;
    throw new WfdbError("WFDB_CHECKSUM", place("checksum"), problem, remedy);
  }
}
