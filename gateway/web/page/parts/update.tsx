/** A handheld's update: what is newer here, how it gets on, and what its owner decides. */
import { useCallback } from "preact/hooks";
import {
  addRelease,
  cancelUpdate,
  type DeviceUpdate,
  startUpdate,
  swapUpdate,
  update,
} from "../../../schema/updates";
import type { Key } from "../messages/messages";
import { useAction } from "./action";
import { useAsked } from "./asked";
import { usePage } from "./context";
import { Outcome } from "./fields";
import { bytesOf, FileForm } from "./fileform";

const LOOK_EVERY_MS = 3000;
type State = NonNullable<DeviceUpdate["update"]>["state"];
const ENDED: readonly State[] = ["installed", "back", "cancelled", "refused", "owner", "gone", "maker"];

export function UpdateOf({ id }: { id: string }) {
  const { api } = usePage();
  const { value } = useAsked(
    useCallback((signal) => api.ask(update, { params: { id } }, signal), [api, id]),
    LOOK_EVERY_MS,
  );
  if (!value) return null;
  const isGoing = value.update !== undefined && !ENDED.includes(value.update.state);
  return (
    <>
      {value.update && <Told going={value.update} />}
      {isGoing && <Going id={id} going={value.update!} />}
      {!isGoing && value.newest && <Offered id={id} newest={value.newest} />}
    </>
  );
}

function Told({ going: { version, state, share, refused } }: { going: NonNullable<DeviceUpdate["update"]> }) {
  const { messages } = usePage();
  const isWarning = refused !== undefined || state === "back" || state === "gone" || state === "maker";
  const words = messages.say(`update-${state}` satisfies Key, { version, percent: messages.percent(share) });
  return (
    <p class={isWarning ? "warn" : undefined} role="status">
      {words} {refused && messages.say(`update-no-${refused}` satisfies Key)}
      {state === "taking" && <progress max={1} value={share} aria-label={words} />}
    </p>
  );
}

function Going({
  id,
  going: { state, whenReady },
}: {
  id: string;
  going: NonNullable<DeviceUpdate["update"]>;
}) {
  const { api, messages } = usePage();
  const action = useAction();
  const swap = (soon: boolean) => () =>
    action.run(async () => void (await api.ask(swapUpdate, { params: { id }, body: { whenReady: soon } })));
  const cancel = () => action.run(async () => void (await api.ask(cancelUpdate, { params: { id } })));
  // Once it restarts there is nothing left to decide.
  if (state === "restarting" || state === "trial" || state === "cancelling") return null;
  return (
    <div class="tools">
      {state === "ready" && (
        <button type="button" disabled={action.isBusy} onClick={swap(false)}>
          {messages.say("update-swap")}
        </button>
      )}
      {!whenReady && (
        <button type="button" disabled={action.isBusy} onClick={swap(true)}>
          {messages.say("update-swap-soon")}
        </button>
      )}
      <button type="button" disabled={action.isBusy} onClick={cancel}>
        {messages.say("update-cancel")}
      </button>
      <Outcome action={action} done={messages.say("felt-sent")} />
    </div>
  );
}

function Offered({ id, newest }: { id: string; newest: NonNullable<DeviceUpdate["newest"]> }) {
  const { api, messages } = usePage();
  const action = useAction();
  const start = () =>
    action.run(async () => void (await api.ask(startUpdate, { params: { id }, body: { whenReady: false } })));
  const { version, notes } = newest;
  return (
    <>
      <p>{messages.say("update-there", { version })}</p>
      {notes !== "" && (
        <details>
          <summary>{messages.say("update-notes")}</summary>
          <p class="lines">{notes}</p>
        </details>
      )}
      <div class="tools">
        <button type="button" disabled={action.isBusy} onClick={start}>
          {messages.say("update-start")}
        </button>
        <Outcome action={action} />
      </div>
    </>
  );
}

/** A maker's file, from a computer to the hub. */
export function AddRelease() {
  const { api, messages } = usePage();
  const send = async (file: File) => {
    const { version } = await api.ask(addRelease, { body: await bytesOf(file) });
    return messages.say("update-added", { version });
  };
  return (
    <section class="card">
      <h2>{messages.say("updates")}</h2>
      <p>{messages.say("updates-text")}</p>
      <FileForm
        label={messages.say("update-file")}
        accept=".avnode-release"
        name={messages.say("update-add")}
        send={send}
      />
    </section>
  );
}
