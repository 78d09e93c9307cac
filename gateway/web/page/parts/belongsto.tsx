/** Whose a recording is: a person's, or nobody's yet. */
import { useCallback, useState } from "preact/hooks";
import { assign, people } from "../../../schema/people";
import type { ListedRecording } from "../../../schema/recordings";
import { addressOf } from "../route";
import { useAction } from "./action";
import { useAsked } from "./asked";
import { usePage } from "./context";
import { Outcome, Select } from "./fields";

const EVERY_MS = 10_000;

interface Props {
  recording: ListedRecording;
  /** Told the name of whoever has it now, before the hub is asked for it again. */
  given: (person: string | undefined) => void;
}

export function BelongsTo({ recording: { id, person }, given }: Props) {
  const { api, messages } = usePage();
  const { value } = useAsked(
    useCallback((signal) => api.ask(people, {}, signal), [api]),
    EVERY_MS,
  );
  const [chosen, setChosen] = useState<string>();
  const action = useAction();
  const all = value?.people ?? [];
  const owner = all.find(({ name }) => name === person);
  const give = async (value: string) => {
    await api.ask(assign, { params: { id }, body: { person: value === "" ? null : Number(value) } });
    setChosen(value);
    given(all.find((one) => String(one.id) === value)?.name);
  };
  return (
    <>
      <Select
        label={messages.say("person-of")}
        value={chosen ?? (owner ? String(owner.id) : "")}
        set={(value) => void action.run(() => give(value))}
        options={[
          ["", messages.say("person-none")],
          ...all.map((one) => [String(one.id), one.name] as const),
        ]}
      />
      <p class="quiet">{messages.say("person-text")}</p>
      {value && all.length === 0 && (
        <a class="button" href={addressOf({ screen: "people" })}>
          {messages.say("person-add")}
        </a>
      )}
      <Outcome action={action} done={messages.say("saved")} />
    </>
  );
}
