/** Adding an old recording: a file, whose it is, and what becomes of it. */
import { useCallback, useState } from "preact/hooks";
import {
  type AdoptionState,
  adopt,
  adoption,
  adoptPiece,
  MAX_FILE_BYTES,
  PIECE_BYTES,
} from "../../../schema/adoptions";
import { people } from "../../../schema/people";
import { type Api, ApiError } from "../api/client";
import { useAction } from "../parts/action";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { Form, Select } from "../parts/fields";
import { addressOf } from "../route";

const LOOK_EVERY_MS = 500;
const PEOPLE_EVERY_MS = 10_000;
const MEGABYTE = 1_000_000;

export function Adopt() {
  const { api, messages } = usePage();
  const [file, setFile] = useState<File>();
  const [person, setPerson] = useState("");
  const [sent, setSent] = useState<number>();
  const [ended, setEnded] = useState<AdoptionState>();
  const action = useAction();
  const { value } = useAsked(
    useCallback((signal) => api.ask(people, {}, signal), [api]),
    PEOPLE_EVERY_MS,
  );
  const submit = async () => {
    if (!file) return;
    setEnded(undefined);
    try {
      const upload = await send(api, file, setSent);
      const body = { upload, person: person === "" ? undefined : Number(person) };
      setEnded(await outcomeOf(api, (await api.ask(adopt, { body })).adoption));
    } finally {
      setSent(undefined);
    }
  };
  const megabytes = (bytes: number) => messages.number(Math.ceil(bytes / MEGABYTE));
  return (
    <main class="narrow">
      <h1>{messages.say("adopt")}</h1>
      <p>{messages.say("adopt-text")}</p>
      <Form action={action} name={messages.say("adopt")} submit={submit}>
        <label>
          {messages.say("adopt-file")}
          <input
            type="file"
            required
            disabled={action.isBusy}
            onChange={({ currentTarget: { files } }) => setFile(files?.[0])}
          />
        </label>
        <Select
          label={messages.say("person-of")}
          value={person}
          set={setPerson}
          disabled={action.isBusy}
          options={[
            ["", messages.say("person-none")],
            ...(value?.people ?? []).map(({ id, name }) => [String(id), name] as const),
          ]}
        />
      </Form>
      {file && sent !== undefined && (
        <p role="status">
          <progress max={file.size} value={sent} />{" "}
          {sent < file.size
            ? messages.say("adopt-sent", { part: megabytes(sent), whole: megabytes(file.size) })
            : messages.say("adopt-waiting")}
        </p>
      )}
      {ended && <Ended adopted={ended} />}
    </main>
  );
}

function Ended({ adopted }: { adopted: AdoptionState }) {
  const { messages } = usePage();
  const { recording, known, left = [], zoneAssumed, exportOf, answeredBy } = adopted;
  return (
    <section class="card" role="status">
      <p class="sentence">{messages.say(known ? "adopt-known" : "adopt-done")}</p>
      {answeredBy !== undefined && <p>{messages.say("adopt-answer", { name: answeredBy })}</p>}
      {exportOf !== undefined && <p>{messages.say("adopt-export", { id: exportOf })}</p>}
      {zoneAssumed && <p>{messages.say("adopt-zone")}</p>}
      {left.map((what) => (
        <p key={what}>{messages.say("adopt-left", { what })}</p>
      ))}
      {recording !== undefined && (
        <a class="button" href={addressOf({ screen: "recording", id: recording })}>
          {messages.say("adopt-open")}
        </a>
      )}
    </section>
  );
}

/** @returns the upload */
async function send(api: Api, file: File, told: (sent: number) => void): Promise<string> {
  if (file.size > MAX_FILE_BYTES) throw new ApiError(413, "ADOPT_SIZE", "the file is too large");
  let upload: string | undefined;
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    told(at);
    const body = new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
    ({ upload } = await api.ask(adoptPiece, { query: { upload, at: String(at) }, body }));
  }
  told(file.size);
  if (upload === undefined) throw new ApiError(400, "ADOPT_TRUNCATED", "the file is empty");
  return upload;
}

/** @throws ApiError why it was refused */
async function outcomeOf(api: Api, number: number): Promise<AdoptionState> {
  for (;;) {
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    const answer = await api.ask(adoption, { params: { id: String(number) } });
    if (answer.state === "refused") throw new ApiError(409, answer.code ?? "", answer.message ?? "");
    if (answer.state === "adopted") return answer;
  }
}
