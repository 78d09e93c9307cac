/** All recordings, newest first, and which of them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type ListedRecording, type RecordingFilter, recordings } from "../../schema/recordings";
import { usePage } from "../parts/context";
import { Entry } from "../parts/entry";
import { ANY, type Choice, Filter, passes } from "./filter";

const A_PAGE = "30";

export function Recordings() {
  const { api, messages } = usePage();
  const [choice, setChoice] = useState<Choice>(ANY);
  const [list, setList] = useState<ListedRecording[]>([]);
  const [next, setNext] = useState<string>();
  const [state, setState] = useState<"loading" | "here" | "failed">("loading");
  // Of what was asked last: an answer to another filter comes too late.
  const asked = useRef<RecordingFilter | undefined>(undefined);
  const read = async (after?: string) => {
    const query: RecordingFilter = { ...choice.query, limit: A_PAGE, after };
    asked.current = query;
    setState("loading");
    try {
      const answer = await api.ask(recordings, { query });
      if (asked.current !== query) return;
      setList((before) => (after === undefined ? answer.recordings : [...before, ...answer.recordings]));
      setNext(answer.next);
      setState("here");
    } catch {
      if (asked.current === query) setState("failed");
    }
  };
  useEffect(() => void read(), [choice.query]);
  const shown = list.filter((one) => passes(one, choice));
  const isNone = state === "here" && shown.length === 0;
  // Only of all of them can it be said that none is like that: an older one may be what is looked for.
  useEffect(() => {
    if (isNone && next !== undefined) void read(next);
  }, [isNone, next]);
  return (
    <main>
      <h1>{messages.say("recordings")}</h1>
      <Filter choice={choice} choose={setChoice} />
      <ul class="cards">
        {shown.map((one) => (
          <Entry key={one.id} recording={one} />
        ))}
      </ul>
      <p role="status">
        {(state === "loading" || (isNone && next !== undefined)) && messages.say("loading")}
        {state === "failed" && messages.say("hub-unreached")}
        {isNone && next === undefined && messages.say("filter-none")}
      </p>
      {next !== undefined && state === "here" && !isNone && (
        <button type="button" onClick={() => void read(next)}>
          {messages.say("more")}
        </button>
      )}
    </main>
  );
}
