/** One recording, or two beside each other: all of it in a line, and below it a part of it on paper. */
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import {
  recording as endpoint,
  events,
  type ListedRecording,
  type RecordingEvent,
} from "../../../schema/recordings";
import { Windows } from "../api/windows";
import { useAfterPaint } from "../parts/afterpaint";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { problemWords } from "../parts/problem";
import { ProofState } from "../parts/proofstate";
import { headlineWords, isShown } from "../parts/rhythm";
import { Where } from "../parts/where";
import { addressOf } from "../route";
import { Actions } from "./actions";
import { Compare } from "./compare";
import { type Paper, paperFor } from "./papers";
import { Viewer } from "./viewer";

const EVERY_MS = 10_000;
/** What a screen shows at 25 mm/s. */
const FIRST_SECONDS = 15;

/** @param beside the one that it is compared with */
export function RecordingScreen({ id, beside }: { id: string; beside?: string }) {
  const { messages, role } = usePage();
  const [paper, setPaper] = useState<Paper>();
  return (
    <main>
      <One id={id} paper={paper} setPaper={setPaper} isSecond={false} isCompared={beside !== undefined} />
      {beside !== undefined && (
        <>
          <One key={beside} id={beside} paper={paper} setPaper={setPaper} isSecond={true} isCompared={true} />
          <a class="button screen" href={addressOf({ screen: "recording", id })}>
            {messages.say("compare-end")}
          </a>
        </>
      )}
      {beside === undefined && role !== "clinician" && <Compare id={id} />}
    </main>
  );
}

interface OneProps {
  id: string;
  /** Undefined before the first one is here. */
  paper: Paper | undefined;
  setPaper: (paper: Paper) => void;
  isSecond: boolean;
  /** Two papers stand beside each other: what is done with one of them would come between. */
  isCompared: boolean;
}

const NO_EVENTS: RecordingEvent[] = [];

function One({ id, paper, setPaper, ...beside }: OneProps) {
  const { api, messages } = usePage();
  // Apart from each other: gaps are known after all of a recording was read, its curves before.
  const { value: recording, error } = useAsked(
    useCallback((signal) => api.ask(endpoint, { params: { id } }, signal), [api, id]),
    EVERY_MS,
  );
  const { value: happened } = useAsked(
    useCallback((signal) => api.ask(events, { params: { id } }, signal), [api, id]),
    EVERY_MS,
  );
  if (!recording?.form)
    return (
      <p role="status" class={error && "warn"}>
        {error ? problemWords(error, messages) : messages.say(recording ? "sentence-pending" : "loading")}
      </p>
    );
  return (
    <Opened
      key={recording.id}
      recording={recording}
      events={happened?.events ?? NO_EVENTS}
      isOld={error !== undefined}
      paper={paper ?? paperFor(recording.form.leads.map(({ name }) => name))}
      setPaper={setPaper}
      {...beside}
    />
  );
}

interface Props extends Omit<OneProps, "id"> {
  recording: ListedRecording;
  events: RecordingEvent[];
  paper: Paper;
  /** The hub was not heard when it was asked last. */
  isOld: boolean;
}

function Opened({ recording, events, isOld, isCompared, ...paper }: Props) {
  const { api, messages, role } = usePage();
  const { id, samples, startMs, firstAt, form, simulated, adopted, revoked, finding, person } = recording;
  const [version, setVersion] = useState(0);
  const leads = form!.leads.length;
  // One for the recording, however it grows.
  const windows = useMemo(() => {
    const fresh = new Windows(api, id, leads, samples, () => setVersion((before) => before + 1));
    // Asked while the browser still lays the page out: the first curves stand there a tenth of a second sooner.
    fresh.read(0, (FIRST_SECONDS * form!.rateNum) / form!.rateDen, 1);
    return fresh;
  }, [api, id, leads]);
  useEffect(() => () => windows.close(), [windows]);
  windows.grow(samples);
  // What stands below the paper is asked for behind its first curves.
  const isSeen = useAfterPaint(version > 0 || samples === 0);
  const at = startMs ?? firstAt;
  const words = finding && headlineWords(finding, messages);
  return (
    <article>
      <h1>
        {at === undefined ? messages.say("unknown-time") : messages.time(at)}
        {simulated && <span class="demo tag">DEMO</span>}
        {adopted && <span class="adopted tag">{messages.say("adopted")}</span>}
        {revoked && <span class="revoked tag">{messages.say("revoked")}</span>}
      </h1>
      {isOld && (
        <p class="warn" role="status">
          {messages.say("hub-unreached")}
        </p>
      )}
      <p>
        {person !== undefined && <strong>{person}</strong>}
        {words && (
          <>
            {person !== undefined && " · "}
            <strong class={isShown(finding.rhythm) ? "finding shown" : "finding"}>{words.finding}</strong>
            <span class="quiet"> · {words.more}</span>
          </>
        )}
      </p>
      <ProofState id={id} />
      <p class="tools">
        <a class="button" href="/verify.html" download="avnode-verify.html">
          {messages.say("verify-page")}
        </a>
      </p>
      <Viewer {...{ recording, events, windows, version, isSeen }} {...paper} />
      {isSeen && !isCompared && role !== "clinician" && (
        <>
          <Where id={id} />
          <Actions recording={recording} />
        </>
      )}
    </article>
  );
}
