/** Recordings as exports see them, made of numbers that a test knows. */
import type { Study } from "../../../gateway/document/study";
import type { ExportSource, OutFile } from "../../../gateway/export/source";
import type { Finding } from "../../../gateway/rhythm/findings";
import type { Beat } from "../../../gateway/rhythm/types";
import type { AnalysisInfo, KeptBeats } from "../../../gateway/store/findings/types";
import type { Gap } from "../../../gateway/store/infos";
import type { PersonDetails } from "../../../gateway/store/people";
import type { StoreReader } from "../../../gateway/store/reader";
import type { WfdbRecord } from "../../../gateway/wfdb/record";
import type { Mark } from "../../../protocol/bodies";
import type { Lead, Open } from "../../../protocol/open";

export interface Made {
  signals: Int32Array[];
  leads?: Lead[];
  open?: Partial<Open>;
  info?: Partial<Study["info"]>;
  person?: PersonDetails;
  /** Samples from the first to before the second that the store does not hold. */
  lost?: [number, number][];
  gaps?: Gap[];
  /** Undefined where there was no analysis; an error where they are not as they were kept. */
  beats?: Beat[] | Error;
  episodes?: Finding[];
  marks?: Mark[];
  from?: number;
  to?: number;
  /** Samples in a block. */
  block?: number;
  name?: string;
  timeZone?: string;
}

export const ID = "00112233445566aa";

export function sourceOf(made: Made): ExportSource {
  const { signals, lost = [], gaps = [], beats, episodes, marks = [], block = 250 } = made;
  const samples = signals[0]!.length;
  const { from = 0, to = samples } = made;
  const leads =
    made.leads ??
    signals.map((_, i) => ({ name: `lead ${i}`, unit: "mV", gain: 200, baseline: 0, adcZero: 0 }));
  const info = {
    ...{
      id: ID,
      device: "aabbccddeeff0011",
      epoch: 1,
      recording: 3,
      frames: 3,
      holes: 0,
      samples,
      dropped: 0,
    },
    ...{
      startMs: Date.UTC(2026, 10, 23, 13, 5, 1, 7),
      trust: 2,
      state: "closed",
      simulated: false,
      marks: 0,
    },
    open: {
      ...{ rateNum: 250, rateDen: 1, frontEnd: "MAX30003", firmware: "test", bits: 18, nominal: block },
      ...{ startMs: 0, trust: 0, mode: 1, seconds: 0, leads },
      ...made.open,
    },
    flags: [],
    ...made.info,
  } as Study["info"];
  const said = { id: `${ID}/1`, number: 1, version: "r1", lead: 0, name: "lead 0", samples, ended: true };
  const isLost = (sample: number) => lost.some(([first, end]) => sample >= first && sample < end);
  const study: Study = {
    ...{ info, from, to, overReads: [] },
    person: made.person && { id: 1, ...made.person },
    marks: marks.filter(({ sample }) => sample >= from && sample < to),
    analysis:
      (beats ?? episodes) &&
      ({ ...said, recording: ID, episodes: episodes ?? [] } as unknown as AnalysisInfo),
    beats: () => {
      if (beats instanceof Error) throw beats;
      return (
        beats &&
        ({ ...said, beats: beats.filter(({ sample }) => sample >= from && sample < to) } as KeptBeats)
      );
    },
    absences: () => [],
    *pieces() {
      let first = from;
      for (let at = from; at <= to; at++) {
        const ends = at === to || at - first === block || isLost(at);
        if (!ends) continue;
        if (at > first)
          yield { firstSample: first, samples: signals.map((values) => values.subarray(first, at)) };
        first = isLost(at) ? at + 1 : at;
      }
    },
  };
  const { name = "x", timeZone } = made;
  const pseudonym = (_purpose: string, of: string) => `0123456789abcde${of}`;
  return {
    reader: { gaps: () => gaps, pseudonym } as unknown as StoreReader,
    study,
    dataDir: "",
    name,
    timeZone,
  };
}

export function sourceOfRecord(record: WfdbRecord, name: string): ExportSource {
  const { rateNum, rateDen, leads, signals } = record;
  const bits = Math.max(...leads.map((lead) => lead.bits)) || 16;
  return sourceOf({
    signals,
    leads,
    name,
    open: { rateNum, rateDen, bits },
    block: Math.ceil(rateNum / rateDen),
  });
}

export function bytesOf(file: OutFile): Buffer {
  return Buffer.concat([...file.pieces()]);
}

/** Counts that look like nothing in particular, the same every time. */
export function noise(length: number, within: number, seed = 1): Int32Array {
  let state = seed;
  return Int32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * (2 * within + 1)) - within;
  });
}
