/** Sheets of paper and what stands where on them, in points; one millimetre is 72/25.4 of them. */

export const MM = 72 / 25.4;
export const PAPERS = ["a4", "letter"] as const;
export type PaperName = (typeof PAPERS)[number];

/** True to scale: 25 mm/s and 10 mm/mV. */
export const MM_PER_SECOND = 25;
export const MM_PER_MILLIVOLT = 10;
export const ROW_SECONDS = 10;

/** Left of a row's trace: the calibration pulse, 1 mV for 200 ms. */
export const PULSE_MM = 10;
export const PULSE_SECONDS = 0.2;
const ROW_MM = PULSE_MM + ROW_SECONDS * MM_PER_SECOND;

export interface Paper {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Landscape, for ten seconds are 250 mm. Margins keep what printers cannot reach. */
const SIZES: Record<PaperName, { width: number; height: number }> = {
  a4: { width: 297 * MM, height: 210 * MM },
  letter: { width: 11 * 72, height: 8.5 * 72 },
};
const EDGE_MM = 8;
const FOOT_MM = 7;

export function paperOf(name: PaperName): Paper {
  const { width, height } = SIZES[name];
  const left = (width - ROW_MM * MM) / 2;
  return {
    ...{ width, height, left },
    right: left + ROW_MM * MM,
    top: EDGE_MM * MM,
    bottom: height - (EDGE_MM + FOOT_MM) * MM,
  };
}
