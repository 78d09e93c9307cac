/** A new recipient: by which way, and with whose consent. What is secret goes to the hub once and is never shown again. */
import { useState } from "preact/hooks";
import type { Answers, RecipientDetails, SendingRule, Way } from "../../schema/delivery";
import { answersSchema, sendingRuleSchema } from "../../schema/delivery";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Field, Form, Select } from "../parts/fields";

const KINDS = ["mail", "folder", "dicom", "fhir"] as const satisfies Way["kind"][];
const SECURITIES = ["tls", "starttls", "plain"] as const;
const PORTS = { tls: "465", starttls: "587", plain: "25" };

const ANSWERS: Record<Answers, Key> = { form: "answers-form", link: "answers-link", none: "answers-none" };
/** What they add to the consent. */
const AGREED: Record<Answers, Key | undefined> = {
  form: "consent-form",
  link: "consent-link",
  none: undefined,
};

/** What is typed, by field. */
type Typed = Record<string, string>;
const START: Typed = {
  kind: "mail",
  rule: "press",
  security: "tls",
  port: "465",
  callingAeTitle: "AVNODE",
  answers: "form",
};

interface Question {
  key: Key;
  field: string;
  type?: "text" | "password" | "number";
  optional?: boolean;
}

const QUESTIONS: Record<Way["kind"], Question[]> = {
  mail: [
    { key: "mail-to", field: "to" },
    { key: "mail-from", field: "from" },
    { key: "mail-host", field: "host" },
    { key: "port", field: "port", type: "number" },
    { key: "mail-user", field: "user", optional: true },
    { key: "password", field: "password", type: "password", optional: true },
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
      return {
        ...{ kind: "mail", ...place, to: needed("to"), from: needed("from") },
        security: typed["security"] as (typeof SECURITIES)[number],
        ...{ user: said("user"), password: said("password"), pdfPassword: said("pdfPassword"), answers },
      };
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
  const set = (field: string) => (value: string) => setTyped((before) => ({ ...before, [field]: value }));
  const kind = typed["kind"] as Way["kind"];
  const agreed = kind === "mail" || kind === "folder" ? AGREED[typed["answers"] as Answers] : undefined;
  const consent = messages.say("consent-text", { name: typed["name"] || "…" });
  const text = agreed === undefined ? consent : `${consent} ${messages.say(agreed)}`;
  const submit = async () => {
    const rule = typed["rule"] as SendingRule;
    const consent = { who: typed["who"] ?? "", text };
    await add({ name: typed["name"] ?? "", way: wayOf(typed), rule, consent });
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
      {QUESTIONS[kind].map(({ key, field, type, optional }) => (
        <Field
          key={field}
          label={optional ? `${messages.say(key)} (${messages.say("optional")})` : messages.say(key)}
          type={type}
          autocomplete="off"
          value={typed[field] ?? ""}
          set={set(field)}
          required={!optional}
        />
      ))}
      {kind === "mail" && (
        <Select
          label={messages.say("security")}
          value={typed["security"]!}
          set={(security) => setTyped({ ...typed, security, port: PORTS[security as keyof typeof PORTS] })}
          options={SECURITIES.map((one) => [one, messages.say(`security-${one}` satisfies Key)])}
        />
      )}
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
