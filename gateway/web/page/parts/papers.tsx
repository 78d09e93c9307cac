/** A handheld's public papers, a file of its maker: taken once it is claimed, or its maker is believed. */
import { useState } from "preact/hooks";
import { addPapers, MAX_PAPERS_BYTES } from "../../../schema/claims";
import { ApiError } from "../api/client";
import { useAction } from "./action";
import { usePage } from "./context";
import { Form } from "./fields";

export function Papers() {
  const { api, messages } = usePage();
  const [file, setFile] = useState<File>();
  const [device, setDevice] = useState<string>();
  const action = useAction();
  const submit = async () => {
    if (!file) return;
    setDevice(undefined);
    if (file.size > MAX_PAPERS_BYTES) throw new ApiError(413, "WEB_PAPERS", "the file is too large");
    const body = new Uint8Array(await file.arrayBuffer());
    setDevice((await api.ask(addPapers, { body })).device);
  };
  return (
    <section>
      <h2>{messages.say("papers")}</h2>
      <p>{messages.say("papers-text")}</p>
      <Form
        action={action}
        name={messages.say("papers-keep")}
        submit={submit}
        done={device && messages.say("papers-kept", { device })}
      >
        <label>
          {messages.say("papers-file")}
          <input
            type="file"
            accept=".dossier"
            required
            disabled={action.isBusy}
            onChange={({ currentTarget: { files } }) => setFile(files?.[0])}
          />
        </label>
      </Form>
    </section>
  );
}
