/** EDF, EDF+, BDF and BDF+ to raw digital values: what the file holds, never scaled, and where time has holes. */
import { COPY_AGAIN, type EdfHeader, type EdfSignal, parseEdfHeader } from "./edfheader";
import { AdoptError } from "./errors";

/** Samples of all signals, four bytes each in memory: 1 GiB. */
const MAX_SAMPLES = 2 ** 28;
/** An annotation list ends a time with this, and a text with that. */
const DURATION = 0x15;
const TEXT = 0x14;

export interface EdfLead extends EdfSignal {
  /** Raw digital values, record after record. Holes in time take no samples here: see `onsets`. */
  samples: Int32Array;
}

export interface EdfFile {
  header: EdfHeader;
  /** Signals without the annotations. */
  leads: EdfLead[];
  /** Seconds from the header's start to each data record; they follow one another without a hole unless discontinuous. */
  onsets: Float64Array;
}

/** @throws AdoptError of any code; nothing is allocated before the file's length has confirmed the header's claims */
export function decodeEdf(bytes: Uint8Array, file: string): EdfFile {
  const header = parseEdfHeader(bytes, file);
  const perRecord = header.signals.reduce((sum, { samplesPerRecord }) => sum + samplesPerRecord, 0);
  const recordBytes = perRecord * header.sampleBytes;
  if (perRecord * header.records > MAX_SAMPLES)
    throw new AdoptError(
      "ADOPT_TOO_LARGE",
      file,
      "claims more samples than are read",
      "export it in shorter parts",
    );
  const expected = header.bytes + recordBytes * header.records;
  if (bytes.length !== expected)
    throw new AdoptError(
      "ADOPT_SIZE",
      file,
      `is ${bytes.length} bytes long, its header says ${expected}`,
      COPY_AGAIN,
    );
  const leads: EdfLead[] = [];
  const onsets = Float64Array.from({ length: header.records }, (_, record) => record * header.recordSeconds);
  let at = header.bytes;
  let timed = false;
  for (const signal of header.signals) {
    if (!signal.annotations)
      leads.push({ ...signal, samples: samplesOf(bytes, header, signal, at, recordBytes) });
    else if (!timed) {
      // Only the first annotations signal keeps time (EDF+ 2.2.4).
      for (let record = 0; record < header.records; record++) {
        const from = at + record * recordBytes;
        const list = bytes.subarray(from, from + signal.samplesPerRecord * header.sampleBytes);
        onsets[record] = onsetOf(list, `${file}, data record ${record + 1}`);
      }
      timed = true;
    }
    at += signal.samplesPerRecord * header.sampleBytes;
  }
  if (header.kind === "discontinuous" && !timed)
    throw new AdoptError("ADOPT_ANNOTATION", file, "has holes but no times", "export it as continuous EDF+");
  checkOrder(onsets, header, file);
  return { header, leads, onsets };
}

/** Little-endian two's complement, 2 or 3 bytes wide. */
function samplesOf(
  bytes: Uint8Array,
  header: EdfHeader,
  signal: EdfSignal,
  first: number,
  recordBytes: number,
): Int32Array {
  const { samplesPerRecord: count } = signal;
  const samples = new Int32Array(count * header.records);
  for (let record = 0, to = 0; record < header.records; record++) {
    let at = first + record * recordBytes;
    for (let i = 0; i < count; i++, to++, at += header.sampleBytes) {
      samples[to] =
        header.sampleBytes === 2
          ? ((bytes[at] << 16) | (bytes[at + 1] << 24)) >> 16
          : ((bytes[at] << 8) | (bytes[at + 1] << 16) | (bytes[at + 2] << 24)) >> 8;
    }
  }
  return samples;
}

/** Time of a data record: its first annotation list, `+seconds` and an empty text (EDF+ 2.2.4). */
function onsetOf(list: Uint8Array, place: string): number {
  const end = list.findIndex((byte) => byte === TEXT || byte === DURATION);
  const onset = end < 0 || end > 32 ? "" : Buffer.from(list.subarray(0, end)).toString("latin1");
  if (list[end] !== TEXT || list[end + 1] !== TEXT || !/^[+-]\d+(\.\d+)?$/.test(onset))
    throw new AdoptError("ADOPT_ANNOTATION", place, "does not begin with its time", COPY_AGAIN);
  return Number(onset);
}

/** Half a millisecond is what writers round away; a record that begins earlier than that lies over the one before. */
function checkOrder(onsets: Float64Array, { recordSeconds, kind }: EdfHeader, file: string): void {
  for (let record = 1; record < onsets.length; record++) {
    const late = onsets[record] - onsets[record - 1] - recordSeconds;
    const place = `${file}, data record ${record + 1}`;
    if (late < -0.0005)
      throw new AdoptError(
        "ADOPT_ANNOTATION",
        place,
        "begins before the one before it has ended",
        COPY_AGAIN,
      );
    if (kind === "continuous" && late > 0.0005)
      throw new AdoptError(
        "ADOPT_ANNOTATION",
        place,
        "leaves a hole in a file that says it has none",
        COPY_AGAIN,
      );
  }
}
