/** What clinicians said of a recording, beside what the analysis said. */
import { useCallback } from "preact/hooks";
import { type OverRead, overReads } from "../../../schema/overreads";
import type { Key, Messages } from "../messages/messages";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { nameOf } from "../parts/rhythm";

const EVERY_MS = 20_000;

/** @param version rises when there is a new one */
export function OverReads({ id, rate, version }: { id: string; rate: number; version: number }) {
  const { api, messages } = usePage();
  const { value } = useAsked(
    useCallback((signal) => api.ask(overReads, { params: { id } }, signal), [api, id, version]),
    EVERY_MS,
  );
  if (!value || value.overReads.length === 0) return null;
  return (
    <section>
      <h2>{messages.say("overreads")}</h2>
      <ul class="cards">
        {value.overReads.map((one) => (
          <li key={one.number}>
            <h3>{one.name}</h3>
            <p class="quiet">
              {messages.time(one.at)}
              {one.form && ` · ${messages.say("overread-on-form")}`}
            </p>
            <ul>
              {one.findings.map((finding) => (
                <li key={JSON.stringify(finding)}>{saidWords(finding, rate, messages)}</li>
              ))}
            </ul>
            {one.comment !== "" && <p>{one.comment}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function saidWords(
  { verdict, automatic, finding, note }: OverRead["findings"][number],
  rate: number,
  messages: Messages,
): string {
  const before =
    automatic && `${messages.position(automatic.from / rate)} ${nameOf(automatic.rhythm, messages)}`;
  const now = finding && `${messages.position(finding.from / rate)} ${nameOf(finding.rhythm, messages)}`;
  return [
    ...(before === undefined ? [] : [before]),
    [messages.say(`verdict-${verdict}` satisfies Key), ...(now === undefined ? [] : [now])].join(" "),
    ...(note === undefined ? [] : [note]),
  ].join(" · ");
}
