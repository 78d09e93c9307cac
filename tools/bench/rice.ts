/** The plain coder that every better one must beat: second difference, Rice code (Rice, 1979) with the block's best k. */

const MAX_K = 20;
/** Of k, before the residuals. */
const K_BITS = 5;

/** Bits of a self-contained block: k, the first two samples raw in `bits` each, then the residuals. */
export function riceBits(samples: Int32Array, bits: number): number {
  const residuals: number[] = [];
  for (let t = 2; t < samples.length; t++) {
    const r = samples[t]! - 2 * samples[t - 1]! + samples[t - 2]!;
    residuals.push(r < 0 ? -2 * r - 1 : 2 * r);
  }
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k <= MAX_K; k++) {
    let total = 0;
    for (const u of residuals) total += (u >>> k) + 1 + k;
    best = Math.min(best, total);
  }
  return K_BITS + bits * Math.min(2, samples.length) + best;
}
