/** A new recipient: by which way, and with whose consent. What is secret goes to the hub once and is never shown again. */
import { useState } from "preact/hooks";
import type { Answers, RecipientDetails, SendingRule, Way } from "../../../schema/delivery";
import { answersSchema, sendingRuleSchema } from "../../../schema/delivery";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Field, Form, Select } from "../parts/fields";
import {
  MAIL_SERVER,
  MAIL_START,
  MailSecurity,
  mailOf,
  type Question,
  Questions,
  type Typed,
} from "../parts/questions";

const KINDS = ["mail", "folder", "dicom", "fhir"] as const satisfies Way["kind"][];
const START: Typed = { ...MAIL_START, rule: "press", callingAeTitle: "AVNODE", answers: "form" };
const ANSWERS: Record<Answers, Key> = { form: "answers-form", link: "answers-link", none: "answers-none" };
/** What they add to the consent. */
const AGREED: Record<Answers, Key | undefined> = {
  form: "consent-form",
  link: "consent-link",
  none: undefined,
};

const QUESTIONS: Record<Way["kind"], Question[]> = {
  mail: [
    { key: "mail-to", field: "to" },
    ...MAIL_SERVER,
    { key: "mail-pdf-password", field: "pdfPassword", type: "password", optional: true },
  ],
  folder: [{ key: "folder-dir", field: "dir" }],
  dicom: [
    { key: "mail-host", field: "host" },
    { key: "port", field: "port", type: "number" },
    { key: "dicom-title", field: "aeTitle" },
    { key: "dicom-calling", field: "callingAeTitle" },
  ],
  fhir: [
    { key: "fhir-url", field: "url" },
    { key: "fhir-token-url", field: "tokenUrl", optional: true },
    { key: "fhir-client", field: "clientId", optional: true },
    { key: "fhir-secret", field: "clientSecret", type: "password", optional: true },
  ],
};

function wayOf(typed: Typed): Way {
  const said = (field: string) => typed[field] || undefined;
  const needed = (field: string) => typed[field] ?? "";
  const answers = typed["answers"] as Answers;
  const place = { host: needed("host"), port: Number(typed["port"]) };
  switch (typed["kind"] as Way["kind"]) {
    case "mail":
      return { ...mailOf(typed), pdfPassword: said("pdfPassword"), answers };
    case "folder":
      return { kind: "folder", dir: needed("dir"), answers };
    case "dicom":
      return {
        ...{ kind: "dicom", ...place, aeTitle: needed("aeTitle") },
        callingAeTitle: needed("callingAeTitle"),
        tls: typed["tls"] === "plain" ? undefined : {},
      };
    case "fhir": {
      const [url, clientId, clientSecret] = [said("tokenUrl"), said("clientId"), said("clientSecret")];
      const token = url && clientId && clientSecret ? { url, clientId, clientSecret } : undefined;
      return { kind: "fhir", url: needed("url"), token };
    }
  }
}

export function RecipientForm({ add }: { add: (details: RecipientDetails) => Promise<void> }) {
  const { messages } = usePage();
  const [typed, setTyped] = useState(START);
  const action = useAction();
  const change = (changes: Typed) => setTyped((before) => ({ ...before, ...changes }));
  const set = (field: string) => (value: string) => change({ [field]: value });
  const kind = typed["kind"] as Way["kind"];
  const agreed = kind === "mail" || kind === "folder" ? AGREED[typed["answers"] as Answers] : undefined;
  const consent = messages.say("consent-text", { name: typed["name"] || "…" });
  const text = agreed === undefined ? consent : `${consent} ${messages.say(agreed)}`;
  const submit = async () => {
    const rule = typed["rule"] as SendingRule;
    const consent = { who: typed["who"] ?? "", text };
    await add({
      name: typed["name"] ?? "",
      way: { ...wayOf(typed), language: messages.language },
      rule,
      consent,
    });
    setTyped(START);
  };
  return (
    <Form action={action} submit={submit} name={messages.say("recipient-agree")}>
      <Field label={messages.say("recipient-name")} value={typed["name"] ?? ""} set={set("name")} required />
      <Select
        label={messages.say("way")}
        value={kind}
        set={set("kind")}
        options={KINDS.map((one) => [one, messages.say(`way-${one}` satisfies Key)])}
      />
      <Questions questions={QUESTIONS[kind]} typed={typed} set={change} />
      {kind === "mail" && <MailSecurity typed={typed} set={change} />}
      {(kind === "mail" || kind === "folder") && (
        <Select
          label={messages.say("answers")}
          value={typed["answers"]!}
          set={set("answers")}
          options={answersSchema.options.map((one) => [one, messages.say(ANSWERS[one])])}
        />
      )}
      {kind === "dicom" && (
        <Select
          label={messages.say("security")}
          value={typed["tls"] ?? "tls"}
          set={set("tls")}
          options={[
            ["tls", messages.say("security-tls")],
            ["plain", messages.say("security-plain")],
          ]}
        />
      )}
      <Select
        label={messages.say("rule")}
        value={typed["rule"]!}
        set={set("rule")}
        options={sendingRuleSchema.options.map((one) => [one, messages.say(`rule-${one}` satisfies Key)])}
      />
      <p>{text}</p>
      <Field
        label={messages.say("consent-who")}
        value={typed["who"] ?? ""}
        set={set("who")}
        autocomplete="name"
        required
      />
    </Form>
  );
}
