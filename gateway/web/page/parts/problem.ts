/** Why something did not work, in the reader's language wherever the hub's code is known. */
import { ApiError } from "../api/client";
import type { Messages } from "../messages/messages";

/** Of what failed when the hub was asked; another error says it by itself. */
export function problemWords(error: unknown, messages: Messages): string {
  if (error instanceof TypeError) return messages.say("hub-unreached");
  const known = error instanceof ApiError ? messages.meaning("refusal", error.code) : undefined;
  return known ?? messages.say("refused", { reason: (error as Error).message });
}
