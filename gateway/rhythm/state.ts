/** What a stream knows, as plain data and back: numbers, typed arrays of them, such states and lists of them. */

/** For JSON, which keeps every finite number as it is. */
export type Saved = { [name: string]: number | number[] | Saved | Saved[] };

type Live = { [name: string]: number | Float64Array | Live | Live[] };

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
 * @throws RangeError for what was saved by another version or with other leads
 */
export function restore(state: object, kept: Saved, what: string): void {
  const live = state as Live;
  for (const [name, value] of Object.entries(live)) {
    const old = kept[name];
    const fits =
      typeof value === "number"
        ? Number.isFinite(old)
        : "length" in value
          ? Array.isArray(old) && old.length === value.length && old.every(isWhole)
          : isWhole(old) && typeof old === "object" && !Array.isArray(old);
    if (!fits) throw new RangeError(`cannot resume ${what}: "${name}" is not of this version or these leads`);
    if (typeof value === "number") live[name] = old as number;
    else if (value instanceof Float64Array) value.set(old as number[]);
    else if (Array.isArray(value))
      for (const [index, each] of value.entries()) restore(each, (old as Saved[])[index]!, what);
    else restore(value, old as Saved, what);
  }
}

/** JSON has neither NaN nor infinity: they were written as null. */
const isWhole = (value: unknown) =>
  typeof value === "number" ? Number.isFinite(value) : typeof value === "object" && value !== null;
