/** What documents say, in each of our languages, with numbers as are usual there. */
import { DE } from "./de";
import { EN } from "./en";
import { FR } from "./fr";

export type Key = keyof typeof EN;
/** One that lacks a text does not compile. */
const TEXTS = { en: EN, de: DE, fr: FR } satisfies Record<string, Record<Key, string>>;
export type Language = keyof typeof TEXTS;
export const LANGUAGES = Object.keys(TEXTS) as Language[];

export class Words {
  constructor(readonly language: Language) {}

  /** @param values stand where the text has their names in braces: whole numbers, and texts as they are */
  say(key: Key, values: Record<string, string | number> = {}): string {
    return TEXTS[this.language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
  }

  /** "1 gap", "3 gaps" */
  counted(thing: "beats" | "gaps" | "leads", count: number): string {
    return this.say(`${thing}-${count === 1 ? "one" : "other"}`, { count });
  }

  /** With so many digits after the point or comma: the same ones on every machine, which Intl does not promise. */
  number(value: number, digits: number): string {
    return value.toFixed(digits).replace(".", this.say("point"));
  }
}

export const ENGLISH = new Words("en");
