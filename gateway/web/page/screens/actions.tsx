/** What is done with a recording: whose it is, who may see it, taking it along, proving it. */
import { useState } from "preact/hooks";
import { EXPORT_FORMATS, type ExportFormat } from "../../../schema/exportformats";
import { exportRecording } from "../../../schema/exports";
import { type ListedRecording, type Verification, verify } from "../../../schema/recordings";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { BelongsTo } from "../parts/belongsto";
import { usePage } from "../parts/context";
import { Deliver } from "../parts/deliver";
import { download } from "../parts/download";
import { Outcome, Select } from "../parts/fields";
import { FormButton, ReportButton } from "../parts/report";
import { Share } from "../parts/share";

const NAMES: Record<Exclude<ExportFormat, "proof">, string> = {
  wfdb: "WFDB",
  edf: "EDF+",
  dicom: "DICOM",
  fhir: "FHIR",
  aecg: "HL7 aECG",
  csv: "CSV",
};
/** Of the file as the hub calls it. */
const ENDING = /filename="[^"]*?(\.\w+)"$/;

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
          <Deliver recording={{ ...recording, person }} />
        </section>
      )}
      {role === "owner" && (
        <section class="card">
          <Share recording={{ ...recording, person }} />
        </section>
      )}
      {role === "owner" && <Export recording={{ ...recording, person }} />}
      <Verify id={recording.id} />
    </div>
  );
}

function Export({ recording: { id, device, number, person } }: { recording: ListedRecording }) {
  const { api, messages } = usePage();
  const action = useAction();
  const [nameless, setNameless] = useState("");
  const take = async (format: ExportFormat) => {
    const query = { format, nameless: nameless ? ("true" as const) : undefined };
    const answer = await api.send(exportRecording, { params: { id }, query });
    const ending = ENDING.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "";
    download(await answer.arrayBuffer(), `${device}-${number}${ending}`, "application/octet-stream");
  };
  return (
    <section class="card">
      <h3>{messages.say("export")}</h3>
      <p class="quiet">{messages.say("export-text")}</p>
      {person !== undefined && (
        <Select
          label={messages.say("export-name")}
          value={nameless}
          set={setNameless}
          options={[
            ["", messages.say("export-named")],
            ["true", messages.say("export-nameless")],
          ]}
        />
      )}
      <div class="tools">
        <ReportButton id={id} name={`${device}-${number}`} action={action} />
        {person !== undefined && <FormButton id={id} action={action} />}
        {EXPORT_FORMATS.map((format) => (
          <button
            type="button"
            key={format}
            disabled={action.isBusy}
            onClick={() => action.run(() => take(format))}
          >
            {format === "proof" ? messages.say("export-proof") : NAMES[format]}
          </button>
        ))}
      </div>
      <p class="quiet">{messages.say("export-formats")}</p>
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
