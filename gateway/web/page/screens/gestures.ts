/** Fingers and mouse on the paper, as moves and zooms; all positions in CSS pixels from its left edge. */

export interface Gesture {
  /** By how much the paper is pulled, to the right positive. */
  pan: number;
  /** How much larger it becomes, around `at`. */
  factor: number;
  at: number;
}

export class Gestures {
  private readonly pointers = new Map<number, number>();

  down(id: number, x: number): void {
    this.pointers.set(id, x);
  }

  up(id: number): void {
    this.pointers.delete(id);
  }

  /** @returns what that does to the paper; undefined when it is not held */
  move(id: number, x: number): Gesture | undefined {
    const before = this.pointers.get(id);
    if (before === undefined) return undefined;
    const other = [...this.pointers].find(([one]) => one !== id)?.[1];
    this.pointers.set(id, x);
    if (other === undefined) return { pan: x - before, factor: 1, at: x };
    // Two fingers: what lies under each stays under it.
    const [wide, was] = [Math.abs(x - other), Math.abs(before - other)];
    const factor = wide > 0 && was > 0 ? wide / was : 1;
    return { pan: 0, factor, at: other };
  }
}

/** @param deltaY of a wheel event, in the unit that `mode` says (DOM: pixels, lines, pages) */
export function wheelFactor(deltaY: number, mode: number): number {
  const pixels = deltaY * ([1, 16, 400][mode] ?? 1);
  return 2 ** (-Math.min(400, Math.max(-400, pixels)) / 200);
}
