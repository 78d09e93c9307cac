/** Alerts: who in the family is told what is wrong, when nobody is woken, and the watcher outside the house. */
import { useCallback, useState } from "preact/hooks";
import {
  type AlertMessage,
  type AlertsState,
  type AlertTopic,
  addAlertWay,
  alerts,
  alertTopicSchema,
  changeAlertTopics,
  removeAlertWay,
  type ToldWay,
  testAlertWay,
} from "../../../schema/alerts";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { TestAndRemove } from "../parts/testandremove";
import { wrongWords } from "../parts/wrong";
import { AlertForm } from "./alertform";
import { AlertTimes } from "./alerttimes";
import { Watcher } from "./watcher";

const EVERY_MS = 5000;
const MESSAGES_SHOWN = 3;

export function Alerts() {
  const { api, messages } = usePage();
  const [version, setVersion] = useState(0);
  const ask = useCallback((signal: AbortSignal) => api.ask(alerts, {}, signal), [api, version]);
  const { value, error } = useAsked(ask, EVERY_MS);
  // What was said last stays while it is asked for anew: forms below keep what is typed.
  const [known, setKnown] = useState<AlertsState>();
  if (value && value !== known) setKnown(value);
  const changed = () => setVersion((before) => before + 1);
  return (
    <main>
      <h1>{messages.say("alerts")}</h1>
      <p>{messages.say("alerts-text")}</p>
      {!known && <p role="status">{messages.say(error ? "hub-unreached" : "loading")}</p>}
      {known?.paused && <p class="warn">{messages.say("alerts-paused")}</p>}
      <ul class="cards">
        {known?.ways.map((way) => (
          <One
            key={way.id}
            way={way}
            told={known.messages.filter((one) => one.way === way.id).slice(0, MESSAGES_SHOWN)}
            changed={changed}
          />
        ))}
      </ul>
      <section class="card">
        <h2>{messages.say("alert-add")}</h2>
        <AlertForm
          add={async (body) => {
            await api.ask(addAlertWay, { body });
            changed();
          }}
        />
      </section>
      {known && <AlertTimes times={known.times} changed={changed} />}
      {known && <Watcher watcher={known.watcher} changed={changed} />}
    </main>
  );
}

interface Props {
  way: ToldWay;
  told: AlertMessage[];
  changed: () => void;
}

function One({ way: { id, kind, address, tells }, told, changed }: Props) {
  const { api, messages } = usePage();
  const params = { id: String(id) };
  const action = useAction();
  const toggle = async (topic: AlertTopic) => {
    const others = tells.filter((one) => one !== topic);
    const body = { tells: others.length < tells.length ? others : [...tells, topic] };
    await api.ask(changeAlertTopics, { params, body });
    changed();
  };
  const remove = async () => {
    await api.ask(removeAlertWay, { params });
    changed();
  };
  return (
    <li>
      <h3>
        {messages.say(`way-${kind}` satisfies Key)} · {address}
      </h3>
      <fieldset>
        <legend>{messages.say("alert-tells")}</legend>
        {alertTopicSchema.options.map((topic) => (
          <button
            key={topic}
            type="button"
            aria-pressed={tells.includes(topic)}
            disabled={action.isBusy}
            onClick={() => action.run(() => toggle(topic))}
          >
            {messages.say(`tells-${topic}` satisfies Key)}
          </button>
        ))}
      </fieldset>
      {tells.includes("finding") && <p class="warn">{messages.say("alert-finding-warn")}</p>}
      <ul class="ledger">
        {told.map(({ state, at, lines, said, reason }) => (
          <li key={`${state} ${at}`}>
            <span class={reason === undefined ? "quiet" : "warn"}>
              {[
                messages.say(state === "waiting" ? "alert-waiting" : "delivery-accepted", {
                  time: messages.time(at),
                }),
                ...(reason === undefined ? [] : [reason]),
              ].join(" · ")}
            </span>
            <span>{lines.map((line, n) => wrongWords(line, said?.[n], messages)).join(" · ")}</span>
          </li>
        ))}
      </ul>
      <TestAndRemove test={() => api.ask(testAlertWay, { params })} remove={remove} action={action} />
    </li>
  );
}
