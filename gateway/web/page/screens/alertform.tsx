/** Somebody who is to be told: by which way. What is secret goes to the hub once and is never shown again. */
import { useState } from "preact/hooks";
import type { AlertTopic, AlertWay } from "../../../schema/alerts";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Form, Select } from "../parts/fields";
import {
  MAIL_SERVER,
  MAIL_START,
  MailSecurity,
  mailOf,
  type Question,
  Questions,
  type Typed,
} from "../parts/questions";

const KINDS = ["ntfy", "mail", "webhook"] as const satisfies AlertWay["kind"][];
const START: Typed = { ...MAIL_START, kind: "ntfy" };
/** A finding is told only where somebody says so. */
const FIRST_TOPICS: AlertTopic[] = ["hub", "handheld", "delivery"];

const QUESTIONS: Record<AlertWay["kind"], Question[]> = {
  ntfy: [
    { key: "alert-url", field: "url" },
    { key: "alert-token", field: "token", type: "password", optional: true },
  ],
  webhook: [{ key: "alert-url", field: "url" }],
  mail: [{ key: "alert-mail-to", field: "to" }, ...MAIL_SERVER],
};

function wayOf(typed: Typed): AlertWay {
  const { url = "", token } = typed;
  switch (typed["kind"] as AlertWay["kind"]) {
    case "mail":
      return mailOf(typed);
    case "ntfy":
      return { kind: "ntfy", url, token: token || undefined };
    case "webhook":
      return { kind: "webhook", url };
  }
}

export function AlertForm({ add }: { add: (body: { way: AlertWay; tells: AlertTopic[] }) => Promise<void> }) {
  const { messages } = usePage();
  const [typed, setTyped] = useState(START);
  const action = useAction();
  const change = (changes: Typed) => setTyped((before) => ({ ...before, ...changes }));
  const kind = typed["kind"] as AlertWay["kind"];
  const submit = async () => {
    await add({ way: wayOf(typed), tells: FIRST_TOPICS });
    setTyped(START);
  };
  return (
    <Form action={action} submit={submit} name={messages.say("alert-add")}>
      <Select
        label={messages.say("way")}
        value={kind}
        set={(to) => change({ kind: to })}
        options={KINDS.map((one) => [one, messages.say(`way-${one}` satisfies Key)])}
      />
      <Questions questions={QUESTIONS[kind]} typed={typed} set={change} />
      {kind === "mail" && <MailSecurity typed={typed} set={change} />}
    </Form>
  );
}
