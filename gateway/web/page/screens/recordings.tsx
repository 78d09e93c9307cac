import { useEffect, useState } from "preact/hooks";
import { type Recording, recordings } from "../../schema/recordings";
import { usePage } from "../parts/context";
import { Entry } from "../parts/entry";

const A_PAGE = "30";

export function Recordings() {
  const { api, messages } = usePage();
  const [list, setList] = useState<Recording[]>([]);
  const [next, setNext] = useState<string>();
  const [state, setState] = useState<"loading" | "here" | "failed">("loading");
  const read = async (after?: string) => {
    setState("loading");
    try {
      const answer = await api.ask(recordings, { query: { limit: A_PAGE, after } });
      setList((before) => (after === undefined ? answer.recordings : [...before, ...answer.recordings]));
      setNext(answer.next);
      setState("here");
    } catch {
      setState("failed");
    }
  };
  useEffect(() => void read(), []);
  return (
    <main>
      <h1>{messages.say("recordings")}</h1>
      <ul class="cards">
        {list.map((one) => (
          <Entry key={one.id} recording={one} />
        ))}
      </ul>
      <p role="status">
        {state === "loading" && messages.say("loading")}
        {state === "failed" && messages.say("hub-unreached")}
      </p>
      {next !== undefined && state === "here" && (
        <button type="button" onClick={() => void read(next)}>
          {messages.say("more")}
        </button>
      )}
    </main>
  );
}
