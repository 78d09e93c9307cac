/** What a way asks for, and how a mail gets to its server: the same for recipients and for alerts. */
import type { Key } from "../messages/messages";
import { usePage } from "./context";
import { Field, Select } from "./fields";

/** What is typed, by field. */
export type Typed = Record<string, string>;

export interface Question {
  key: Key;
  field: string;
  type?: "text" | "password" | "number";
  optional?: boolean;
}

/** Of the server that takes a mail. */
export const MAIL_SERVER: Question[] = [
  { key: "mail-from", field: "from" },
  { key: "mail-host", field: "host" },
  { key: "port", field: "port", type: "number" },
  { key: "mail-user", field: "user", optional: true },
  { key: "password", field: "password", type: "password", optional: true },
];

const PORTS = { tls: "465", starttls: "587", plain: "25" };
type Security = keyof typeof PORTS;
const SECURITIES = ["tls", "starttls", "plain"] as const satisfies Security[];

export const MAIL_START: Typed = { kind: "mail", security: "tls", port: PORTS.tls };

/** A mail as it is told to the hub. */
export function mailOf(typed: Typed) {
  const { to = "", from = "", host = "", port, user, password } = typed;
  return {
    ...{ kind: "mail" as const, to, from, host, port: Number(port) },
    security: typed["security"] as Security,
    ...{ user: user || undefined, password: password || undefined },
  };
}

interface Props {
  typed: Typed;
  set: (changes: Typed) => void;
}

export function Questions({ questions, typed, set }: Props & { questions: Question[] }) {
  const { messages } = usePage();
  return (
    <>
      {questions.map(({ key, field, type, optional }) => (
        <Field
          key={field}
          label={optional ? `${messages.say(key)} (${messages.say("optional")})` : messages.say(key)}
          type={type}
          autocomplete="off"
          value={typed[field] ?? ""}
          set={(value) => set({ [field]: value })}
          required={!optional}
        />
      ))}
    </>
  );
}

export function MailSecurity({ typed, set }: Props) {
  const { messages } = usePage();
  return (
    <Select
      label={messages.say("security")}
      value={typed["security"]!}
      set={(security) => set({ security, port: PORTS[security as Security] })}
      options={SECURITIES.map((one) => [one, messages.say(`security-${one}` satisfies Key)])}
    />
  );
}
