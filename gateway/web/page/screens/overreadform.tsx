/** A clinician's own reading: each finding accepted, changed or rejected, others added, and signed by name. */
import { useState } from "preact/hooks";
import { BY_WEIGHT } from "../../../schema/byweight";
import type { Findings } from "../../../schema/findings";
import { overRead } from "../../../schema/overreads";
import type { Range } from "../paper/samples";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Field, Form, Select } from "../parts/fields";
import { episodeWords, nameOf, type Rhythm } from "../parts/rhythm";
import { judged, type Verdict, verdictOptions } from "../parts/verdicts";

interface Props {
  id: string;
  rate: number;
  analysis: Findings["analysis"];
  /** What the paper shows: what is added lies there. */
  window: Range;
  done: () => void;
}

export function OverReadForm({ id, rate, analysis, window, done }: Props) {
  const { api, messages } = usePage();
  const [verdicts, setVerdicts] = useState<Record<number, Verdict>>({});
  const [added, setAdded] = useState<{ rhythm: Rhythm; from: number; to: number }[]>([]);
  const [comment, setComment] = useState("");
  const [name, setName] = useState("");
  const action = useAction();
  const episodes = analysis?.episodes ?? [];
  const submit = async () => {
    const said = judged(
      episodes.map(({ from, to }, episode) => ({ episode, from, to })),
      verdicts,
    );
    const more = added.map((one) => ({ verdict: "added" as const, ...one }));
    const body = { analysis: analysis?.number, findings: [...said, ...more], comment, name };
    await api.ask(overRead, { params: { id }, body });
    done();
  };
  return (
    <section class="card screen">
      <h2>{messages.say("overread")}</h2>
      <p class="quiet">{messages.say("overread-text")}</p>
      <Form
        action={action}
        submit={submit}
        name={messages.say("overread-sign")}
        done={messages.say("overread-kept")}
      >
        {episodes.map((one, episode) => (
          <Select
            key={`${one.from} ${one.rhythm}`}
            label={`${messages.position(one.from / rate)} ${episodeWords(one, messages)}`}
            value={verdicts[episode] ?? ""}
            set={(verdict) => setVerdicts({ ...verdicts, [episode]: verdict as Verdict })}
            options={verdictOptions(messages)}
          />
        ))}
        {added.map((one) => (
          <p key={`${one.from} ${one.rhythm}`}>
            {messages.say("verdict-added")}: {messages.position(one.from / rate)}–
            {messages.position(one.to / rate)} {nameOf(one.rhythm, messages)}
          </p>
        ))}
        <Select
          label={messages.say("overread-add")}
          value=""
          set={(rhythm) => {
            const [from, to] = [Math.floor(window.from), Math.ceil(window.to)];
            if (rhythm !== "") setAdded([...added, { rhythm: rhythm as Rhythm, from, to }]);
          }}
          options={[["", "–"], ...BY_WEIGHT.map((rhythm) => [rhythm, nameOf(rhythm, messages)] as const)]}
        />
        <label class="wide">
          {messages.say("overread-comment")}
          <textarea rows={3} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        </label>
        <Field
          label={messages.say("overread-name")}
          value={name}
          set={setName}
          autocomplete="name"
          required
        />
      </Form>
    </section>
  );
}
