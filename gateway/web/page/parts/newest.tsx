/** What is done with the newest recording from Home: sent, printed. */
import { useState } from "preact/hooks";
import type { ListedRecording } from "../../../schema/recordings";
import { addressOf } from "../route";
import { BelongsTo } from "./belongsto";
import { usePage } from "./context";
import { Share } from "./share";

export function Newest({ recording }: { recording: ListedRecording }) {
  const { messages, role } = usePage();
  const [isSending, setSending] = useState(false);
  const [given, setGiven] = useState<string>();
  const { id, form } = recording;
  const person = given ?? recording.person;
  if (!form) return null;
  return (
    <>
      <div class="tools">
        {role === "owner" && (
          <button type="button" aria-expanded={isSending} onClick={() => setSending(!isSending)}>
            {messages.say(person === undefined ? "send-whose" : "send")}
          </button>
        )}
        <a class="button" href={addressOf({ screen: "print", id })}>
          {messages.say("print")}
        </a>
      </div>
      {isSending && (
        <section class="card">
          {recording.person === undefined && <BelongsTo recording={recording} given={setGiven} />}
          <Share recording={{ ...recording, person }} />
        </section>
      )}
    </>
  );
}
