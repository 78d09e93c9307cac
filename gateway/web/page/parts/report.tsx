/** The report for a doctor, and the form that one answers on: asked of the hub, kept as a file. */
import { formOf, reportRecording } from "../../../schema/reports";
import type { Action } from "./action";
import { usePage } from "./context";
import { download } from "./download";

/** On this page's paper, in its language and time zone. */
export function ReportButton({ id, name, action }: { id: string; name: string; action: Action }) {
  const { api, messages } = usePage();
  const take = async () => {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    const paper = /-(US|CA|MX)$/.test(navigator.language) ? ("letter" as const) : ("a4" as const);
    const query = { paper, timeZone, language: messages.language, proof: "yes" as const };
    const answer = await api.send(reportRecording, { params: { id }, query });
    download(await answer.arrayBuffer(), `${name}.pdf`, "application/pdf");
  };
  return (
    <button type="button" disabled={action.isBusy} onClick={() => action.run(take)}>
      {messages.say(action.isBusy ? "report-running" : "report")}
    </button>
  );
}

/** For whoever the hub cannot reach, or who cannot reach it. */
export function FormButton({ id, action }: { id: string; action: Action }) {
  const { api, messages } = usePage();
  const take = async () => {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    const answer = await api.send(formOf, { params: { id }, query: { timeZone } });
    download(await answer.arrayBuffer(), `answer-form-${id.slice(0, 8)}.html`, "text/html");
  };
  return (
    <button type="button" disabled={action.isBusy} onClick={() => action.run(take)}>
      {messages.say("form")}
    </button>
  );
}
