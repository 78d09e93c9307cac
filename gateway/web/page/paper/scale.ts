/** How large paper is on a screen: millimetres to the pixels of a canvas. */

/** Of paper, in mm/s and mm/mV, as electrocardiographs have them (IEC 60601-2-25). */
export const SPEEDS: readonly number[] = [12.5, 25, 50];
export const GAINS: readonly number[] = [5, 10, 20];

/** CSS defines 96 px as an inch. Printers keep that; screens do as they like, until someone lays a ruler on them. */
export const CSS_PX_PER_MM = 96 / 25.4;

/** What a ruler on a screen can say without being a typing error: 50 to 640 dots an inch. */
const MIN_PX_PER_MM = 2;
const MAX_PX_PER_MM = 25;

export interface Scale {
  /** mm/s; any while someone zooms. */
  speed: number;
  /** mm/mV */
  gain: number;
  /** CSS pixels to a millimetre of this screen. */
  cssPxPerMm: number;
  /** Pixels of the canvas to a CSS pixel: devicePixelRatio on a screen. */
  ratio: number;
  /** False: whoever looks must be told "not to scale". */
  trueToSize: boolean;
}

/** @param cssPxPerMm as the ruler said, or undefined before that */
export function screenScale(
  speed: number,
  gain: number,
  ratio: number,
  cssPxPerMm: number | undefined,
): Scale {
  return {
    speed,
    gain,
    ratio,
    cssPxPerMm: cssPxPerMm ?? CSS_PX_PER_MM,
    trueToSize: cssPxPerMm !== undefined,
  };
}

/** For a printer: as many dots as are worth it, and true to size as long as nobody tells the printer to fit the page. */
export function printScale(speed: number, gain: number): Scale {
  return { speed, gain, ratio: 4, cssPxPerMm: CSS_PX_PER_MM, trueToSize: true };
}

/**
 * @param cssPx how long a line is on the page
 * @param millimetres what the ruler on the glass says of it
 * @returns CSS pixels to a millimetre; undefined when no screen is like that
 */
export function calibrate(cssPx: number, millimetres: number): number | undefined {
  const pxPerMm = cssPx / millimetres;
  return pxPerMm >= MIN_PX_PER_MM && pxPerMm <= MAX_PX_PER_MM ? pxPerMm : undefined;
}

export const pxPerMm = ({ cssPxPerMm, ratio }: Scale): number => cssPxPerMm * ratio;
export const pxPerSecond = (scale: Scale): number => scale.speed * pxPerMm(scale);
export const pxPerMillivolt = (scale: Scale): number => scale.gain * pxPerMm(scale);
