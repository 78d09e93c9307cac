/** Copies of this hub: where they are, how old, and one now. */
import { useCallback, useState } from "preact/hooks";
import { type Backups, backUp, backups, type CopyState } from "../../../schema/backup";
import type { Messages } from "../messages/messages";
import { useAction } from "../parts/action";
import { type Asked, useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { Form, Select } from "../parts/fields";
import { Recovery } from "./recovery";

const EVERY_MS = 3000;

function useBackups(): Asked<Backups> {
  const { api } = usePage();
  return useAsked(
    useCallback((signal) => api.ask(backups, {}, signal), [api]),
    EVERY_MS,
  );
}

export function Backup() {
  const { messages } = usePage();
  const { value, error } = useBackups();
  return (
    <main>
      <h1>{messages.say("backup")}</h1>
      {!value && <p role="status">{messages.say(error ? "hub-unreached" : "loading")}</p>}
      {value && (
        <>
          {value.copies.length === 0 && <p class="sentence warn">{messages.say("backup-none")}</p>}
          <ul class="cards">
            {value.copies.map((copy) => (
              <Copy key={copy.place} copy={copy} />
            ))}
          </ul>
          {value.schedule && (
            <p>
              {messages.say("backup-every", { hours: value.schedule.everyHours, dir: value.schedule.dir })}
            </p>
          )}
        </>
      )}
      <section class="card">
        <h2>{messages.say("backup-now")}</h2>
        <BackupNow />
      </section>
      <section class="card">
        <h2>{messages.say("step-recovery")}</h2>
        <Recovery key={String(value?.recoveryCode)} isRenewed={value?.recoveryCode} />
      </section>
    </main>
  );
}

function Copy({ copy }: { copy: CopyState }) {
  const { messages } = usePage();
  const { place, verifiedAt, ok, late, detail } = copy;
  return (
    <li>
      <h3>{place}</h3>
      <p>
        {verifiedAt === undefined
          ? messages.say("copy-never")
          : messages.say("copy-verified", { time: messages.time(verifiedAt) })}
      </p>
      {late && <p class="warn">{messages.say("copy-late")}</p>}
      {!ok && <p class="warn">{messages.say("copy-failed", { reason: detail })}</p>}
    </li>
  );
}

export function BackupNow() {
  const { api, messages } = usePage();
  const { value } = useBackups();
  const [chosen, setChosen] = useState<string>();
  const action = useAction();
  if (!value) return <p role="status">{messages.say("loading")}</p>;
  const { places, run } = value;
  if (places.length === 0) return <p>{messages.say("backup-nowhere")}</p>;
  const dir = chosen ?? places[0]!.dir;
  const nameOf = ({ dir: one, freeBytes }: Backups["places"][number]) =>
    freeBytes === undefined ? one : `${one} (${messages.say("backup-free", { gb: freeBytes / 1e9 })})`;
  return (
    <>
      <Form
        action={action}
        name={messages.say("backup-now")}
        submit={async () => {
          await api.ask(backUp, { body: { dir } });
        }}
      >
        <Select
          label={messages.say("backup-to")}
          value={dir}
          set={setChosen}
          options={places.map((place) => [place.dir, nameOf(place)])}
        />
      </Form>
      {run && (
        <p role="status" class={run.state === "failed" ? "warn" : ""}>
          {runWords(run, messages)}
        </p>
      )}
    </>
  );
}

function runWords(
  { dir, state, startedAt, endedAt, detail }: NonNullable<Backups["run"]>,
  messages: Messages,
): string {
  if (state === "running") return messages.say("backup-running", { dir, time: messages.time(startedAt) });
  const time = messages.time(endedAt ?? startedAt);
  if (state === "failed") return messages.say("backup-failed", { dir, time, reason: detail ?? "" });
  return messages.say("backup-run-done", { dir, time });
}
