/** Who signed a recording, and since when the log has it: asked once it is in view. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type ProofState as Proof, proof } from "../../../schema/recordings";
import type { Messages } from "../messages/messages";
import { usePage } from "./context";
import { useSeen } from "./seen";

export function ProofState({ id }: { id: string }) {
  const { api, messages } = usePage();
  const box = useRef<HTMLParagraphElement>(null);
  const isSeen = useSeen(box);
  const [state, setState] = useState<Proof>();
  useEffect(() => {
    if (!isSeen) return;
    const control = new AbortController();
    api.ask(proof, { params: { id } }, control.signal).then(setState, () => undefined);
    return () => control.abort();
  }, [api, id, isSeen]);
  return (
    <p class={state?.signature === "wrong" ? "warn" : "quiet"} ref={box}>
      {state ? proofWords(state, messages) : "\u00a0"}
    </p>
  );
}

export function proofWords({ logged, signature }: Proof, messages: Messages): string {
  const by = messages.say(signature === undefined ? "proof-open" : `proof-${signature}`);
  const log = logged
    ? messages.say("proof-logged", { time: messages.time(logged.at) })
    : messages.say("proof-not-logged");
  return `${by} · ${log}`;
}
