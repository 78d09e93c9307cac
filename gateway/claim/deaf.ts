/** Why a hub itself hears no handheld, so that a claim waits for relays elsewhere, or for nothing. */
import type { HubStatus } from "../health/status";
import type { Deaf } from "../schema/claims";
import type { ClaimAnswer } from "./answers";

export interface Deafness {
  code: Deaf;
  why: string;
  next: string;
}

/** @returns nothing where it hears, and where no hub says how it is */
export function deafness(hub: HubStatus | undefined): Deafness | undefined {
  if (!hub || hub.radio?.simulated) return undefined;
  if (!hub.radio)
    return {
      code: "no-radio",
      why: "it runs without a radio",
      next: "see that a relay runs near the handheld",
    };
  const { adapters } = hub.radio;
  if (adapters.length === 0)
    return { code: "no-adapter", why: "no Bluetooth adapter is here", next: "plug one in" };
  // One that starts is about to hear.
  if (adapters.some(({ state }) => state === "on" || state === "starting")) return undefined;
  const why = adapters.map(({ id, state }) => `${id} ${STATES[state] ?? state}`).join(", ");
  const next = adapters.find(({ advice }) => advice !== undefined)?.advice;
  return { code: "adapters-off", why, next: next ?? "'avnode status' shows what becomes of it" };
}

/** Why a claim ended without a handheld, where the hub hears none. */
export function unheard({ why, next }: Deafness): ClaimAnswer {
  return {
    detail: `this hub hears nothing itself (${why}), and no relay elsewhere heard a handheld whose button was held`,
    next: `${next}; then claim again`,
  };
}

const STATES: Partial<Record<string, string>> = {
  off: "is switched off",
  "no-permission": "may not be used",
  gone: "is gone",
  recovering: "does not answer",
};
