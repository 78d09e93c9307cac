/** What is done with anybody who is sent or told something: seeing that it works, and ending it. */
import { type Action, useAction } from "./action";
import { usePage } from "./context";
import { Outcome } from "./fields";

interface Props {
  test: () => Promise<{ accepted: boolean; reason?: string }>;
  remove: () => Promise<void>;
  /** Of all that changes it: one at a time. */
  action: Action;
}

export function TestAndRemove({ test, remove, action }: Props) {
  const { messages } = usePage();
  const testing = useAction();
  const run = async () => {
    const { accepted, reason = "" } = await test();
    if (!accepted) throw new Error(messages.say("recipient-test-failed", { reason }));
  };
  return (
    <>
      <div class="tools">
        <button type="button" disabled={testing.isBusy} onClick={() => testing.run(run)}>
          {messages.say(testing.isBusy ? "recipient-testing" : "recipient-test")}
        </button>
        <button type="button" disabled={action.isBusy} onClick={() => action.run(remove)}>
          {messages.say("recipient-remove")}
        </button>
      </div>
      <Outcome action={testing} done={messages.say("recipient-tested")} />
      <Outcome action={action} />
    </>
  );
}
