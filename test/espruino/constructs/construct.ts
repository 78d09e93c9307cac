/** One thing that code may do, and what becomes of it on Espruino 2v29 and at the gate of `npm run lint`. */
export interface Construct {
  name: string;
  /** TypeScript, which calls `ok(true)` once at its end wherever JavaScript runs as it should. */
  code: string;
  kind: Kind;
}

/**
 * - runs: as it stands on the interpreter; the gate lets it pass.
 * - rewritten: the interpreter does not know it, but esbuild replaces it by what runs; the gate lets it pass.
 * - refused: does not run, or means something else; the gate stops it.
 * - barred: runs, and yet the gate stops it, because it costs much or runs by chance.
 * - value: no syntax tells it from what runs: another value comes out. Vectors on the interpreter watch for those.
 */
export type Kind = "runs" | "rewritten" | "refused" | "barred" | "value";

export const list =
  (kind: Kind) =>
  (...constructs: [name: string, code: string][]): Construct[] =>
    constructs.map(([name, code]) => ({ name, code, kind }));

export const runs = list("runs");
export const rewritten = list("rewritten");
export const refused = list("refused");
export const barred = list("barred");
export const value = list("value");
