/** What a reader finds in a stranger's file: counts as they stand there, and only what the file says of them. */
import type { Lead } from "../../protocol/open";

/** Samples that follow each other without a gap. */
export interface Run {
  /** Its first sample's place on the recording's time axis; less than this are missing before it. */
  firstSample: number;
  samples: number;
}

/** As a clock on the wall showed it. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Fraction of a second, 0 to below 1. */
  fraction: number;
  /** Of that clock, east of Greenwich, where the file says so. */
  zoneMinutes?: number;
}

export interface OldRecording {
  /** E.g. "EDF+D". */
  format: string;
  /** Samples per second and lead, an exact ratio. */
  rateNum: number;
  rateDen: number;
  /** Range of a sample, two's complement. */
  bits: number;
  start?: WallTime;
  leads: Lead[];
  /** In order, without overlap. */
  runs: Run[];
  /** The file says of itself that no heart made it. */
  simulated: boolean;
  /** Id of the recording of which avnode made the file, as the file says. */
  exportOf?: string;
  /** What is in the file and not taken over, in words. */
  left: string[];
  /** Run by run and piece by piece; per lead an array of counts. */
  pieces(): Generator<Piece>;
}

export interface Piece {
  firstSample: number;
  leads: Int32Array[];
}
