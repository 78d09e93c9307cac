/** A handheld's public papers, a file of its maker: taken once it is claimed, or its maker is believed. */
import { addPapers, MAX_PAPERS_BYTES } from "../../../schema/claims";
import { ApiError } from "../api/client";
import { usePage } from "./context";
import { bytesOf, FileForm } from "./fileform";

export function Papers() {
  const { api, messages } = usePage();
  const send = async (file: File) => {
    if (file.size > MAX_PAPERS_BYTES) throw new ApiError(413, "WEB_PAPERS", "the file is too large");
    const { device } = await api.ask(addPapers, { body: await bytesOf(file) });
    return messages.say("papers-kept", { device });
  };
  return (
    <section>
      <h2>{messages.say("papers")}</h2>
      <p>{messages.say("papers-text")}</p>
      <FileForm
        label={messages.say("papers-file")}
        accept=".dossier"
        name={messages.say("papers-keep")}
        send={send}
      />
    </section>
  );
}
