/** Before there is a password: whoever has the code that the hub printed becomes its owner. */
import { useState } from "preact/hooks";
import { login, type SessionInfo } from "../../../schema/session";
import { setFirstPassword } from "../../../schema/setup";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Field, Form, Outcome } from "../parts/fields";
import { useNewPassword } from "../parts/passwords";
import { addressOf } from "../route";

/** In the address that the hub prints, behind the #, where nobody on the way sees it. */
const PRINTED = /^#\/setup\/([\w-]{4,64})$/;

interface Props {
  /** The hub lets this machine in without one. */
  isOpen: boolean;
  done: (session: SessionInfo) => void;
}

export function FirstPassword({ isOpen, done }: Props) {
  const { api, messages } = usePage();
  const [code, setCode] = useState(() => PRINTED.exec(location.hash)?.[1] ?? "");
  const { fields, chosen } = useNewPassword();
  const action = useAction();
  const without = useAction();
  const submit = async () => {
    const session = await api.ask(setFirstPassword, { body: { code, password: chosen() } });
    // It is spent.
    if (PRINTED.test(location.hash)) location.replace(addressOf({ screen: "setup" }));
    done(session);
  };
  return (
    <main class="narrow">
      <h1>{messages.say("setup-welcome")}</h1>
      <p>{messages.say("setup-code-text")}</p>
      <Form action={action} submit={submit} name={messages.say("go-on")}>
        <Field label={messages.say("setup-code")} value={code} set={setCode} autocomplete="off" required />
        {fields}
      </Form>
      {isOpen && (
        <div class="tools">
          <button
            type="button"
            onClick={() => without.run(async () => done(await api.ask(login, { body: {} })))}
          >
            {messages.say("setup-open")}
          </button>
          <Outcome action={without} />
        </div>
      )}
    </main>
  );
}
