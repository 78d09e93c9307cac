/** How the leads of a recording stand on the paper: bands, each of one lead or of several in turn. */

/** A lead over a part of the paper's width; time goes on from one to the next. */
export interface Cell {
  /** Number of the lead. */
  row: number;
  /** Shares of the width. */
  from: number;
  to: number;
}

export type Layout = Cell[][];
export type LayoutName = "rows" | "3x4" | "6x2";

const LIMB = ["I", "II", "III", "aVR", "aVL", "aVF"];
const CHEST = ["V1", "V2", "V3", "V4", "V5", "V6"];
const RHYTHM = "II";

const COLUMNS: Record<Exclude<LayoutName, "rows">, string[][]> = {
  "3x4": [LIMB.slice(0, 3), LIMB.slice(3), CHEST.slice(0, 3), CHEST.slice(3)],
  "6x2": [LIMB, CHEST],
};

/** Names as front ends write them: `aVR`, `AVR`, `MLII` is none. */
const placeOf = (leads: readonly string[], name: string): number =>
  leads.findIndex((lead) => lead.toLowerCase() === name.toLowerCase());

/** Those that a recording of these leads can be shown in. */
export function layoutsFor(leads: readonly string[]): LayoutName[] {
  const isTwelve = [...LIMB, ...CHEST].every((name) => placeOf(leads, name) >= 0);
  return isTwelve ? ["3x4", "6x2", "rows"] : ["rows"];
}

/** Columns of the twelve, and lead II below all of them; or lead below lead. */
export function layoutOf(name: LayoutName, leads: readonly string[]): Layout {
  if (name === "rows") return leads.map((_, row) => [{ row, from: 0, to: 1 }]);
  const columns = COLUMNS[name];
  const bands = columns[0]!.map((_, band) =>
    columns.map((column, n) => ({
      row: placeOf(leads, column[band]!),
      from: n / columns.length,
      to: (n + 1) / columns.length,
    })),
  );
  return [...bands, [{ row: placeOf(leads, RHYTHM), from: 0, to: 1 }]];
}
