/** Every text of the page that verifies, in the reader's language. */
import de from "./messages/de.json";
import en from "./messages/en.json";
import fr from "./messages/fr.json";

export type Key = keyof typeof en;
/** One that lacks a text does not compile. */
const LANGUAGES = { en, de, fr } satisfies Record<string, Record<Key, string>>;
export type Language = keyof typeof LANGUAGES;
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", de: "Deutsch", fr: "Français" };

/** @param wanted tags like `de-AT`, best first */
export function languageFor(wanted: readonly string[]): Language {
  const known = wanted.map((tag) => tag.split("-")[0]!.toLowerCase());
  return (known.find((one) => Object.hasOwn(LANGUAGES, one)) as Language | undefined) ?? "en";
}

export class Words {
  constructor(readonly language: Language) {}

  say(key: Key, values: Record<string, string | number> = {}): string {
    return LANGUAGES[this.language][key].replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      return typeof value === "number" ? this.number(value) : (value ?? "");
    });
  }

  number(value: number, digits = 1): string {
    return new Intl.NumberFormat(this.language, { maximumFractionDigits: digits }).format(value);
  }

  /** "0:04.1", "13:01:22.0": within a recording. */
  position(seconds: number): string {
    const tenths = Math.max(0, Math.round(seconds * 10));
    const whole = Math.floor(tenths / 10);
    const two = (value: number) => String(value).padStart(2, "0");
    const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    return `${h > 0 ? `${h}:${two(min)}` : min}:${two(s)}.${tenths % 10}`;
  }
}
