/** All recordings, newest first, and which of them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type ListedRecording, type RecordingFilter, recordings } from "../../../schema/recordings";
import { usePage } from "../parts/context";
import { Entry } from "../parts/entry";
import { addressOf } from "../route";
import { Filter } from "./filter";

const A_PAGE = 30;
/** Answers of a filter that little passes may be short, or empty, and go on: so many are asked for in a row. */
const MAX_ANSWERS = 40;

export function Recordings() {
  const { api, messages, role } = usePage();
  const [filter, setFilter] = useState<RecordingFilter>({});
  const [list, setList] = useState<ListedRecording[]>([]);
  const [next, setNext] = useState<string>();
  const [state, setState] = useState<"loading" | "here" | "failed">("loading");
  // Of what was asked last: an answer to another filter comes too late.
  const asked = useRef<RecordingFilter | undefined>(undefined);
  const read = async (after?: string) => {
    asked.current = filter;
    setState("loading");
    try {
      if (after === undefined) setList([]);
      let next = after;
      for (let [found, n] = [0, 0]; found < A_PAGE && n < MAX_ANSWERS; n++) {
        const query = { ...filter, limit: String(A_PAGE - found), after: next };
        const answer = await api.ask(recordings, { query });
        if (asked.current !== filter) return;
        found += answer.recordings.length;
        next = answer.next;
        setList((before) => [...before, ...answer.recordings]);
        if (next === undefined) break;
      }
      setNext(next);
      setState("here");
    } catch {
      if (asked.current === filter) setState("failed");
    }
  };
  useEffect(() => void read(), [filter]);
  return (
    <main>
      <h1>{messages.say("recordings")}</h1>
      {role === "owner" && (
        <a class="button" href={addressOf({ screen: "adopt" })}>
          {messages.say("adopt")}
        </a>
      )}
      <Filter filter={filter} choose={setFilter} />
      <ul class="cards">
        {list.map((one) => (
          <Entry key={one.id} recording={one} />
        ))}
      </ul>
      <p role="status">
        {state === "loading" && messages.say("loading")}
        {state === "failed" && messages.say("hub-unreached")}
        {state === "here" && list.length === 0 && next === undefined && messages.say("filter-none")}
      </p>
      {next !== undefined && state === "here" && (
        <button type="button" onClick={() => void read(next)}>
          {messages.say("more")}
        </button>
      )}
    </main>
  );
}
