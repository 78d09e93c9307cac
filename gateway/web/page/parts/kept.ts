/** What this browser keeps: nothing of anybody's health. */
import { calibrate } from "../paper/scale";

const RULER = "avnode-css-px-per-mm";
const LANGUAGE = "avnode-language";

/** Browsers that keep nothing go without. */
function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // It lasts as long as the page is open.
  }
}

/** Checked as if measured anew: anything may stand there. */
export const keptRuler = (): number | undefined => calibrate(Number(kept(RULER) ?? Number.NaN), 1);
export const keepRuler = (value: number | undefined): void => keep(RULER, value?.toString());
export const keptLanguage = (): string | null => kept(LANGUAGE);
export const keepLanguage = (language: string): void => keep(LANGUAGE, language);
