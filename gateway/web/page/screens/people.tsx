/** Whose recordings they are. */
import { useCallback, useState } from "preact/hooks";
import { devices, nameDevice } from "../../../schema/devices";
import {
  addPerson,
  assignDevice,
  changePerson,
  type Person,
  type PersonDetails,
  people,
} from "../../../schema/people";
import { useAction } from "../parts/action";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { Field, Form, Outcome, Select } from "../parts/fields";

const EVERY_MS = 10_000;

export function People() {
  const { api, messages, role } = usePage();
  const [version, setVersion] = useState(0);
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const [persons, handhelds] = await Promise.all([
        api.ask(people, {}, signal),
        api.ask(devices, {}, signal),
      ]);
      return { people: persons.people, devices: handhelds.devices };
    },
    [api, version],
  );
  const { value, error } = useAsked(ask, EVERY_MS);
  const changed = () => setVersion((before) => before + 1);
  return (
    <main>
      <h1>{messages.say("people")}</h1>
      <p>{messages.say("person-text")}</p>
      {!value && <p role="status">{messages.say(error ? "hub-unreached" : "loading")}</p>}
      <ul class="cards">
        {value?.people.map((person) => (
          <OnePerson key={person.id} person={person} changed={changed} />
        ))}
      </ul>
      {role === "owner" && (
        <section class="card">
          <h2>{messages.say("person-add")}</h2>
          <AddPerson done={changed} />
        </section>
      )}
      {role === "owner" && value && value.devices.length > 0 && (
        <section>
          <h2>{messages.say("handhelds")}</h2>
          <ul class="cards">
            {value.devices.map(({ id, name }) => (
              <HandheldOf key={id} id={id} name={name ?? ""} people={value.people} changed={changed} />
            ))}
          </ul>
        </section>
      )}
    </main>
  );
}

function OnePerson({ person, changed }: { person: Person; changed: () => void }) {
  const { api, messages, role } = usePage();
  const [isOpen, setOpen] = useState(false);
  const { id, name, birthDate, contact, recordings } = person;
  const save = async (body: PersonDetails) => {
    await api.ask(changePerson, { params: { id: String(id) }, body });
    setOpen(false);
    changed();
  };
  return (
    <li>
      <h3>{name}</h3>
      <p>
        {[
          recordings === 1
            ? messages.say("person-recordings-one")
            : messages.say("person-recordings", { count: recordings }),
          ...(birthDate === undefined ? [] : [messages.date(birthDate)]),
          ...(contact === undefined ? [] : [contact]),
        ].join(" · ")}
      </p>
      {isOpen && <Details person={person} save={save} name={messages.say("save")} />}
      {!isOpen && role === "owner" && (
        <button type="button" onClick={() => setOpen(true)}>
          {messages.say("person-change")}
        </button>
      )}
    </li>
  );
}

export function AddPerson({ done }: { done: () => void }) {
  const { api, messages } = usePage();
  const save = async (body: PersonDetails) => {
    await api.ask(addPerson, { body });
    done();
  };
  return <Details save={save} name={messages.say("person-add")} />;
}

interface DetailsProps {
  person?: Person;
  save: (details: PersonDetails) => Promise<void>;
  name: string;
}

function Details({ person, save, name: button }: DetailsProps) {
  const { messages } = usePage();
  const [name, setName] = useState(person?.name ?? "");
  const [birthDate, setBirthDate] = useState(person?.birthDate ?? "");
  const [contact, setContact] = useState(person?.contact ?? "");
  const action = useAction();
  const known = (text: string) => (text === "" ? undefined : text);
  const submit = async () => {
    await save({ name, birthDate: known(birthDate), contact: known(contact) });
    if (person) return;
    for (const clear of [setName, setBirthDate, setContact]) clear("");
  };
  return (
    <Form action={action} submit={submit} name={button} done={messages.say("saved")}>
      <Field label={messages.say("person-name")} value={name} set={setName} required />
      <Field label={messages.say("person-birth")} type="date" value={birthDate} set={setBirthDate} />
      <Field label={messages.say("person-contact")} value={contact} set={setContact} />
    </Form>
  );
}

interface HandheldProps {
  id: string;
  name: string;
  people: Person[];
  changed: () => void;
}

function HandheldOf({ id, name, people: all, changed }: HandheldProps) {
  const { api, messages } = usePage();
  const action = useAction();
  const naming = useAction();
  const [called, setCalled] = useState(name);
  const owner = all.find(({ handhelds }) => handhelds.includes(id));
  const give = async (value: string) => {
    await api.ask(assignDevice, { params: { id }, body: { person: value === "" ? null : Number(value) } });
    changed();
  };
  return (
    <li>
      <h3>{name === "" ? id : name}</h3>
      <Form
        action={naming}
        name={messages.say("save")}
        done={messages.say("saved")}
        submit={async () => {
          await api.ask(nameDevice, { params: { id }, body: { name: called } });
          changed();
        }}
      >
        <Field label={messages.say("handheld-name")} value={called} set={setCalled} />
      </Form>
      <Select
        label={messages.say("person-next")}
        value={owner ? String(owner.id) : ""}
        set={(value) => void action.run(() => give(value))}
        options={[
          ["", messages.say("person-none")],
          ...all.map((one) => [String(one.id), one.name] as const),
        ]}
      />
      <Outcome action={action} done={messages.say("saved")} />
    </li>
  );
}
