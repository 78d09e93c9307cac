/** What the hub says is wrong, in the reader's language wherever it is said by a code. */
import type { Said } from "../../../schema/wrong";
import type { Key, Messages } from "../messages/messages";

/** @param text the hub's own words, for what has no code */
export function wrongWords(text: string, { code, values = {}, over }: Said = {}, messages: Messages): string {
  if (code === undefined) return text;
  const [what, advice] =
    code === "limit" ? limitWords(values, messages) : messages.cut(`wrong-${code}`, values);
  return over ? messages.say("wrong-over", { what }) : `${what}${advice}`;
}

/** As in Limits: the memory of a handheld, the disk, the outbox. */
function limitWords(
  { what, level, permille, name = "" }: NonNullable<Said["values"]>,
  messages: Messages,
): [string, string] {
  const kind = messages.say(`limit-${what}` as Key, { name });
  const percent = messages.percent(Number(permille) / 1000);
  return [
    messages.say(`limit-${level}` as Key, { what: kind, percent }),
    ` ${messages.say(`limit-${what}-${level}` as Key)}`,
  ];
}
