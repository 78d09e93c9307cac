/** Findings in words, as gateway/findings/words.ts has them for terminals. Never a diagnosis. */
import type { EpisodeFinding, Headline } from "../../../schema/findings";
import type { Key, Messages } from "../messages/messages";

export type Rhythm = EpisodeFinding["rhythm"];

const SHOWN: ReadonlySet<Rhythm> = new Set<Rhythm>(["af", "vrun", "pause"]);
export const isShown = (rhythm: Rhythm): boolean => SHOWN.has(rhythm);

export const nameOf = (rhythm: Rhythm, messages: Messages): string =>
  messages.say(`rhythm-${rhythm}` satisfies Key);

/** "Possible AF: show a clinician" */
export function sayRhythm(rhythm: Rhythm, messages: Messages): string {
  const finding = nameOf(rhythm, messages);
  return isShown(rhythm) ? messages.say("show-clinician", { finding }) : finding;
}

/** What is certain of itself says so in figures. */
function details(rate: number | undefined, confidence: number, messages: Messages): string[] {
  return [
    ...(rate === undefined ? [] : [messages.say("rate", { rate: Math.round(rate) })]),
    messages.say("confidence", { percent: messages.percent(confidence) }),
  ];
}

/** Of a recording, for lists: the words, and what goes behind them. */
export function headlineWords(
  { rhythm, episodes, confidence, meanRate, ended }: Headline,
  messages: Messages,
): { finding: string; more: string } {
  const isFinding = rhythm !== "sinus" && rhythm !== "unreadable";
  const more = [
    ...(isFinding && episodes > 1 ? [messages.say("episodes", { count: episodes })] : []),
    ...details(meanRate, confidence, messages),
    ...(ended ? [] : [messages.say("not-ended")]),
  ];
  return { finding: sayRhythm(rhythm, messages), more: more.join(" · ") };
}

/** "Regular, 68 per minute." */
export function sentenceAbout({ rhythm, meanRate }: Headline, messages: Messages): string {
  const rate = meanRate === undefined ? [] : [messages.say("rate", { rate: Math.round(meanRate) })];
  const name = nameOf(rhythm, messages);
  const finding = [name, ...rate].join(", ");
  return `${isShown(rhythm) ? messages.say("show-clinician", { finding }) : finding}.`;
}

/** A pause between two beats has no rate that says anything. */
export function episodeWords(
  { rhythm, rate, confidence }: Pick<EpisodeFinding, "rhythm" | "rate" | "confidence">,
  messages: Messages,
): string {
  const told = rhythm !== "pause" && rate > 0 ? rate : undefined;
  return [sayRhythm(rhythm, messages), ...details(told, confidence, messages)].join(" · ");
}
