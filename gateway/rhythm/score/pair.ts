/**
 * Beat-by-beat comparison as ANSI/AAMI EC57 and WFDB's `bxb` do it: both lists are walked in order of time, and two
 * beats are one pair when they lie within the window and neither has a nearer partner that comes next.
 */

/** Of EC57: how far apart, in seconds, a detection and the beat that it stands for may lie. */
export const WINDOW_SECONDS = 0.15;

/** For each beat of one list the index of its partner in the other, or -1. */
export interface Pairs {
  /** For each reference beat: a detection, or -1 (missed). */
  reference: Int32Array;
  /** For each detection: a reference beat, or -1 (extra). */
  test: Int32Array;
}

/**
 * @param reference sample numbers, ascending
 * @param test sample numbers at the same rate, ascending
 * @param window in samples
 */
export function pairBeats(reference: ArrayLike<number>, test: ArrayLike<number>, window: number): Pairs {
  const pairs = {
    reference: new Int32Array(reference.length).fill(-1),
    test: new Int32Array(test.length).fill(-1),
  };
  let r = 0;
  let t = 0;
  while (r < reference.length && t < test.length) {
    const distance = Math.abs(reference[r]! - test[t]!);
    const early = test[t]! < reference[r]!;
    // Whoever comes first is passed over if the other's next rival, of the same list, lies nearer to the other.
    const rival = early ? distanceTo(test, t + 1, reference[r]!) : distanceTo(reference, r + 1, test[t]!);
    if (distance <= window && distance <= rival) {
      pairs.reference[r] = t;
      pairs.test[t] = r;
      r++;
      t++;
    } else if (early) t++;
    else r++;
  }
  return pairs;
}

function distanceTo(list: ArrayLike<number>, index: number, sample: number): number {
  return index < list.length ? Math.abs(list[index]! - sample) : Number.POSITIVE_INFINITY;
}
