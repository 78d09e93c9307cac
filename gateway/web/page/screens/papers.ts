/** How a recording is laid on paper: chosen once for all that are open beside each other. */

import type { Messages } from "../messages/messages";
import { type Filters, HIGH_PASS_HZ, isRaw, LOW_PASS_HZ, RAW } from "../paper/filter";
import { type LayoutName, layoutsFor } from "../paper/layout";

export interface Paper {
  /** mm/s */
  speed: number;
  /** mm/mV */
  gain: number;
  filters: Filters;
  layout: LayoutName;
  /** Calipers repeat their interval to both sides. */
  marchesOut: boolean;
  showsBeats: boolean;
}

export const paperFor = (leads: readonly string[]): Paper => ({
  speed: 25,
  gain: 10,
  filters: RAW,
  layout: layoutsFor(leads)[0]!,
  marchesOut: true,
  showsBeats: true,
});

/** "unfiltered", or what is taken away. */
export function filterWords(filters: Filters, messages: Messages): string {
  if (isRaw(filters)) return messages.say("unfiltered");
  const { baseline, muscle, mains } = filters;
  const parts = [
    ...(baseline ? [`≥ ${messages.number(HIGH_PASS_HZ, 2)} Hz`] : []),
    ...(muscle ? [`≤ ${messages.number(LOW_PASS_HZ)} Hz`] : []),
    ...(mains === undefined ? [] : [messages.say("mains", { hz: mains })]),
  ];
  return messages.say("filtered", { filters: parts.join(", ") });
}
