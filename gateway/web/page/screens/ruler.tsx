/** True size, once for each screen: a line, and what a ruler says of it. */
import { useRef, useState } from "preact/hooks";
import { calibrate } from "../paper/scale";
import { usePage } from "../parts/context";

export function Ruler() {
  const { messages, cssPxPerMm, calibrate: keep } = usePage();
  const line = useRef<HTMLDivElement>(null);
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  const save = (event: Event) => {
    event.preventDefault();
    const measured = calibrate(line.current!.getBoundingClientRect().width, Number(text.replace(",", ".")));
    setWrong(measured === undefined);
    if (measured !== undefined) keep(measured);
  };
  return (
    <main>
      <h1>{messages.say("ruler")}</h1>
      <p>{messages.say("ruler-text")}</p>
      <div class="ruler" ref={line} />
      <form onSubmit={save}>
        <label>
          {messages.say("ruler-length")}
          <input
            inputMode="decimal"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            aria-invalid={isWrong}
          />
        </label>
        <button class="main" type="submit">
          {messages.say("save")}
        </button>
        {cssPxPerMm !== undefined && (
          <button type="button" onClick={() => keep(undefined)}>
            {messages.say("forget")}
          </button>
        )}
      </form>
      <p role="status" class={isWrong ? "warn" : "quiet"}>
        {isWrong ? messages.say("ruler-wrong") : cssPxPerMm !== undefined && messages.say("ruler-kept")}
      </p>
    </main>
  );
}
