/** Each finding accepted, changed or rejected, others added, and signed by name: saved as a file that is sent back. */
import { useState } from "preact/hooks";
import type { FormContent } from "../../../answers/content";
import { BY_WEIGHT } from "../../../schema/byweight";
import type { Messages } from "../messages/messages";
import { download } from "../parts/download";
import { Field, Select } from "../parts/fields";
import { episodeWords, nameOf, type Rhythm } from "../parts/rhythm";
import { judged, type Verdict, verdictOptions } from "../parts/verdicts";
import { Strip } from "./about";

interface Props {
  content: FormContent;
  messages: Messages;
}

type Added = { rhythm: Rhythm; from: number; to: number };

export function Answer({ content, messages }: Props) {
  const [verdicts, setVerdicts] = useState<Record<number, Verdict>>({});
  const [notes, setNotes] = useState<Record<number, string>>({});
  const [added, setAdded] = useState<Added[]>([]);
  const [comment, setComment] = useState("");
  const [name, setName] = useState("");
  const [saved, setSaved] = useState<"no" | "empty" | "yes">("no");
  const { rate, findings, analysis } = content;

  const save = (event: Event) => {
    event.preventDefault();
    const said = [
      ...judged(findings, verdicts, notes),
      ...added.map((one) => ({ verdict: "added" as const, ...one })),
    ];
    if (said.length === 0 && comment.trim() === "") return setSaved("empty");
    const answer = {
      avnode: "answer/1",
      form: content.form,
      said: { analysis: analysis?.number, findings: said, comment, name },
    };
    const file = `answer-${content.recording.slice(0, 8)}.avnode.json`;
    download(JSON.stringify(answer), file, "application/json");
    setSaved("yes");
  };

  return (
    <form onSubmit={save} onInput={() => setSaved("no")}>
      <h2>{messages.say("form-findings", { count: findings.length })}</h2>
      {content.left > 0 && <p class="warn">{messages.say("form-left", { count: content.left })}</p>}
      {findings.map((finding) => {
        const { episode, from, to, strip } = finding;
        const span = `${messages.position(from / rate)}, ${messages.duration((to - from) / rate)}`;
        return (
          <section key={episode} class="card">
            <h3>{`${span}: ${episodeWords(finding, messages)}`}</h3>
            {strip !== undefined && <Strip strip={content.strips[strip]!} rate={rate} messages={messages} />}
            <Select
              label={messages.say("form-verdict")}
              value={verdicts[episode] ?? ""}
              set={(verdict) => setVerdicts({ ...verdicts, [episode]: verdict as Verdict })}
              options={verdictOptions(messages)}
            />
            <Field
              label={messages.say("form-note")}
              value={notes[episode] ?? ""}
              set={(note) => setNotes({ ...notes, [episode]: note })}
              maxLength={MOST_NOTE}
            />
          </section>
        );
      })}
      <Adding content={content} messages={messages} added={added} set={setAdded} />
      <label class="wide">
        {messages.say("overread-comment")}
        <textarea
          rows={4}
          maxLength={MOST_COMMENT}
          value={comment}
          onInput={(event) => setComment(event.currentTarget.value)}
        />
      </label>
      <Field
        label={messages.say("overread-name")}
        value={name}
        set={setName}
        autocomplete="name"
        maxLength={MOST_NAME}
        required
      />
      <button class="main" type="submit">
        {messages.say("form-save")}
      </button>
      <p class="outcome" role="status">
        {saved === "empty" && messages.say("refusal-OVERREAD_EMPTY")}
        {saved === "yes" && messages.say("form-saved")}
      </p>
    </form>
  );
}

/** As the hub takes them: schema/overreads.ts. */
const MOST_NOTE = 300;
const MOST_COMMENT = 4000;
const MOST_NAME = 100;
const MOST_ADDED = 50;

interface AddingProps extends Props {
  added: Added[];
  set: (added: Added[]) => void;
}

function Adding({ content: { rate, samples }, messages, added, set }: AddingProps) {
  const [rhythm, setRhythm] = useState<Rhythm>("af");
  const [from, setFrom] = useState("0");
  const [to, setTo] = useState("");
  const seconds = Math.floor((samples / rate) * 10) / 10;
  const stretch = {
    from: Math.round(Number(from) * rate),
    to: Math.min(samples, Math.round(Number(to) * rate)),
  };
  const isStretch = from !== "" && to !== "" && stretch.from >= 0 && stretch.from < stretch.to;
  const range = { type: "number", min: 0, max: seconds, step: 0.1 } as const;
  return (
    <fieldset>
      <legend>{messages.say("form-add")}</legend>
      <ul>
        {added.map((one, place) => (
          <li key={`${one.from} ${one.to} ${one.rhythm}`}>
            {messages.position(one.from / rate)}–{messages.position(one.to / rate)}{" "}
            {nameOf(one.rhythm, messages)}{" "}
            <button type="button" onClick={() => set(added.filter((_, other) => other !== place))}>
              {messages.say("form-remove")}
            </button>
          </li>
        ))}
      </ul>
      <Select
        label={messages.say("form-rhythm")}
        value={rhythm}
        set={(chosen) => setRhythm(chosen as Rhythm)}
        options={BY_WEIGHT.map((one) => [one, nameOf(one, messages)] as const)}
      />
      <Field label={messages.say("form-from")} value={from} set={setFrom} {...range} />
      <Field label={messages.say("form-to")} value={to} set={setTo} {...range} />
      <button
        type="button"
        disabled={!isStretch || added.length >= MOST_ADDED}
        onClick={() => {
          set([...added, { rhythm, ...stretch }]);
          setTo("");
        }}
      >
        {messages.say("form-add-it")}
      </button>
    </fieldset>
  );
}
