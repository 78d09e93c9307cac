/** Reads EDF, EDF+ (C and D), BDF and BDF+: counts as they stand, gaps where the records' own times leave some. */
import { type Lead, MAX_LEADS, MAX_TEXT_BYTES } from "../../protocol/open";
import { type EdfHead, type EdfSignal, readEdfHead } from "./edfheader";
import { recordTime } from "./edftimes";
import { AdoptError } from "./error";
import type { OldRecording, Piece, Run } from "./recording";
import type { ByteSource } from "./source";

/** Names of a lead, with or without "ECG" before them. */
const ECG_LABEL = /^(ECG|EKG)\b|^(ECG |EKG )?(I|II|III|-?aV[RLF]|V\d{1,2}R?|MLI{1,3}|MCL\d)$/i;
/** As our exports name their recording. */
const OUR_EXPORT = / avnode_\S* id_([0-9a-f]{16})( |$)/;
/** Three months at 250 samples per second; places beyond it are a broken time. */
const MAX_SAMPLES = 2 ** 31;
const MAX_RATE_PART = 2 ** 32 - 1;
const MAX_INT32 = 2 ** 31 - 1;
const READ_BYTES = 1 << 16;
/** As many gaps as the store keeps of one recording. */
const MAX_RUNS = 4096;

/** @throws AdoptError EDF_*, ADOPT_TRUNCATED */
export function readEdf(source: ByteSource): OldRecording {
  const head = readEdfHead(source);
  const { taken, left } = choose(head);
  const perRecord = taken[0]!.samples;
  const { rateNum, rateDen } = rateOf(head, perRecord);
  const { runs, fraction, annotations } = runsOf(source, head, perRecord, rateNum / rateDen);
  if (annotations > 0) left.push(`annotations in ${annotations} records`);
  const leads = taken.map((signal) => leadOf(signal, left));
  return {
    format: head.format,
    rateNum,
    rateDen,
    bits: head.unit * 8,
    start: head.start && { ...head.start, fraction },
    leads,
    runs,
    simulated: /(^|[ _])(SIMULATED|DEMO)([ _]|$)/i.test(head.recording),
    exportOf: OUR_EXPORT.exec(head.recording)?.[1],
    left,
    pieces: () => pieces(source, head, taken, runs),
  };
}

/** The ECG signals of one rate; where no label says ECG, all signals of the first one's rate. */
function choose({ signals, records }: EdfHead): { taken: EdfSignal[]; left: string[] } {
  const measured = signals.filter(({ isAnnotations }) => !isAnnotations);
  if (measured.length === 0 || records === 0) {
    throw new AdoptError("EDF_EMPTY", "holds no samples", "choose the file that holds the signals");
  }
  const ecg = measured.filter(({ label }) => ECG_LABEL.test(label));
  const candidates = ecg.length > 0 ? ecg : measured;
  const taken = candidates.filter(({ samples }) => samples === candidates[0]!.samples);
  if (taken.length > MAX_LEADS) {
    throw new AdoptError(
      "EDF_LEADS",
      `${taken.length} leads: a recording holds ${MAX_LEADS}`,
      "write those that matter to a file of their own",
    );
  }
  const others = measured.filter((signal) => !taken.includes(signal));
  return { taken, left: others.map(({ label }) => `signal "${label}"`) };
}

function rateOf({ duration }: EdfHead, perRecord: number): { rateNum: number; rateDen: number } {
  const num = perRecord * duration.den;
  const common = divisor(num, duration.num);
  const [rateNum, rateDen] = [num / common, duration.num / common];
  if (rateNum > MAX_RATE_PART || rateDen > MAX_RATE_PART) {
    throw new AdoptError(
      "EDF_RATE",
      `${perRecord} samples in ${duration.num / duration.den} seconds are no rate that can be kept`,
      "write the file again with records of whole seconds",
    );
  }
  return { rateNum, rateDen };
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** @param fraction of a second by which the first sample is later than the header's start */
function runsOf(source: ByteSource, head: EdfHead, perRecord: number, perSecond: number) {
  const { records, recordBytes, headerBytes, unit } = head;
  const times = head.hasTimes ? head.signals.find(({ isAnnotations }) => isAnnotations) : undefined;
  const bound = (samples: number) => {
    if (samples <= MAX_SAMPLES) return;
    throw new AdoptError("EDF_TIMES", `reaches to sample ${samples}`, "divide the file into shorter ones");
  };
  bound(records * perRecord);
  if (!times) {
    // biosig names its files EDF+C and writes no times: without gaps none are needed.
    if (head.hasGaps) {
      throw new AdoptError(
        "EDF_TIMES",
        `${head.format} without a signal of annotations`,
        "write the file again",
      );
    }
    return { runs: [{ firstSample: 0, samples: records * perRecord }], fraction: 0, annotations: 0 };
  }
  const runs: Run[] = [];
  let origin = 0;
  let annotations = 0;
  let next = 0;
  for (let record = 0; record < records; record++) {
    const at = headerBytes + record * recordBytes + times.offset;
    const { seconds, hasMore } = recordTime(source.read(at, times.samples * unit), record);
    if (hasMore) annotations++;
    if (record === 0) origin = seconds;
    const place = Math.round((seconds - origin) * perSecond);
    // Times have few digits in some writers' files: what is within a sample is not a gap.
    const isNext = Math.abs(place - next) <= 1;
    if (!isNext && (place < next || !head.hasGaps)) {
      throw new AdoptError(
        "EDF_TIMES",
        `record ${record} begins at sample ${place}, and the one before it ends at ${next}`,
        head.hasGaps
          ? "write the file again with its records in order"
          : "write it as EDF+D, which may have gaps",
      );
    }
    const run = runs.at(-1);
    if (isNext && run) run.samples += perRecord;
    else runs.push({ firstSample: isNext ? next : place, samples: perRecord });
    next = (isNext ? next : place) + perRecord;
    bound(next);
    if (runs.length > MAX_RUNS) {
      throw new AdoptError(
        "EDF_TIMES",
        `has more than ${MAX_RUNS} gaps`,
        "divide the file into shorter ones",
      );
    }
  }
  if (!(origin >= 0 && origin < 1)) {
    throw new AdoptError(
      "EDF_TIMES",
      `the first record begins ${origin} s after the start`,
      "write the file again",
    );
  }
  return { runs, fraction: origin, annotations };
}

function leadOf(signal: EdfSignal, left: string[]): Lead {
  const { label, physicalMin, physicalMax, digitalMin, digitalMax } = signal;
  const refuse = (what: string) => {
    throw new AdoptError(
      "EDF_SCALE",
      `signal "${label}": ${what}`,
      "write the file again with a valid scale",
    );
  };
  if (digitalMax <= digitalMin) refuse(`digital range ${digitalMin} to ${digitalMax}`);
  // EDF allows a physical range that is turned round; a gain below zero has no place in an open frame.
  if (physicalMax < physicalMin) refuse(`physical range ${physicalMin} to ${physicalMax} is turned round`);
  const name = label.replace(/^(ECG|EKG)[ _-]+/i, "").slice(0, MAX_TEXT_BYTES);
  // Both are the same where a signal has no scale.
  if (physicalMax === physicalMin || signal.unit === "") {
    return { name: plain(name), unit: "", gain: 0, baseline: 0, adcZero: 0 };
  }
  const gain = (digitalMax - digitalMin) / (physicalMax - physicalMin);
  const exact = digitalMin - physicalMin * gain;
  const baseline = Math.round(exact) + 0;
  if (!(Number.isFinite(gain) && gain > 0 && Math.abs(baseline) <= MAX_INT32))
    refuse("its scale is out of range");
  const off = Math.abs(exact - baseline);
  if (off > 1e-6) left.push(`${off.toFixed(3)} of a count in the zero line of "${label}"`);
  return { name: plain(name), unit: plain(signal.unit), gain, baseline, adcZero: 0 };
}

/** An open frame's text is ASCII. */
function plain(text: string): string {
  return text.replace(/\xb5/g, "u").replace(/[^\x20-\x7e]/g, "?");
}

/** As many records at once as one read may hold: some writers put a single sample into each. */
function* pieces(source: ByteSource, head: EdfHead, taken: EdfSignal[], runs: Run[]): Generator<Piece> {
  const { headerBytes, recordBytes, unit } = head;
  const perRecord = taken[0]!.samples;
  const perRead = Math.max(1, Math.floor(READ_BYTES / recordBytes));
  let record = 0;
  for (const run of runs) {
    const end = record + run.samples / perRecord;
    for (let firstSample = run.firstSample; record < end; ) {
      const count = Math.min(perRead, end - record);
      const bytes = source.read(headerBytes + record * recordBytes, count * recordBytes);
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      const leads = taken.map(({ offset }) => {
        const lead = new Int32Array(count * perRecord);
        for (let i = 0; i < lead.length; i++) {
          const within = Math.floor(i / perRecord) * recordBytes + (i % perRecord) * unit;
          lead[i] = view.readIntLE(offset + within, unit);
        }
        return lead;
      });
      yield { firstSample, leads };
      firstSample += count * perRecord;
      record += count;
    }
  }
}
