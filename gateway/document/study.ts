/** What documents say of a recording, read once: report, exports, mail and DICOM all tell the same. */
import type { Mark } from "../../protocol/bodies";
import type { Finding } from "../rhythm/findings";
import { StoreError } from "../store/errors";
import { isEventKind } from "../store/findings/group";
import type { AnalysisInfo, KeptBeats } from "../store/findings/types";
import type { DeviceInfo, Piece } from "../store/infos";
import type { OverReadInfo } from "../store/layers/reading";
import type { PersonInfo } from "../store/people";
import type { StoreReader } from "../store/reader";
import { type Absence, Absences, type OpenRecording, openRecording } from "./signal";

/** Samples `from` up to, not including, `to`. */
export interface Stretch {
  from: number;
  to: number;
}

export interface Study extends Stretch {
  info: OpenRecording;
  device?: DeviceInfo;
  /** Whose it is now; undefined for nobody's. */
  person?: PersonInfo;
  /** The one that tells most, of the whole recording; undefined before one has begun. */
  analysis?: AnalysisInfo;
  overReads: OverReadInfo[];
  /** Within the stretch. */
  marks: Mark[];
  /** Samples that the store does not hold, clipped to the stretch. Reads every block of it, once. */
  absences(): Absence[];
  /** Of the analysis, within the stretch; undefined before one has begun. @throws STORE_BEATS */
  beats(): KeptBeats | undefined;
  /** Decoded blocks, clipped to the stretch, in order. @throws FRAME_TAG, BLOCK_* */
  pieces(): Generator<Piece>;
}

/**
 * @param asked in samples; cut to what there is
 * @throws STORE_NOT_FOUND, STORE_AMBIGUOUS, STORE_NO_OPEN, STORE_ERASED, DOCUMENT_RANGE where it holds no sample
 */
export function studyOf(reader: StoreReader, id: string, asked: Partial<Stretch> = {}): Study {
  const info = openRecording(reader, id);
  const from = Math.max(0, asked.from ?? 0);
  const to = Math.min(info.samples, asked.to ?? info.samples);
  if (asked.from !== undefined || asked.to !== undefined) requireSome(info, from, to);
  const pieces = () => clipped(reader.pieces(info.id, from, to), from, to);
  let absences: Absence[] | undefined;
  return {
    ...{ info, from, to, pieces },
    device: reader.devices().find((one) => one.id === info.device),
    person: reader.personOf(info.id),
    analysis: reader.findings.telling(info.id),
    overReads: reader.overReads(info.id),
    marks: reader.marks(info.id).filter(({ sample }) => sample >= from && sample < to),
    beats: () => reader.findings.beats(info.id, { from, to }),
    absences: () => {
      absences ??= absent(reader, info, { from, to });
      return absences;
    },
  };
}

/** Unix ms of a sample; undefined where the handheld's clock was never set. */
export function timeOf({ info }: Pick<Study, "info">, sample: number): number | undefined {
  if (info.startMs <= 0) return undefined;
  return info.startMs + (sample * 1000 * info.open.rateDen) / info.open.rateNum;
}

/** Samples per second. */
export function rateOf({ info: { open } }: Pick<Study, "info">): number {
  return open.rateNum / open.rateDen;
}

/** The first sample of the stretch that the store holds: its beginning may be missing, and of a gap nobody reads anything. */
export function firstHeld(study: Study): number {
  const [first] = study.pieces();
  return first?.firstSample ?? study.from;
}

/** Episodes of which there is something to tell, that touch the stretch. */
export function findingsOf({ analysis, from, to }: Pick<Study, "analysis" | "from" | "to">): Finding[] {
  return (analysis?.episodes ?? []).filter(
    (each) => isEventKind(each.rhythm) && each.to > from && each.from < to,
  );
}

function absent(reader: StoreReader, info: OpenRecording, { from, to }: Stretch): Absence[] {
  const absences = new Absences(reader, info, from);
  for (const { firstSample, samples } of reader.spans(info.id, from, to))
    absences.upTo(Math.max(from, firstSample), Math.min(to, firstSample + samples));
  absences.upTo(to, to);
  return absences.list;
}

function* clipped(pieces: Iterable<Piece>, from: number, to: number): Generator<Piece> {
  for (const { firstSample, samples } of pieces) {
    const skip = Math.max(0, from - firstSample);
    const end = Math.min(samples[0]!.length, to - firstSample);
    yield { firstSample: firstSample + skip, samples: samples.map((values) => values.subarray(skip, end)) };
  }
}

function requireSome(info: OpenRecording, from: number, to: number): void {
  if (from < to) return;
  const seconds = (info.samples * info.open.rateDen) / info.open.rateNum;
  throw new StoreError(
    "DOCUMENT_RANGE",
    `recording ${info.id} has no sample there: it is ${seconds.toFixed(1)} s long; give --from and --to within it`,
  );
}
