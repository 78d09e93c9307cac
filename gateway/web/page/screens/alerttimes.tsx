/** When alerts are told. */
import { useState } from "preact/hooks";
import { changeAlertTimes, type AlertTimes as Times } from "../../../schema/alerts";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Field, Form } from "../parts/fields";

/** @param times as they were when the form was opened: what is typed since stays */
export function AlertTimes({ times, changed }: { times: Times; changed: () => void }) {
  const { api, messages } = usePage();
  const [typed, setTyped] = useState(() => ({
    ...{ from: "", to: "", timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...times.quiet },
    gather: String(times.gatherMinutes),
    silent: String(times.silentHours),
  }));
  const action = useAction();
  const set = (field: keyof typeof typed) => (value: string) => setTyped({ ...typed, [field]: value });
  const { from, to, timeZone, gather, silent } = typed;
  const isQuiet = from !== "" || to !== "";
  const submit = async () => {
    const quiet = isQuiet ? { from, to, timeZone } : undefined;
    const body = { quiet, gatherMinutes: Number(gather), silentHours: Number(silent) };
    await api.ask(changeAlertTimes, { body });
    changed();
  };
  return (
    <section class="card">
      <h2>{messages.say("alert-times")}</h2>
      <p>{messages.say("alert-times-text")}</p>
      <Form action={action} submit={submit} name={messages.say("save")} done={messages.say("saved")}>
        <Field
          label={messages.say("quiet-from")}
          type="time"
          value={from}
          set={set("from")}
          required={isQuiet}
        />
        <Field label={messages.say("quiet-to")} type="time" value={to} set={set("to")} required={isQuiet} />
        {isQuiet && (
          <Field label={messages.say("time-zone")} value={timeZone} set={set("timeZone")} required />
        )}
        <Field
          label={messages.say("gather-minutes")}
          type="number"
          value={gather}
          set={set("gather")}
          min={1}
          max={60}
          required
        />
        <Field
          label={messages.say("silent-hours")}
          type="number"
          value={silent}
          set={set("silent")}
          min={1}
          max={720}
          required
        />
      </Form>
    </section>
  );
}
