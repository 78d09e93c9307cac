/** Findings in words. Never a diagnosis: what may matter is to be shown to a clinician. */
import type { Finding } from "../rhythm/findings";
import type { Rhythm } from "../rhythm/types";
import type { EventInfo, EventKind } from "../store/findings/types";
import { ENGLISH } from "../words/words";

export const NO_DIAGNOSIS = "Found by a program that can err; no diagnosis";

export function kindOf({ rhythm }: Pick<Finding, "rhythm">): EventKind {
  return rhythm === "sinus" || rhythm === "unreadable" ? "other" : rhythm;
}

/** @param samplesPerSecond of its recording */
export function findingText(finding: Finding, samplesPerSecond: number, words = ENGLISH): string {
  const { confidence, rate, from, to } = finding;
  return words.say(`finding-${kindOf(finding)}`, {
    rate: Math.round(rate),
    seconds: words.number((to - from) / samplesPerSecond, 1),
    confidence: words.number(confidence, 2),
  });
}

const SHOWN: ReadonlySet<Rhythm> = new Set<Rhythm>(["af", "vrun", "pause"]);

/** Whether it is to be shown to a clinician. */
export const isShown = (rhythm: Rhythm): boolean => SHOWN.has(rhythm);

export function rhythmText(rhythm: Rhythm, words = ENGLISH): string {
  return words.say(`rhythm-${rhythm}`);
}

/** @param at says a time @param demo marks what is no person's heart */
export function eventText(
  { kind, fromMs, toMs, episodes, confidence }: EventInfo,
  at: (unixMs: number) => string,
  demo: boolean,
): string {
  const time = fromMs === undefined || toMs === undefined ? "time unknown" : `${at(fromMs)} to ${at(toMs)}`;
  const many = episodes === 1 ? "" : `, ${episodes} episodes`;
  const show = isShown(kind) ? ": show a clinician" : "";
  return `${demo ? "DEMO: " : ""}${rhythmText(kind)}, ${time}${many}, confidence ${confidence.toFixed(2)}${show}`;
}
