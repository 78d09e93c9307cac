/** What a stream knows, as plain data and back: numbers, typed arrays of them, such states and lists of them. */

/** For JSON, which keeps every finite number as it is. */
export type Saved = { [name: string]: number | string | number[] | Saved | Saved[] };

type Live = { [name: string]: number | Float64Array | Live | Live[] };

/** What was saved cannot be gone on from: it is of another version or other leads, or was damaged. */
export class StateError extends RangeError {
  readonly code = "ANALYSIS_STATE";
}

/** No value of a signal of 32 bits, nor any energy of it, is further from zero. */
const MOST = 2 ** 80;

export function saved(state: object): Saved {
  const plain: Saved = {};
  for (const [name, value] of Object.entries(state as Live))
    if (typeof value === "number") plain[name] = value;
    else if (value instanceof Float64Array) plain[name] = [...value];
    else plain[name] = Array.isArray(value) ? value.map(saved) : saved(value);
  return plain;
}

/**
 * Writes what was saved into a new state of the same make.
 * @param what is resumed, for the message
 * @throws StateError for what was saved by another version or with other leads
 */
export function restore(state: object, kept: Saved, what: string): void {
  const live = state as Live;
  for (const [name, value] of Object.entries(live)) {
    const old = kept[name];
    const fits =
      typeof value === "number"
        ? isWhole(old)
        : "length" in value
          ? Array.isArray(old) && old.length === value.length && old.every(isWhole)
          : isWhole(old) && typeof old === "object" && !Array.isArray(old);
    if (!fits) refuse(what, name);
    if (typeof value === "number") live[name] = old as number;
    else if (value instanceof Float64Array) value.set(old as number[]);
    else if (Array.isArray(value))
      for (const [index, each] of value.entries()) restore(each, (old as Saved[])[index]!, what);
    else restore(value, old as Saved, what);
  }
}

/** JSON has neither NaN nor infinity: they were written as null. */
const isWhole = (value: unknown) =>
  typeof value === "number" ? Math.abs(value) <= MOST : typeof value === "object" && value !== null;

/** A list that has no length of its own. @param width numbers that belong together @throws StateError */
export function restoredList(kept: Saved, name: string, width: number, what: string): number[] {
  const list = kept[name];
  if (!Array.isArray(list) || list.length % width !== 0 || !list.every((one) => isNumber(one)))
    refuse(what, name);
  return [...(list as number[])];
}

const isNumber = (value: unknown) => typeof value === "number" && isWhole(value);

/**
 * What leads a stream through its rings and loops, or would stay wrong for good: a state in which it does not hold would
 * never let it end, or never see a beat again.
 * @param holds by name of what is looked at
 * @throws StateError
 */
export function requireSound(what: string, holds: Record<string, boolean>): void {
  for (const [name, isSound] of Object.entries(holds)) if (!isSound) refuse(what, name);
}

export function isCount(value: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

/** Number of the next sample: each part that counts samples knows it as `next`. @throws StateError where they differ */
export function nextOf(kept: Saved | Saved[]): number {
  const [next, ...others] = new Set(nexts(kept));
  if (next === undefined || others.length > 0) refuse("an analysis", "next");
  return next!;
}

function nexts(kept: Saved | Saved[]): number[] {
  return Object.entries(kept).flatMap(([name, value]) => {
    if (name === "next") return [value as number];
    const isParts = typeof value === "object" && value !== null && typeof value[0 as never] !== "number";
    return isParts ? nexts(value as Saved | Saved[]) : [];
  });
}

function refuse(what: string, name: string): never {
  throw new StateError(
    `cannot resume ${what}: "${name}" is not of this version or these leads, or was damaged`,
  );
}
