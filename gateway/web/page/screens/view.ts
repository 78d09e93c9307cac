/** Which part of a recording the paper shows: moving and zooming, as numbers. */

export interface View {
  /** First sample at the left edge of the curves; it may lie between two. */
  from: number;
  /** mm/s */
  speed: number;
  /** mm/mV */
  gain: number;
}

/** Of a recording and the paper that it is shown on. */
export interface Frame {
  /** Of the recording. */
  samples: number;
  rate: number;
  /** Of the paper beside the pulse, in mm. */
  millimetres: number;
}

const MAX_SPEED = 100;
/** So that a recording that is shorter than the paper still has a second's worth of zoom. */
const MIN_MM = 5;

/** Samples that the paper shows. */
export const shown = ({ speed }: View, { rate, millimetres }: Frame): number => (millimetres / speed) * rate;

/** The whole recording on the paper. */
export function leastSpeed({ samples, rate, millimetres }: Frame): number {
  return Math.min(MAX_SPEED, Math.max(MIN_MM, millimetres) / Math.max(1, samples / rate));
}

/** As it can be: within the recording, as far as that fills the paper. */
export function fitted(view: View, frame: Frame): View {
  // 12.5 mm/s is on offer for the shortest one, too.
  const least = Math.min(12.5, leastSpeed(frame));
  const speed = Math.min(MAX_SPEED, Math.max(least, view.speed));
  const room = Math.max(0, frame.samples - shown({ ...view, speed }, frame));
  return { ...view, speed, from: Math.min(Math.max(0, view.from), room) };
}

/** @param by samples; to the right is positive */
export const panned = (view: View, by: number, frame: Frame): View =>
  fitted({ ...view, from: view.from + by }, frame);

/**
 * Closer or further, keeping what is under the pointer there.
 * @param factor 2 = twice as large
 * @param at where, as a share of the paper's width
 */
export function zoomed(view: View, factor: number, at: number, frame: Frame): View {
  const fixed = view.from + at * shown(view, frame);
  const { speed } = fitted({ ...view, speed: view.speed * factor }, frame);
  const from = fixed - at * shown({ ...view, speed }, frame);
  return fitted({ ...view, speed, from }, frame);
}

/** At a speed of the paper's own, the middle staying where it is. */
export const atSpeed = (view: View, speed: number, frame: Frame): View =>
  zoomed(view, speed / view.speed, 0.5, frame);
