/** The one sentence at the top: what became of the newest recording, and nothing that is not known. */
import type { Recording } from "../../../schema/recordings";

import type { Key, Messages } from "../messages/messages";

/** A recording of which nothing came for so long is said to wait. */
const WAITING_MS = 15_000;

export interface Sentence {
  key: Key;
  values: Record<string, string>;
  isWarning: boolean;
}

export function secondsOf(recording: Recording, samples = recording.samples): number {
  const { form } = recording;
  return form ? (samples * form.rateDen) / form.rateNum : 0;
}

/** @param now by the hub's clock, as its times are */
export function sentenceOf(newest: Recording | undefined, now: number, messages: Messages): Sentence {
  const say = (key: Key, values: Record<string, string> = {}, isWarning = false) => ({
    key,
    values,
    isWarning,
  });
  if (!newest) return say("sentence-none");
  const { state, startMs, firstAt, lastAt, holes, dropped, flags } = newest;
  if (flags.includes("altered")) return say("sentence-altered", {}, true);
  if (state === "pending" || !newest.form) return say("sentence-pending");
  const saved = lastAt === undefined ? "" : messages.time(lastAt);
  const begun = startMs ?? firstAt;
  const time = begun === undefined ? messages.say("unknown-time") : messages.time(begun);
  if (state === "recording") {
    const isWaiting = lastAt === undefined || now - lastAt > WAITING_MS;
    return say(isWaiting ? "sentence-waiting" : "sentence-recording", { time, saved }, isWaiting);
  }
  const duration = messages.duration(secondsOf(newest));
  if (state === "truncated") return say("sentence-cut", { time: saved, duration }, true);
  if (holes > 0) return say("sentence-holes", { time: saved, duration }, true);
  if (dropped > 0)
    return say(
      "sentence-gaps",
      { time: saved, duration, lost: messages.duration(secondsOf(newest, dropped)) },
      true,
    );
  return say("sentence-saved", { time: saved, duration });
}
