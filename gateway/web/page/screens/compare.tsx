/** Chooses the recording to lay beside the one that is open. */
import { useState } from "preact/hooks";
import { type ListedRecording, recordings } from "../../../schema/recordings";
import { usePage } from "../parts/context";
import { addressOf } from "../route";
import { secondsOf } from "./sentence";

const OFFERED = "50";

export function Compare({ id }: { id: string }) {
  const { api, messages } = usePage();
  const [others, setOthers] = useState<ListedRecording[]>();
  const load = () =>
    api.ask(recordings, { query: { limit: OFFERED } }).then(
      (answer) => setOthers(answer.recordings.filter((one) => one.id !== id && one.form)),
      () => setOthers([]),
    );
  const nameOf = (one: ListedRecording) => {
    const at = one.startMs ?? one.firstAt;
    const time = at === undefined ? messages.say("unknown-time") : messages.time(at);
    return `${time} · ${messages.duration(secondsOf(one))}`;
  };
  if (!others)
    return (
      <button type="button" class="screen" onClick={load}>
        {messages.say("compare")}
      </button>
    );
  return (
    <label class="screen">
      {messages.say("compare")}
      <select
        onChange={({ currentTarget: { value } }) => {
          location.hash = addressOf({ screen: "recording", id, beside: value });
        }}
      >
        <option value="">{others.length === 0 ? messages.say("filter-none") : ""}</option>
        {others.map((one) => (
          <option key={one.id} value={one.id}>
            {nameOf(one)}
          </option>
        ))}
      </select>
    </label>
  );
}
