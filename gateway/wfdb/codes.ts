/** Annotation codes 0 to 41 by their PhysioBank symbols; an undefined code has the symbol `[code]`. */
const SYMBOLS =
  ` N L R a V F J A S E j / Q ~ [15] | [17] s T * D " = p B ^ t + u ? ! [ ] e n @ x f ( ) r`.split(" ");
SYMBOLS[0] = "[0]";

const BEATS = new Set([..."NLRBAaJSVrFejnE/fQ?"]);

/** The PhysioBank symbol of an annotation code, e.g. "N" for 1. */
export function symbolOf(code: number): string {
  return SYMBOLS[code] ?? `[${code}]`;
}

/** The annotation code of a PhysioBank symbol, undefined for an unknown one. */
export function codeOf(symbol: string): number | undefined {
  const code = SYMBOLS.indexOf(symbol);
  if (code >= 0) return code;
  const numbered = /^\[(\d+)\]$/.exec(symbol);
  return numbered === null ? undefined : Number(numbered[1]);
}

/** Whether an annotation marks a heart beat, by PhysioBank's list of beat annotations. */
export function isBeat(code: number): boolean {
  return BEATS.has(symbolOf(code));
}
