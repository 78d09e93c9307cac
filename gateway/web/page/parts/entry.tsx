/** A recording in a list: what it looks like, what was found, and how sure it is that this is what the handheld made. */
import type { ListedRecording } from "../../../schema/recordings";
import type { Key, Messages } from "../messages/messages";
import { addressOf } from "../route";
import { secondsOf } from "../screens/sentence";
import { usePage } from "./context";
import { ProofState } from "./proofstate";
import { headlineWords, isShown } from "./rhythm";
import { Thumbnail } from "./thumbnail";
import { FoldedWhere } from "./where";

export function Entry({ recording }: { recording: ListedRecording }) {
  const { messages } = usePage();
  const { id, startMs, firstAt, form, simulated, adopted, revoked, person } = recording;
  const at = startMs ?? firstAt;
  const name = at === undefined ? messages.say("unknown-time") : messages.time(at);
  return (
    <li class="entry">
      {form && <Thumbnail recording={recording} />}
      <h3>
        {form ? <a href={addressOf({ screen: "recording", id })}>{name}</a> : <span>{name}</span>}
        {simulated && <span class="demo tag">DEMO</span>}
        {adopted && <span class="adopted tag">{messages.say("adopted")}</span>}
        {revoked && <span class="revoked tag">{messages.say("revoked")}</span>}
      </h3>
      <Found recording={recording} />
      <p>{stateWords(recording, messages).join(" · ")}</p>
      {person !== undefined && <p>{person}</p>}
      <ProofState id={id} />
      <FoldedWhere id={id} />
    </li>
  );
}

function Found({ recording: { finding } }: { recording: ListedRecording }) {
  const { messages } = usePage();
  if (!finding) return <p class="quiet">{messages.say("not-analysed")}</p>;
  const words = headlineWords(finding, messages);
  return (
    <p>
      <strong class={isShown(finding.rhythm) ? "finding shown" : "finding"}>{words.finding}</strong>
      <span class="quiet"> · {words.more}</span>
    </p>
  );
}

function stateWords(recording: ListedRecording, messages: Messages): string[] {
  const { form, state, erasedAt, marks } = recording;
  const words: string[] = [];
  if (form) words.push(messages.duration(secondsOf(recording)));
  words.push(messages.say(erasedAt !== undefined ? "state-erased" : (`state-${state}` satisfies Key)));
  if (marks > 0)
    words.push(marks === 1 ? messages.say("marks-one") : messages.say("marks-other", { count: marks }));
  return words;
}
