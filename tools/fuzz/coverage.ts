/** Counts the branches that an input takes. Instrumented code calls `hit`; the rest is for the loop. */

const MAX_EDGES = 1 << 16;
const counts = new Uint32Array(MAX_EDGES);
const touched = new Uint32Array(MAX_EDGES);
let size = 0;
let steps = 0;
let limit = Number.POSITIVE_INFINITY;

/** Thrown out of code that takes more branches than its target allows: it might never end. */
export class TooManySteps extends Error {}

/** @param edge number of the branch taken */
export function hit(edge: number): void {
  if (counts[edge]!++ === 0) touched[size++] = edge;
  if (++steps > limit) throw new TooManySteps(`took more than ${limit} branches`);
}

/** Begins an input. */
export function begin(maxSteps: number): void {
  for (let i = 0; i < size; i++) counts[touched[i]!] = 0;
  size = 0;
  steps = 0;
  limit = maxSteps;
}

/** Ends an input: what it still does later counts, but is not stopped. */
export function end(): void {
  limit = Number.POSITIVE_INFINITY;
}

/** Whether the input took too many branches, even if its code swallowed what `hit` threw. */
export function exceeded(): boolean {
  return steps > limit;
}

/** How often a branch was taken, in the classes 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more: one bit each. */
function bucket(count: number): number {
  if (count < 4) return 1 << (count - 1);
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
}

/** Everything that a target's inputs did so far. */
export class Seen {
  private readonly buckets = new Uint8Array(MAX_EDGES);
  edges = 0;

  /** @returns whether the input just run took a branch, or took it as often, as none before */
  add(): boolean {
    let fresh = false;
    for (let i = 0; i < size; i++) {
      const edge = touched[i]!;
      const bit = bucket(counts[edge]!);
      const before = this.buckets[edge]!;
      if ((before & bit) !== 0) continue;
      if (before === 0) this.edges++;
      this.buckets[edge] = before | bit;
      fresh = true;
    }
    return fresh;
  }
}
