/** Every text of the page, in the reader's language, with numbers and times as are usual there. */
import de from "./de.json";
import en from "./en.json";
import fr from "./fr.json";

export type Key = keyof typeof en;
/** One that lacks a text does not compile. */
const LANGUAGES = { en, de, fr } satisfies Record<string, Record<Key, string>>;
export type Language = keyof typeof LANGUAGES;
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", de: "Deutsch", fr: "Français" };

/** The first one that both the reader and we know. @param wanted tags like `de-AT`, best first */
export function languageFor(wanted: readonly string[]): { language: Language; locale: string } {
  for (const locale of wanted) {
    const language = locale.split("-")[0]!.toLowerCase();
    if (Object.hasOwn(LANGUAGES, language)) return { language: language as Language, locale };
  }
  return { language: "en", locale: "en-GB" };
}

/** What stands in a text's braces. */
type Values = Record<string, string | number>;

export class Messages {
  /** Made when they are wanted first: one costs as much as all the sentences around it. */
  private readonly numbers = new Map<number, Intl.NumberFormat>();
  private readonly moments = new Map<"today" | "other", Intl.DateTimeFormat>();
  private percents: Intl.NumberFormat | undefined;

  /** @param locale of that language: for numbers and times */
  constructor(
    readonly language: Language,
    readonly locale: string,
    private readonly now: () => number = Date.now,
  ) {}

  say(key: Key, values: Values = {}): string {
    return this.filled(LANGUAGES[this.language][key], values);
  }

  /** As `say`, cut at the first colon of the text itself, whatever its values hold: what it is, and what to do. */
  cut(key: Key, values: Values): [string, string] {
    const text = LANGUAGES[this.language][key];
    const at = text.search(/\s?: /);
    if (at < 0) return [this.filled(text, values), ""];
    return [this.filled(text.slice(0, at), values), this.filled(text.slice(at), values)];
  }

  private filled(text: string, values: Values): string {
    return text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      return typeof value === "number" ? this.number(value) : (value ?? "");
    });
  }

  /** What a code of the hub means; undefined for one that has the hub's own words alone. @param code stable */
  meaning(of: "refusal" | "claim-end", code: string): string | undefined {
    const key = `${of}-${code}`;
    return Object.hasOwn(en, key) ? this.say(key as Key) : undefined;
  }

  number(value: number, digits = 1): string {
    const make = () => new Intl.NumberFormat(this.locale, { maximumFractionDigits: digits });
    return kept(this.numbers, digits, make).format(value);
  }

  percent(share: number): string {
    this.percents ??= new Intl.NumberFormat(this.locale, { style: "percent" });
    return this.percents.format(share);
  }

  /** Of today: the time alone. @param ms Unix time */
  time(ms: number): string {
    const isToday = new Date(ms).toDateString() === new Date(this.now()).toDateString();
    if (!isToday) return this.moment(ms);
    const make = () => new Intl.DateTimeFormat(this.locale, { timeStyle: "short" });
    return kept(this.moments, "today", make).format(ms);
  }

  /** With its day: for what is read on another one, as paper is. @param ms Unix time */
  moment(ms: number): string {
    const make = () => new Intl.DateTimeFormat(this.locale, { dateStyle: "medium", timeStyle: "short" });
    return kept(this.moments, "other", make).format(ms);
  }

  /** A day, wherever the reader is. @param iso "1951-04-02" */
  date(iso: string): string {
    return new Intl.DateTimeFormat(this.locale, { dateStyle: "medium", timeZone: "UTC" }).format(
      new Date(`${iso}T00:00Z`),
    );
  }

  /** "30 s", "4 min 12 s", "23 h 59 min" */
  duration(seconds: number): string {
    const whole = Math.round(seconds);
    const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    if (h > 0) return `${this.number(h)} h ${min} min`;
    return min > 0 ? `${min} min ${s} s` : `${s} s`;
  }

  /** Within a recording: "0:04", "13:01:22" */
  position(seconds: number): string {
    const whole = Math.max(0, Math.floor(seconds));
    const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (value: number) => String(value).padStart(2, "0");
    return h > 0 ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
  }

  /** As `position`, to the millisecond: "0:04.128" */
  clock(seconds: number): string {
    const ms = Math.round(seconds * 1000);
    return `${this.position(Math.floor(ms / 1000))}.${String(ms % 1000).padStart(3, "0")}`;
  }
}

function kept<K, V>(all: Map<K, V>, key: K, make: () => V): V {
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = make();
  all.set(key, made);
  return made;
}
