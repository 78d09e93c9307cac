/** The heart rate now, beside the live trace. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Device } from "../../../schema/devices";
import type { Key, Messages } from "../messages/messages";
import { usePage } from "./context";
import { type HeartNow, heartNow, type SaidHeart, saidHeart } from "./heartnow";

const COUNT_MS = 1000;

/** @param skewMs what the hub's clock is ahead of this browser's; @param isSilent the hub was not heard for a while */
export function HeartRate({
  running,
  skewMs,
  isSilent,
}: {
  running: NonNullable<Device["running"]>;
  skewMs: number;
  isSilent: boolean;
}) {
  const { messages } = usePage();
  const [, count] = useState(0);
  const said = useRef<SaidHeart | undefined>(undefined);
  useEffect(() => {
    const timer = setInterval(() => count((n) => n + 1), COUNT_MS);
    return () => clearInterval(timer);
  }, []);
  const heart: HeartNow = isSilent ? { kind: "silent" } : heartNow(running, Date.now() + skewMs);
  said.current = saidHeart(said.current, heart, performance.now());
  const spoken = words(said.current.heart, messages);
  if (heart.kind !== "rate")
    return (
      <p role="status" class={heart.kind === "none" ? "quiet" : "warn"}>
        {spoken}
      </p>
    );
  return (
    <>
      <p role="status" class="heard">
        {spoken}
      </p>
      {/* It counts on each second: for eyes, and for ears when they come by. */}
      <p class="heartrate">
        <strong>{messages.say("rate", { rate: heart.rate })}</strong>
        <span class="quiet">{messages.say("heart-ago", { age: messages.duration(heart.ageMs / 1000) })}</span>
      </p>
    </>
  );
}

const words = (heart: HeartNow, messages: Messages): string =>
  heart.kind === "rate"
    ? messages.say("heart-said", { rate: heart.rate })
    : messages.say(`heart-${heart.kind}` satisfies Key);
