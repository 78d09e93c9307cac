/** What became of the newest version of a recording that went to each recipient, in a line: "Mail · Dr Weiss: accepted 14:03." */
import type { ComponentChildren } from "preact";
import { useCallback } from "preact/hooks";
import { type Delivery, deliveries } from "../../../schema/delivery";
import type { Key, Messages } from "../messages/messages";
import { useAsked } from "./asked";
import { usePage } from "./context";

const EVERY_MS = 10_000;

/** For the owner, who alone is told. */
export function Delivered({
  id,
  children,
}: {
  id: string;
  children: (words: string[]) => ComponentChildren;
}) {
  const { api, messages } = usePage();
  const { value } = useAsked(
    useCallback((signal) => api.ask(deliveries, { query: { recording: id } }, signal), [api, id]),
    EVERY_MS,
  );
  return <>{children(newestOfEach(value?.deliveries ?? []).map((one) => wordsOf(one, messages)))}</>;
}

function newestOfEach(all: Delivery[]): Delivery[] {
  return all.filter(
    ({ recipient }, index) => all.findIndex((one) => one.recipient.id === recipient.id) === index,
  );
}

function wordsOf({ recipient, state, since }: Delivery, messages: Messages): string {
  const way = messages.say(`way-${recipient.kind}` satisfies Key);
  const became = messages.say(`delivery-${state}` satisfies Key, { time: messages.time(since) });
  return `${way} · ${recipient.name}: ${became}`;
}
