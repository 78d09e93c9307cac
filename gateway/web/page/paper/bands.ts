/** How high each band of the paper is: as its leads need it, in whole squares, so that each 0 mV is on a strong line. */
import type { Layout } from "./layout";
import type { Reach } from "./reach";

/** Of one band, in mm, from its 0 mV. */
export interface BandMm {
  above: number;
  below: number;
}

/** Of a band, in mm; whole multiples of 10. */
export interface BandLimits {
  least: number;
  most: number;
}

const SQUARE_MM = 5;
/** Between the curve and the paper's edge. */
const ROOM_MM = 2;

export const heightOf = (bands: readonly BandMm[]): number =>
  bands.reduce((sum, { above, below }) => sum + above + below, 0);

/**
 * The gain stays what it is, and the paper grows; beyond `most` the curve leaves it.
 * @param reaches per lead; undefined where it is not known
 * @param gain mm/mV
 */
export function bandsFor(
  layout: Layout,
  reaches: readonly (Reach | undefined)[],
  gain: number,
  { least, most }: BandLimits,
): BandMm[] {
  const half = least / 2;
  const squares = (mv: number) => Math.ceil((mv * gain + ROOM_MM) / SQUARE_MM) * SQUARE_MM;
  return layout.map((cells) => {
    let [above, below] = [half, half];
    for (const { row } of cells) {
      const reach = reaches[row];
      if (!reach) continue;
      above = Math.max(above, squares(reach.above));
      below = Math.max(below, squares(reach.below));
    }
    // What one side does not need is the other one's.
    const kept = Math.min(above, most - Math.min(below, most / 2));
    return { above: kept, below: Math.min(below, most - kept) };
  });
}
