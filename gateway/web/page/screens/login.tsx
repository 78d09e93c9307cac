import { useState } from "preact/hooks";
import { login, type SessionInfo } from "../../schema/session";
import { usePage } from "../parts/context";
import { problemWords } from "../parts/problem";

interface Props {
  /** Her session has ended. */
  wasIn?: boolean;
  done: (session: SessionInfo) => void;
}

export function Login({ wasIn = false, done }: Props) {
  const { api, messages } = usePage();
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string>();
  const open = async (event: Event) => {
    event.preventDefault();
    setProblem(undefined);
    try {
      done(await api.ask(login, { body: password === "" ? {} : { password } }));
    } catch (error) {
      setProblem(problemWords(error, messages));
    }
  };
  return (
    <main class="narrow">
      <h1>avnode</h1>
      {wasIn && <p role="status">{messages.say("session-ended")}</p>}
      <form onSubmit={open}>
        <label>
          {messages.say("password")}
          <input
            type="password"
            autocomplete="current-password"
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </label>
        <button class="main" type="submit">
          {messages.say("open")}
        </button>
      </form>
      <p class="warn" role="alert">
        {problem}
      </p>
    </main>
  );
}
