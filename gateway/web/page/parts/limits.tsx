/** What is running full, on every screen that has it. */
import type { Limit } from "../../schema/hub";
import type { Key } from "../messages/messages";
import { usePage } from "./context";

export function Limits({ limits }: { limits: readonly Limit[] }) {
  const { messages } = usePage();
  return (
    <>
      {limits.map(({ what, level, permille, device }) => (
        <p class="warn" key={`${what} ${device}`}>
          {messages.say(`limit-${level}` satisfies Key, {
            what: messages.say(`limit-${what}` satisfies Key),
            percent: messages.percent(permille / 1000),
          })}
        </p>
      ))}
    </>
  );
}
