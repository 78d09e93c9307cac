/** What happened in a recording, by time: episodes, marks and gaps; each one opens on the paper. */
import { useState } from "preact/hooks";
import type { RecordingEvent } from "../../../schema/recordings";
import type { Key, Messages } from "../messages/messages";
import { usePage } from "../parts/context";
import { episodeWords } from "../parts/rhythm";

const AT_FIRST = 12;

interface Props {
  events: readonly RecordingEvent[];
  rate: number;
  go: (sample: number) => void;
}

export function EventList({ events, rate, go }: Props) {
  const { messages } = usePage();
  const [isAll, setAll] = useState(false);
  if (events.length === 0) return null;
  return (
    <section class="screen">
      <h2>{messages.say("events")}</h2>
      <ul class="events">
        {events.slice(0, isAll ? undefined : AT_FIRST).map((event) => (
          <li key={`${event.kind} ${event.sample}`}>
            <button type="button" onClick={() => go(placeOf(event))}>
              {messages.position(event.sample / rate)}
            </button>
            <span class={event.kind === "finding" ? "" : "quiet"}>{wordsOf(event, rate, messages)}</span>
          </li>
        ))}
      </ul>
      {!isAll && events.length > AT_FIRST && (
        <button type="button" onClick={() => setAll(true)}>
          {messages.say("events-all", { count: events.length })}
        </button>
      )}
    </section>
  );
}

/** Where an episode shows best. */
function placeOf(event: RecordingEvent): number {
  if (event.kind !== "finding") return event.sample;
  const { from, to } = event.finding.evidence;
  return (from + to) / 2;
}

function wordsOf(event: RecordingEvent, rate: number, messages: Messages): string {
  switch (event.kind) {
    case "finding": {
      const { from, to } = event.finding;
      return `${episodeWords(event.finding, messages)} · ${messages.duration((to - from) / rate)}`;
    }
    case "gap":
      return messages.say("event-gap", {
        duration: messages.duration(event.samples / rate),
        reason: messages.say(`gap-${event.reason}` satisfies Key),
      });
    default:
      return messages.say(`mark-${event.kind}` satisfies Key);
  }
}
