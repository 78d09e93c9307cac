/** The first run after the password: what is to be done next follows from what is there, so that it goes on anywhere. */
import { useCallback, useState } from "preact/hooks";
import { type SetupStep, settleStep, setupSteps } from "../../../schema/setup";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { Outcome } from "../parts/fields";
import { Papers } from "../parts/papers";
import { problemWords } from "../parts/problem";
import { addressOf } from "../route";
import { BackupNow } from "./backup";
import { ClaimForm } from "./claim";
import { AddPerson } from "./people";
import { Recovery } from "./recovery";

const EVERY_MS = 3000;
const STATES = { open: "step-open", done: "step-is-done", skipped: "step-is-skipped" } as const;

export function Setup() {
  const { api, messages } = usePage();
  const { value, error } = useAsked(
    useCallback((signal) => api.ask(setupSteps, {}, signal), [api]),
    EVERY_MS,
  );
  const action = useAction();
  if (!value)
    return (
      <main class="narrow">
        <p role="status">{error ? problemWords(error, messages) : messages.say("loading")}</p>
      </main>
    );
  const { steps, next } = value;
  // What is nobody's heart has none to lead through.
  const isDemo = next === undefined && steps.some(({ state }) => state === "open");
  return (
    <main class="narrow">
      <h1>{messages.say("setup")}</h1>
      <ol class="steps">
        {steps.map(({ step, state }) => (
          <li key={step} class={state} aria-current={step === next ? "step" : undefined}>
            <strong>{messages.say(`step-${step}` satisfies Key)}</strong>
            <span class="quiet"> · {messages.say(STATES[state])}</span>
          </li>
        ))}
      </ol>
      {next === undefined || next === "password" ? (
        <>
          <p class="sentence">{messages.say(isDemo ? "setup-demo" : "setup-done")}</p>
          <a class="button main" href={addressOf({ screen: "home" })}>
            {messages.say("home")}
          </a>
        </>
      ) : (
        <section class="card" key={next}>
          <h2>{messages.say(`step-${next}` satisfies Key)}</h2>
          <Step step={next} />
          <div class="tools">
            <button
              type="button"
              onClick={() =>
                action.run(async () => {
                  await api.ask(settleStep, { params: { step: next }, body: { state: "skipped" } });
                })
              }
            >
              {messages.say("setup-skip")}
            </button>
            <a class="button" href={addressOf({ screen: "home" })}>
              {messages.say("setup-later")}
            </a>
          </div>
          <Outcome action={action} />
        </section>
      )}
    </main>
  );
}

function Step({ step }: { step: Exclude<SetupStep, "password"> }) {
  const { api } = usePage();
  const [, setCount] = useState(0);
  const again = () => setCount((count) => count + 1);
  if (step === "claim")
    return (
      <>
        <ClaimForm />
        <Papers />
      </>
    );
  if (step === "person") return <AddPerson done={again} />;
  if (step === "backup") return <BackupNow />;
  return (
    <Recovery
      kept={async () => {
        await api.ask(settleStep, { params: { step: "recovery" }, body: { state: "done" } });
      }}
    />
  );
}
