/** The limits by which a beat detector decides: tuned on the 22 records of DS1, channel 0. */

/** Times in seconds, heights as shares of the level that the beats around set. */
export interface Tuning {
  /** Two peaks nearer than this are one. */
  apart: number;
  /** Within that time energy must fall to this share on both sides: a steady hum has no peaks. */
  valley: number;
  /** No heart answers twice within. */
  refractory: number;
  /** How far a decision looks ahead. */
  ahead: number;
  threshold: number;
  noiseShare: number;
  /** Behind a beat, up to so long, a peak lower than this share of it is its T wave. */
  tWave: number;
  /** The share right behind the refractory time, and at `tWave`. */
  tShare: number;
  tShareLate: number;
  /** A peak lower than this share of one that follows within so long is that beat's P wave. */
  pWave: number;
  pShare: number;
  /** A peak that comes so many usual intervals late needs less height. */
  late: number;
  lateThreshold: number;
  /** Of the level, what the candidates ahead can lower it to. */
  fall: number;
  /** Without a beat for longer than this, the level halves in each such time. */
  forget: number;
  /** A beat of this share of the level that has faded shows that it was right: the heart is slow, not small. */
  confirmed: number;
  /** What comes when the level has fallen below half stands so many times above the energy around: noise does not. */
  crest: number;
  /** Millivolts; nothing below is a beat. */
  floor: number;
}

export const TUNING: Tuning = {
  apart: 0.13,
  valley: 0.8,
  refractory: 0.19,
  ahead: 1.5,
  threshold: 0.3,
  noiseShare: 0.4,
  tWave: 0.36,
  tShare: 0.9,
  tShareLate: 0.4,
  pWave: 0.26,
  pShare: 0.9,
  late: 1.4,
  lateThreshold: 0.18,
  fall: 0.35,
  forget: 1.5,
  confirmed: 0.7,
  crest: 3,
  floor: 0.006,
};
