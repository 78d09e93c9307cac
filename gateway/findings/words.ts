/** Findings in words. Never a diagnosis: what may matter is to be shown to a clinician. */
import type { Finding } from "../rhythm/findings";
import type { Rhythm } from "../rhythm/types";
import type { EventInfo, EventKind } from "../store/findings/types";

export const NO_DIAGNOSIS = "Found by a program that can err; no diagnosis";
const SHOW = "show a clinician";

/** @param samplesPerSecond of its recording */
export function findingText(
  { rhythm, confidence, rate, from, to }: Finding,
  samplesPerSecond: number,
): string {
  const beats = `${Math.round(rate)} a minute`;
  const sure = `confidence ${confidence.toFixed(2)}`;
  switch (rhythm) {
    case "af":
      return `possible AF, ${beats}, ${sure}: ${SHOW}`;
    case "vrun":
      return `possible run of ventricular beats, ${beats}, ${sure}: ${SHOW}`;
    case "pause":
      return `no beat for ${((to - from) / samplesPerSecond).toFixed(1)} s, ${sure}: ${SHOW}`;
    case "tachy":
      return `fast, ${beats}, ${sure}`;
    case "brady":
      return `slow, ${beats}, ${sure}`;
    case "ectopy":
      return `frequent extra beats, ${sure}`;
    default:
      return `irregular, ${beats}, ${sure}`;
  }
}

const KINDS: Record<EventKind, string> = {
  af: "possible AF",
  vrun: "possible runs of ventricular beats",
  pause: "pauses between beats",
  tachy: "fast",
  brady: "slow",
  ectopy: "frequent extra beats",
  other: "irregular",
};
const SHOWN: ReadonlySet<Rhythm> = new Set<Rhythm>(["af", "vrun", "pause"]);

/** Whether it is to be shown to a clinician. */
export const isShown = (rhythm: Rhythm): boolean => SHOWN.has(rhythm);

export function rhythmText(rhythm: Rhythm): string {
  if (rhythm === "sinus") return "sinus";
  return rhythm === "unreadable" ? "not readable" : KINDS[rhythm];
}

/** @param at says a time @param demo marks what is no person's heart */
export function eventText(
  { kind, fromMs, toMs, episodes, confidence }: EventInfo,
  at: (unixMs: number) => string,
  demo: boolean,
): string {
  const time = fromMs === undefined || toMs === undefined ? "time unknown" : `${at(fromMs)} to ${at(toMs)}`;
  const many = episodes === 1 ? "" : `, ${episodes} episodes`;
  const show = isShown(kind) ? `: ${SHOW}` : "";
  return `${demo ? "DEMO: " : ""}${KINDS[kind]}, ${time}${many}, confidence ${confidence.toFixed(2)}${show}`;
}
