/** Where is my recording: handheld, hub, backup, doctor, with times. */
import type { ComponentChildren } from "preact";
import { useCallback, useState } from "preact/hooks";
import { type Whereabouts, whereabouts } from "../../../schema/whereabouts";
import type { Key, Messages } from "../messages/messages";
import { useAsked } from "./asked";
import { usePage } from "./context";
import { Delivered } from "./delivered";

const EVERY_MS = 10_000;

export function Where({ id }: { id: string }) {
  const { messages } = usePage();
  return (
    <section class="screen">
      <h2>{messages.say("where")}</h2>
      <Way id={id} />
    </section>
  );
}

/** In a list: asked of the hub once it is opened. */
export function FoldedWhere({ id }: { id: string }) {
  const { messages } = usePage();
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="where" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{messages.say("where")}</summary>
      {isOpen && <Way id={id} />}
    </details>
  );
}

function Way({ id }: { id: string }) {
  const { api, messages, role } = usePage();
  const { value } = useAsked(
    useCallback((signal) => api.ask(whereabouts, { params: { id } }, signal), [api, id]),
    EVERY_MS,
  );
  if (!value) return null;
  const { handheld, hub, copies, doctors } = value;
  const holds = (what: string, at?: number) =>
    [messages.say(`holds-${what}` as Key), ...timeOf(at, messages)].join(" · ");
  const here = messages.say(keyOf(hub));
  return (
    <ol class="way">
      <Place name={messages.say("where-handheld")}>{holds(handheld.holds, handheld.at)}</Place>
      <Place name={messages.say("where-hub")}>
        {[here, ...timeOf(hub.erasedAt ?? hub.lastAt, messages)].join(" · ")}
        {hub.loggedAt !== undefined && (
          <>
            <br />
            {messages.say("proof-logged", { time: messages.time(hub.loggedAt) })}
          </>
        )}
      </Place>
      <Place name={messages.say("where-copy")}>
        {copies.length === 0 && messages.say("where-no-copy")}
        {copies.map(({ place, holds: what, at }) => (
          <div key={place}>
            {place}: {holds(what, at)}
          </div>
        ))}
      </Place>
      <Place name={messages.say("where-doctor")}>
        {role === "owner" ? (
          <Delivered id={id}>
            {(delivered) => (
              <Doctors told={[...delivered, ...doctors.map((one) => doctorWords(one, messages))]} />
            )}
          </Delivered>
        ) : (
          <Doctors told={doctors.map((one) => doctorWords(one, messages))} />
        )}
      </Place>
    </ol>
  );
}

function Doctors({ told }: { told: string[] }) {
  const { messages } = usePage();
  return (
    <>
      {told.length === 0 && messages.say("where-nobody")}
      {told.map((words) => (
        <div key={words}>{words}</div>
      ))}
    </>
  );
}

function keyOf({ erasedAt, complete, holes }: Whereabouts["hub"]): Key {
  if (erasedAt !== undefined) return "state-erased";
  if (complete) return "where-complete";
  return holes > 0 ? "where-holes" : "where-so-far";
}

const timeOf = (at: number | undefined, messages: Messages): string[] =>
  at === undefined ? [] : [messages.time(at)];

function doctorWords(doctor: Whereabouts["doctors"][number], messages: Messages): string {
  const { label, expiresAt, openedAt, readAt, name } = doctor;
  return [
    ...(label === undefined ? [] : [label]),
    expiresAt === undefined
      ? messages.say("where-link-over")
      : messages.say("where-link-until", { time: messages.time(expiresAt) }),
    ...(openedAt === undefined ? [] : [messages.say("where-opened", { time: messages.time(openedAt) })]),
    ...(readAt === undefined
      ? []
      : [messages.say("where-read", { name: name ?? "", time: messages.time(readAt) })]),
  ].join(" · ");
}

function Place({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <li>
      <strong>{name}</strong>
      <div>{children}</div>
    </li>
  );
}
