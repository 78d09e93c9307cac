/** Samples out of the MAX30003's FIFO, and what a test wants to know of them. */

/** ETAG: what a word holds. */
const OVERFLOW = 7;
const LAST_SAMPLE = 3;

/** @param bytes words of three bytes, as a burst reads them */
export function samplesOf(bytes: Uint8Array): { samples: number[]; overflowed: boolean } {
  const samples: number[] = [];
  for (let at = 0; at + 3 <= bytes.length; at += 3) {
    const word = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const tag = (word >> 3) & 7;
    if (tag === OVERFLOW) return { samples: [], overflowed: true };
    // 18 bits, signed.
    if (tag <= LAST_SAMPLE) samples.push((word << 8) >> 14);
  }
  return { samples, overflowed: false };
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** About their mean. @returns NaN of none */
export function rms(samples: number[]): number {
  const centre = mean(samples);
  return Math.sqrt(mean(samples.map((sample) => (sample - centre) ** 2)));
}

/** Of a square wave, top to bottom: the median of either half of the samples, so that edges and noise do not count. */
export function amplitude(samples: number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return at(0.75) - at(0.25);
}
