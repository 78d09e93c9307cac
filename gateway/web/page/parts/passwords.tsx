/** A new password is asked for twice: a slip of the finger must not lock its owner out. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { usePage } from "./context";
import { Field } from "./fields";

interface Props {
  label: string;
  value: string;
  set: (value: string) => void;
}

export function CurrentPassword(props: Props) {
  return <Field type="password" autocomplete="current-password" required {...props} />;
}

function NewPassword(props: Props) {
  return <Field type="password" autocomplete="new-password" required {...props} />;
}

/** @returns its two fields, and the password, which throws in words while the two differ */
export function useNewPassword(): { fields: ComponentChildren; chosen: () => string } {
  const { messages } = usePage();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const fields = (
    <>
      <NewPassword label={messages.say("new-password")} value={password} set={setPassword} />
      <NewPassword label={messages.say("new-password-again")} value={again} set={setAgain} />
    </>
  );
  const chosen = () => {
    if (password !== again) throw new Error(messages.say("password-differs"));
    return password;
  };
  return { fields, chosen };
}
