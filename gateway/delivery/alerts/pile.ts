/** What one who is told has heard, and what waits for him: plain, so that it is kept as it is. */
import type { AlertTopic } from "../../schema/alerts";
import type { Said } from "../../schema/wrong";
import type { Message } from "./message";

/** What comes and goes is one problem: so long it has to be well before it is over. */
const CALM_MS = 15 * 60_000;
/** Lines kept for one message; of more the number is told. */
const MAX_LINES = 50;
const MAX_TOLD = 20;

/** Something that is wrong now. */
export interface Wrong {
  /** What it is: what to do. */
  text: string;
  /** The same by its code. */
  said?: Said;
  topic: AlertTopic;
  /** Recordings are lost, or soon will be: told in quiet hours, too. */
  urgent?: boolean;
  /** Something that happened: it has no end to tell of. */
  once?: boolean;
}

interface Known extends Wrong {
  /** Unix ms: since when it is not so any more. */
  goneAt?: number;
}

interface Line extends Pick<Wrong, "text" | "said" | "topic" | "urgent"> {
  over?: boolean;
}

export interface Pile {
  listener: number;
  /** By the problem's key, as are the lines. */
  known: Record<string, Known>;
  lines: Record<string, Line>;
  /** Those for which there was no room. */
  more: number;
  /** Unix ms: not before. */
  at: number;
  failures: number;
  /** Why the newest attempt failed. */
  reason?: string;
  /** Newest first. */
  told: { at: number; lines: string[]; said?: Said[] }[];
}

export function emptyPile(listener: number): Pile {
  return { listener, known: {}, lines: {}, more: 0, at: 0, failures: 0, told: [] };
}

/**
 * A problem is told when it comes, again when it becomes urgent, and when it is over.
 * @returns whether anything changed
 */
export function follow(pile: Pile, wrong: Map<string, Wrong>, now: number, gatherMs: number): boolean {
  let changed = false;
  for (const [key, one] of wrong) {
    const known = pile.known[key];
    if (!known || (one.urgent && !known.urgent)) {
      const { text, said, topic, urgent } = one;
      add(pile, key, { text, said, topic, urgent }, now, gatherMs);
      pile.known[key] = one;
      changed = true;
    } else if (known.goneAt !== undefined) {
      delete known.goneAt;
      changed = true;
    }
  }
  for (const [key, known] of Object.entries(pile.known)) {
    if (wrong.has(key)) continue;
    changed ||= known.goneAt === undefined;
    known.goneAt ??= now;
    if (!known.once && Math.abs(now - known.goneAt) < CALM_MS) continue;
    delete pile.known[key];
    changed = true;
    if (known.once) continue;
    const { topic } = known;
    const said = { ...known.said, over: true };
    if (isUnheard(pile.lines[key])) delete pile.lines[key];
    else add(pile, key, { text: `over again: ${whatItIs(known)}`, said, topic, over: true }, now, gatherMs);
  }
  return changed;
}

/** Up to its first colon: what to do comes behind. One within a name or a reason is none. */
function whatItIs({ text, said }: Wrong): string {
  let outside = text;
  for (const value of Object.values(said?.values ?? {}))
    outside = outside.replace(String(value), (inside) => inside.replaceAll(":", "."));
  const at = outside.indexOf(": ");
  return at < 0 ? text : text.slice(0, at);
}

function add(pile: Pile, key: string, line: Line, now: number, gatherMs: number): void {
  const count = Object.keys(pile.lines).length;
  if (count === 0) pile.at = now + gatherMs;
  if (key in pile.lines || count < MAX_LINES) pile.lines[key] = line;
  else pile.more++;
}

/** What loses recordings is told although it is over. */
function isUnheard(line: Line | undefined): boolean {
  return line !== undefined && !line.over && !line.urgent;
}

/** What is over before anybody heard of it, as a broker's start is, is told to nobody. @returns whether any is left */
export function forgetMoments({ known, lines }: Pile): boolean {
  for (const [key, line] of Object.entries(lines)) {
    const of = known[key];
    if (of?.goneAt === undefined || of.once || !isUnheard(line)) continue;
    delete known[key];
    delete lines[key];
  }
  return Object.keys(lines).length > 0;
}

/** What is not told of any more leaves without a word. */
export function forgetTopics(pile: Pile, tells: AlertTopic[]): void {
  for (const [key, { topic }] of Object.entries(pile.known))
    if (!tells.includes(topic)) {
      delete pile.known[key];
      delete pile.lines[key];
    }
}

export function isDue({ lines, at }: Pile, now: number, quiet: boolean): boolean {
  const waiting = Object.values(lines);
  return waiting.length > 0 && now >= at && (!quiet || waiting.some(({ urgent }) => urgent));
}

/** @returns with each of its lines by its code, too */
export function messageOf({ lines, more }: Pick<Pile, "lines" | "more">): Message & { said: Said[] } {
  const waiting = Object.values(lines);
  const texts = new Map<string, Said>(waiting.map(({ text, said = {} }) => [text, said]));
  if (more > 0) texts.set(`and ${more} more`, { code: "more", values: { count: more } });
  return {
    title: waiting.every(({ over }) => over) ? "Your ECG hub: over again" : "Your ECG hub needs a look",
    lines: [...texts.keys()],
    said: [...texts.values()],
  };
}

/** @param sent the pile's lines as they left: what changed meanwhile is the next message's */
export function accepted(
  pile: Pile,
  sent: Pick<Pile, "lines" | "more">,
  now: number,
  gatherMs: number,
): void {
  for (const [key, line] of Object.entries(sent.lines)) if (pile.lines[key] === line) delete pile.lines[key];
  pile.more -= sent.more;
  pile.failures = 0;
  delete pile.reason;
  pile.at = now + gatherMs;
  const { lines, said } = messageOf(sent);
  pile.told = [{ at: now, lines, said }, ...pile.told].slice(0, MAX_TOLD);
}
