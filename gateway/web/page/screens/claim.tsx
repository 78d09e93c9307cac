/** Taking ownership of a handheld: its code, typed or as a photo, and its button. */
import { useCallback, useEffect, useState } from "preact/hooks";
import {
  believeMaker,
  type ClaimProgress,
  claim,
  claimPhoto,
  claimState,
  MAX_PHOTO_BYTES,
  nearby,
  withdrawClaim,
} from "../../../schema/claims";
import { ApiError } from "../api/client";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { useAsked } from "../parts/asked";
import { claimWords } from "../parts/claimed";
import { usePage } from "../parts/context";
import { Field, Form, Outcome } from "../parts/fields";
import { Papers } from "../parts/papers";
import { shrunk } from "../parts/photo";

const EVERY_MS = 1000;
const NEARBY_EVERY_MS = 5000;
/** The hub's word for a photo in which it found none. */
const NO_CODE = "PHOTO_NO_CODE";

export function Claim() {
  const { messages } = usePage();
  return (
    <main class="narrow">
      <h1>{messages.say("claim")}</h1>
      <ClaimForm />
      <Papers />
      <Nearby />
    </main>
  );
}

export function ClaimForm() {
  const { api, messages } = usePage();
  const [code, setCode] = useState("");
  const [number, setNumber] = useState<number>();
  const action = useAction();
  const send = async (file: Blob) => {
    const body = new Uint8Array(await file.arrayBuffer());
    setNumber((await api.ask(claimPhoto, { query: {}, body })).claim);
  };
  const photo = async (file: File) => {
    const small = await shrunk(file);
    if (!small) return send(file);
    try {
      await send(small);
    } catch (error) {
      // A code that is small in the photo, and browsers that blur what pages read of a canvas.
      if (!(error instanceof ApiError && error.code === NO_CODE) || file.size > MAX_PHOTO_BYTES) throw error;
      await send(file);
    }
  };
  if (number !== undefined) return <Progress number={number} again={() => setNumber(undefined)} />;
  return (
    <>
      <p>{messages.say("claim-text")}</p>
      <Form
        action={action}
        name={messages.say("claim-begin")}
        submit={async () => setNumber((await api.ask(claim, { body: { code } })).claim)}
      >
        <Field label={messages.say("claim-code")} value={code} set={setCode} autocomplete="off" required />
      </Form>
      <label>
        {messages.say("claim-photo")}
        <input
          type="file"
          accept="image/jpeg,image/png"
          capture="environment"
          disabled={action.isBusy}
          onChange={({ currentTarget: { files } }) => files?.[0] && void action.run(() => photo(files[0]!))}
        />
      </label>
    </>
  );
}

function Progress({ number, again }: { number: number; again: () => void }) {
  const { api, messages } = usePage();
  const [progress, setProgress] = useState<ClaimProgress>();
  const action = useAction();
  const params = { id: String(number) };
  const asksForMaker = progress?.code === "other-maker";
  // Once its maker is believed the handheld is taken at its next contact.
  const isOver = progress !== undefined && progress.state !== "waiting" && !asksForMaker;
  useEffect(() => {
    if (isOver) return;
    const timer = setInterval(
      () => api.ask(claimState, { params }).then(setProgress, () => undefined),
      EVERY_MS,
    );
    return () => clearInterval(timer);
  }, [api, number, isOver]);
  const state = progress?.state ?? "waiting";
  const until = progress?.until;
  return (
    <div class="card" role="status">
      <p class={state === "expired" || state === "refused" ? "sentence warn" : "sentence"}>
        {state === "waiting"
          ? messages.say("claim-waiting", { time: until === undefined ? "" : messages.time(until) })
          : messages.say(`claim-${state}` satisfies Key)}
      </p>
      {progress && claimWords(progress, messages).map((words) => <p key={words}>{words}</p>)}
      {asksForMaker && (
        <button
          type="button"
          disabled={action.isBusy}
          onClick={() => action.run(async () => void (await api.ask(believeMaker, { params })))}
        >
          {messages.say("claim-maker")}
        </button>
      )}
      {state !== "claimed" && (
        <button
          type="button"
          onClick={() =>
            action.run(async () => {
              if (state === "waiting") await api.ask(withdrawClaim, { params });
              again();
            })
          }
        >
          {messages.say("claim-withdraw")}
        </button>
      )}
      <Outcome action={action} />
    </div>
  );
}

function Nearby() {
  const { api, messages } = usePage();
  const { value } = useAsked(
    useCallback((signal) => api.ask(nearby, {}, signal), [api]),
    NEARBY_EVERY_MS,
  );
  if (!value) return null;
  return (
    <section>
      <h2>{messages.say("nearby")}</h2>
      {value.deaf ? (
        <p class="warn">{messages.say(`claim-deaf-${value.deaf.code}` satisfies Key)}</p>
      ) : (
        value.nearby.length === 0 && <p class="quiet">{messages.say("nearby-none")}</p>
      )}
      <ul class="cards">
        {value.nearby.map(({ name, distance }) => (
          <li key={name}>
            <strong>{name}</strong>
            <p>{messages.say(`near-${distance}` satisfies Key)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
