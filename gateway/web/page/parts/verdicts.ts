/** What a clinician says of automatic findings, on the page and on a form. */
import { BY_WEIGHT } from "../../../schema/byweight";
import type { OverReadSaid } from "../../../schema/overreads";
import type { Messages } from "../messages/messages";
import { nameOf, type Rhythm } from "./rhythm";

export type Verdict = "" | "accepted" | "rejected" | `changed ${Rhythm}`;

export const verdictOptions = (messages: Messages): [Verdict, string][] => [
  ["", messages.say("overread-leave")],
  ["accepted", messages.say("verdict-accepted")],
  ["rejected", messages.say("verdict-rejected")],
  ...BY_WEIGHT.map((rhythm): [Verdict, string] => [
    `changed ${rhythm}`,
    `${messages.say("verdict-changed")} ${nameOf(rhythm, messages)}`,
  ]),
];

/** @param notes by episode, as verdicts are; @returns nothing of what was left as it is */
export function judged(
  findings: { episode: number; from: number; to: number }[],
  verdicts: Record<number, Verdict>,
  notes: Record<number, string> = {},
): OverReadSaid[] {
  return findings.flatMap(({ episode, from, to }): OverReadSaid[] => {
    const verdict = verdicts[episode] ?? "";
    if (verdict === "") return [];
    const note = notes[episode]?.trim() ? { note: notes[episode].trim() } : {};
    if (verdict === "accepted" || verdict === "rejected") return [{ verdict, episode, ...note }];
    const rhythm = verdict.slice("changed ".length) as Rhythm;
    return [{ verdict: "changed", episode, rhythm, from, to, ...note }];
  });
}
