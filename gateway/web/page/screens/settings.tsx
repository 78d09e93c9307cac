/** What an owner changes: the hub's settings, the password, and where the rest is. */
import { useEffect, useState } from "preact/hooks";
import { diagnostics } from "../../../schema/diagnostics";
import { changeSettings, type Settings, settings } from "../../../schema/settings";
import { changePassword } from "../../../schema/setup";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { download } from "../parts/download";
import { Field, Form, Outcome, Select } from "../parts/fields";
import { CurrentPassword, useNewPassword } from "../parts/passwords";
import { problemWords } from "../parts/problem";
import { AddRelease } from "../parts/update";
import { addressOf } from "../route";

const LEVELS = ["debug", "info", "warn", "error"] as const;
const ELSEWHERE = ["claim", "recipients", "alerts", "backup", "egress", "ruler"] as const;
const DEFAULT_HOURS = 24;

export function SettingsScreen() {
  const { messages, role } = usePage();
  return (
    <main>
      <h1>{messages.say("settings")}</h1>
      <nav class="elsewhere">
        {ELSEWHERE.filter((screen) => role === "owner" || screen === "ruler").map((screen) => (
          <a key={screen} class="button" href={addressOf({ screen })}>
            {messages.say(screen satisfies Key)}
          </a>
        ))}
      </nav>
      {role === "owner" && (
        <>
          <HubSettings />
          <AddRelease />
          <PasswordForm />
          <Diagnostics />
        </>
      )}
    </main>
  );
}

interface Kept {
  settings: Settings;
  file: string;
  writable: boolean;
  pending: boolean;
}

function HubSettings() {
  const { api, messages } = usePage();
  const [kept, setKept] = useState<Kept>();
  const [problem, setProblem] = useState<unknown>();
  const action = useAction();
  // Not again in another language: what she has changed and not saved would go.
  useEffect(() => {
    api.ask(settings).then(setKept, setProblem);
  }, [api]);
  if (!kept)
    return <p role="status">{problem ? problemWords(problem, messages) : messages.say("loading")}</p>;
  const { settings: now, file, writable, pending } = kept;
  const change = (to: Partial<Settings>) => setKept({ ...kept, settings: { ...now, ...to } });
  const backup = (dir: string, hours: number) =>
    change({ backup: dir === "" ? undefined : { dir, everyHours: hours } });
  const { discovery = false, values = false } = now.homeAssistant ?? {};
  const tell = (is: boolean, withValues: boolean) =>
    change({ homeAssistant: is ? { discovery: true, values: withValues } : undefined });
  return (
    <section class="card">
      <Form
        action={action}
        name={messages.say("save")}
        done={messages.say("saved")}
        submit={async () => setKept(await api.ask(changeSettings, { body: now }))}
      >
        <Field
          label={messages.say("hub-name")}
          value={now.name ?? ""}
          set={(name) => change({ name: name === "" ? undefined : name })}
          disabled={!writable}
        />
        <Select
          label={messages.say("log-level")}
          value={now.logLevel ?? "info"}
          set={(level) => change({ logLevel: level as Settings["logLevel"] })}
          options={LEVELS.map((level) => [level, level])}
          disabled={!writable}
        />
        <Field
          label={messages.say("backup-dir")}
          value={now.backup?.dir ?? ""}
          set={(dir) => backup(dir, now.backup?.everyHours ?? DEFAULT_HOURS)}
          disabled={!writable}
        />
        {now.backup && (
          <Field
            label={messages.say("backup-hours")}
            type="number"
            value={String(now.backup.everyHours)}
            set={(hours) => backup(now.backup!.dir, Number(hours))}
            min={0.25}
            max={720}
            step={0.25}
            disabled={!writable}
          />
        )}
        <button
          type="button"
          aria-pressed={discovery}
          disabled={!writable}
          onClick={() => tell(!discovery, values)}
        >
          {messages.say("ha-discovery")}
        </button>
        {discovery && (
          <button
            type="button"
            aria-pressed={values}
            disabled={!writable}
            onClick={() => tell(true, !values)}
          >
            {messages.say("ha-values")}
          </button>
        )}
      </Form>
      {values && <p class="warn">{messages.say("ha-warn")}</p>}
      {pending && <p role="status">{messages.say("settings-pending")}</p>}
      {!writable && <p class="warn">{messages.say("settings-fixed", { file })}</p>}
    </section>
  );
}

function PasswordForm() {
  const { api, messages } = usePage();
  const [current, setCurrent] = useState("");
  const { fields, chosen } = useNewPassword();
  const action = useAction();
  const submit = async () => {
    await api.ask(changePassword, { body: { role: "owner", current, password: chosen() } });
  };
  return (
    <section class="card">
      <h2>{messages.say("password-change")}</h2>
      <Form
        action={action}
        submit={submit}
        name={messages.say("password-change")}
        done={messages.say("saved")}
      >
        <CurrentPassword label={messages.say("password-current")} value={current} set={setCurrent} />
        {fields}
      </Form>
    </section>
  );
}

function Diagnostics() {
  const { api, messages } = usePage();
  const action = useAction();
  const take = async () => {
    const state = await api.ask(diagnostics);
    download(JSON.stringify(state, undefined, 2), "avnode-diagnostics.json", "application/json");
  };
  return (
    <section class="card">
      <h2>{messages.say("diagnostics")}</h2>
      <p>{messages.say("diagnostics-text")}</p>
      <button type="button" disabled={action.isBusy} onClick={() => action.run(take)}>
        {messages.say("download")}
      </button>
      <Outcome action={action} />
    </section>
  );
}
