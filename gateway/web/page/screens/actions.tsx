/** What is done with a recording: whose it is, who may see it, taking it along, proving it. */
import { useState } from "preact/hooks";
import { type ExportFormat, exportRecording } from "../../schema/exports";
import { type ListedRecording, type Verification, verify } from "../../schema/recordings";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { BelongsTo } from "../parts/belongsto";
import { usePage } from "../parts/context";
import { download } from "../parts/download";
import { Outcome } from "../parts/fields";
import { ReportButton } from "../parts/report";
import { Share } from "../parts/share";

const FILES: Record<ExportFormat, string> = { csv: "csv", wfdb: "tar" };

export function Actions({ recording }: { recording: ListedRecording }) {
  const { role } = usePage();
  /** Whose it was made here; null is nobody. */
  const [given, setGiven] = useState<string | null>();
  const person = given === undefined ? recording.person : (given ?? undefined);
  return (
    <div class="deeds screen">
      {role === "owner" && (
        <section class="card">
          <BelongsTo recording={recording} given={(name) => setGiven(name ?? null)} />
        </section>
      )}
      {role === "owner" && (
        <section class="card">
          <Share recording={{ ...recording, person }} />
        </section>
      )}
      {role === "owner" && <Export recording={recording} />}
      <Verify id={recording.id} />
    </div>
  );
}

function Export({ recording: { id, device, number } }: { recording: ListedRecording }) {
  const { api, messages } = usePage();
  const action = useAction();
  const take = async (format: ExportFormat) => {
    const answer = await api.send(exportRecording, { params: { id }, query: { format } });
    download(await answer.arrayBuffer(), `${device}-${number}.${FILES[format]}`, "application/octet-stream");
  };
  return (
    <section class="card">
      <h3>{messages.say("export")}</h3>
      <p class="quiet">{messages.say("export-text")}</p>
      <div class="tools">
        <ReportButton id={id} name={`${device}-${number}`} action={action} />
        {(["csv", "wfdb"] as const).map((format) => (
          <button
            type="button"
            key={format}
            disabled={action.isBusy}
            onClick={() => action.run(() => take(format))}
          >
            {format.toUpperCase()}
          </button>
        ))}
      </div>
      <Outcome action={action} />
    </section>
  );
}

function Verify({ id }: { id: string }) {
  const { api, messages } = usePage();
  const [verdict, setVerdict] = useState<Verification>();
  const action = useAction();
  const check = async () => {
    setVerdict(undefined);
    setVerdict(await api.ask(verify, { params: { id } }));
  };
  return (
    <section class="card">
      <h3>{messages.say("verify")}</h3>
      <button type="button" disabled={action.isBusy} onClick={() => action.run(check)}>
        {messages.say(action.isBusy ? "verify-running" : "verify")}
      </button>
      <Outcome action={action} />
      {verdict && (
        <div role="status">
          <p class={verdict.ok ? "" : "warn"}>
            <strong>{messages.say(`verdict-${verdict.verdict}` satisfies Key)}</strong>
          </p>
          <p class="quiet">
            {messages.say("verify-counts", { frames: verdict.frames, samples: verdict.samples })}
          </p>
          <ul>
            {[...verdict.problems, ...verdict.notes, ...verdict.store.problems, ...verdict.store.missing].map(
              (line) => (
                <li key={line}>{line}</li>
              ),
            )}
          </ul>
        </div>
      )}
    </section>
  );
}
