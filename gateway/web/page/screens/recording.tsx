/** One recording: all of it in a line, and below it a part of it on paper. */
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { recording as endpoint, events, type Recording, type RecordingEvent } from "../../schema/recordings";
import { Windows } from "../api/windows";
import type { Key } from "../messages/messages";
import type { Range } from "../paper/samples";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { Viewer } from "./viewer";

const EVERY_MS = 10_000;

export function RecordingScreen({ id }: { id: string }) {
  const { api, messages } = usePage();
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const params = { id };
      const [recording, { events: all }] = await Promise.all([
        api.ask(endpoint, { params }, signal),
        api.ask(events, { params }, signal),
      ]);
      return { recording, gaps: gapsOf(all), marks: all.filter((one) => one.kind !== "gap") };
    },
    [api, id],
  );
  const { value, error } = useAsked(ask, EVERY_MS);
  if (!value || !value.recording.form)
    return (
      <main>
        <p role="status" class={error && "warn"}>
          {error
            ? messages.say("refused", { reason: error.message })
            : messages.say(value ? "sentence-pending" : "loading")}
        </p>
      </main>
    );
  const { recording, gaps, marks } = value;
  return (
    <Opened key={recording.id} recording={recording} gaps={gaps} marks={marks} isOld={error !== undefined} />
  );
}

function gapsOf(all: readonly RecordingEvent[]): Range[] {
  return all.flatMap((one) =>
    one.kind === "gap" ? [{ from: one.sample, to: one.sample + one.samples }] : [],
  );
}

interface Props {
  recording: Recording;
  gaps: Range[];
  marks: RecordingEvent[];
  /** The hub was not heard when it was asked last. */
  isOld: boolean;
}

function Opened({ recording, gaps, marks, isOld }: Props) {
  const { api, messages } = usePage();
  const { id, samples, startMs, firstAt, form, simulated } = recording;
  const [version, setVersion] = useState(0);
  const leads = form!.leads.length;
  // One for the recording, however it grows.
  const windows = useMemo(
    () => new Windows(api, id, leads, samples, () => setVersion((before) => before + 1)),
    [api, id, leads],
  );
  useEffect(() => () => windows.close(), [windows]);
  windows.grow(samples);
  const named = useMemo(
    () =>
      marks.flatMap(({ kind, sample }) =>
        kind === "gap" || kind === "finding"
          ? []
          : [{ sample, name: messages.say(`mark-${kind}` satisfies Key) }],
      ),
    [marks, messages],
  );
  const at = startMs ?? firstAt;
  return (
    <main>
      <h1>
        {at === undefined ? messages.say("unknown-time") : messages.time(at)}
        {simulated && " · DEMO"}
      </h1>
      {isOld && (
        <p class="warn" role="status">
          {messages.say("hub-unreached")}
        </p>
      )}
      <Viewer recording={recording} gaps={gaps} marks={named} windows={windows} version={version} />
    </main>
  );
}
