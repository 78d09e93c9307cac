/** How a claim goes or ended, in the reader's language wherever there is a code for it. */
import type { ClaimProgress } from "../../../schema/claims";
import type { Messages } from "../messages/messages";

/** @returns paragraphs; none while nothing is to be said */
export function claimWords(
  { state, code, deaf, maker, detail, next }: ClaimProgress,
  messages: Messages,
): string[] {
  const end = state === "claimed" ? "claimed" : code;
  const known = end === undefined ? undefined : messages.meaning("claim-end", end);
  if (known === undefined) return [detail, next].filter((words) => words !== undefined);
  const words = [known];
  if (deaf) words.push(messages.say(`claim-deaf-${deaf}`));
  if (maker) words.unshift(messages.say("claim-end-made", { fingerprint: maker.fingerprint }));
  if (maker?.first) words.splice(1, 0, messages.say("claim-end-first"));
  return words;
}
