/** To whom recordings go: who they are, when something goes by itself, whether it works, and what became of each. */
import { useCallback, useState } from "preact/hooks";
import {
  addRecipient,
  changeRule,
  deliveries,
  type Recipient,
  recipients,
  removeRecipient,
  type SendingRule,
  sendingRuleSchema,
  testRecipient,
} from "../../../schema/delivery";
import type { Key } from "../messages/messages";
import { useAction } from "../parts/action";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { Deliveries } from "../parts/deliveries";
import { Select } from "../parts/fields";
import { TestAndRemove } from "../parts/testandremove";
import { RecipientForm } from "./recipientform";

const EVERY_MS = 5000;

export function Recipients() {
  const { api, messages } = usePage();
  const [version, setVersion] = useState(0);
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const [known, outbox] = await Promise.all([
        api.ask(recipients, {}, signal),
        api.ask(deliveries, {}, signal),
      ]);
      return { ...known, ...outbox };
    },
    [api, version],
  );
  const { value, error } = useAsked(ask, EVERY_MS);
  const changed = () => setVersion((before) => before + 1);
  return (
    <main>
      <h1>{messages.say("recipients")}</h1>
      <p>{messages.say("recipients-text")}</p>
      {!value && <p role="status">{messages.say(error ? "hub-unreached" : "loading")}</p>}
      <ul class="cards">
        {value?.recipients.map((recipient) => (
          <OneRecipient key={recipient.id} recipient={recipient} changed={changed} />
        ))}
      </ul>
      <section class="card">
        <h2>{messages.say("recipient-add")}</h2>
        <RecipientForm
          add={async (body) => {
            await api.ask(addRecipient, { body });
            changed();
          }}
        />
      </section>
      {value && (
        <section>
          <h2>{messages.say("outbox")}</h2>
          <p>{messages.say("outbox-text")}</p>
          <Deliveries deliveries={value.deliveries} changed={changed} withRecording />
        </section>
      )}
    </main>
  );
}

interface Props {
  recipient: Recipient;
  changed: () => void;
}

function OneRecipient({ recipient, changed }: Props) {
  const { api, messages } = usePage();
  const { name, way, rule, consent, paused } = recipient;
  const params = { id: String(recipient.id) };
  const action = useAction();
  const choose = async (to: SendingRule) => {
    const { who, text } = consent;
    await api.ask(changeRule, { params, body: { rule: to, consent: { who, text } } });
    changed();
  };
  const remove = async () => {
    await api.ask(removeRecipient, { params });
    changed();
  };
  return (
    <li>
      <h3>{name}</h3>
      <p>
        {messages.say(`way-${way.kind}` satisfies Key)} · {way.address}
      </p>
      <p class={way.readable ? "warn" : "quiet"}>
        {messages.say(way.readable ? "way-readable" : "way-sealed")}
      </p>
      <p class="quiet">
        {messages.say("recipient-consent", { who: consent.who, time: messages.time(consent.at) })}
      </p>
      {paused && <p class="warn">{messages.say("recipient-paused")}</p>}
      <Select
        label={messages.say("rule")}
        value={rule}
        set={(to) => void action.run(() => choose(to as SendingRule))}
        options={sendingRuleSchema.options.map((one) => [one, messages.say(`rule-${one}` satisfies Key)])}
        disabled={action.isBusy}
      />
      <TestAndRemove test={() => api.ask(testRecipient, { params })} remove={remove} action={action} />
    </li>
  );
}
