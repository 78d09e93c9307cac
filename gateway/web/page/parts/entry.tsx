/** A recording in a list. */
import type { Recording } from "../../schema/recordings";
import type { Key } from "../messages/messages";
import { addressOf } from "../route";
import { secondsOf } from "../screens/sentence";
import { usePage } from "./context";

export function Entry({ recording }: { recording: Recording }) {
  const { messages } = usePage();
  const { id, startMs, firstAt, state, marks, form, erasedAt, simulated } = recording;
  const at = startMs ?? firstAt;
  const name = at === undefined ? messages.say("unknown-time") : messages.time(at);
  const words: string[] = [];
  if (form) words.push(messages.duration(secondsOf(recording)));
  words.push(messages.say(erasedAt !== undefined ? "state-erased" : (`state-${state}` satisfies Key)));
  if (marks > 0)
    words.push(marks === 1 ? messages.say("marks-one") : messages.say("marks-other", { count: marks }));
  if (simulated) words.push("DEMO");
  return (
    <li class="entry">
      {form ? <a href={addressOf({ screen: "recording", id })}>{name}</a> : <span>{name}</span>}
      <p>{words.join(" · ")}</p>
    </li>
  );
}
