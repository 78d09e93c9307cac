/** The recovery sheet: a code that is shown once, to be printed and put away. */
import { useState } from "preact/hooks";
import { makeRecoveryCode } from "../../../schema/setup";
import { useAction } from "../parts/action";
import { usePage } from "../parts/context";
import { Field, Outcome } from "../parts/fields";

interface Props {
  /** There is one already: a new one is for backups to come. */
  isRenewed?: boolean;
  /** It is on paper. */
  kept?: () => Promise<void>;
}

export function Recovery({ isRenewed = false, kept }: Props) {
  const { api, messages } = usePage();
  const [code, setCode] = useState<string>();
  const [current, setCurrent] = useState("");
  const action = useAction();
  const make = async () => {
    const body = { renew: isRenewed, current: current || undefined };
    setCode((await api.ask(makeRecoveryCode, { body })).code);
    setCurrent("");
  };
  return (
    <>
      <p>{messages.say("recovery-text")}</p>
      {isRenewed && code === undefined && (
        <Field
          label={messages.say("password-current")}
          type="password"
          autocomplete="current-password"
          value={current}
          set={setCurrent}
        />
      )}
      {code === undefined ? (
        <button
          type="button"
          class={isRenewed ? "" : "main"}
          disabled={action.isBusy}
          onClick={() => action.run(make)}
        >
          {messages.say(isRenewed ? "recovery-renew" : "recovery-make")}
        </button>
      ) : (
        <>
          <p>{messages.say("recovery-is")}</p>
          <p class="code">{code}</p>
          <div class="tools">
            <button type="button" onClick={() => print()}>
              {messages.say("print")}
            </button>
            {kept && (
              <button type="button" class="main" onClick={() => action.run(kept)}>
                {messages.say("recovery-kept")}
              </button>
            )}
          </div>
        </>
      )}
      <Outcome action={action} />
    </>
  );
}
