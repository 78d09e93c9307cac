import { useState } from "preact/hooks";
import { login, type SessionInfo } from "../../../schema/session";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Form } from "../parts/fields";
import { CurrentPassword } from "../parts/passwords";

interface Props {
  /** Her session has ended. */
  wasIn?: boolean;
  done: (session: SessionInfo) => void;
}

export function Login({ wasIn = false, done }: Props) {
  const { api, messages } = usePage();
  const [password, setPassword] = useState("");
  const action = useAction();
  const open = async () => done(await api.ask(login, { body: password === "" ? {} : { password } }));
  return (
    <main class="narrow">
      <h1>avnode</h1>
      {wasIn && <p role="status">{messages.say("session-ended")}</p>}
      <Form action={action} submit={open} name={messages.say("open")}>
        <CurrentPassword label={messages.say("password")} value={password} set={setPassword} />
      </Form>
    </main>
  );
}
