/** How full the hub itself is: its disk, and whatever else has a limit that is no handheld's. */
import { isPressing, type Limit, type LimitName } from "../health/limits";

export interface LimitView {
  /** The fullest first. @throws what measuring does */
  list(): Limit[];
}

/** Home Assistant takes no longer state. */
const MAX_TEXT_LENGTH = 255;

/** Per cent, whether that is a problem, and what to do next; null where nothing is known or to be done. */
export type HubMessage = Record<string, number | "ON" | "OFF" | string | null>;

/** Of what the hub has limits, apart from its handhelds. */
export function hubLimits(limits: Limit[]): LimitName[] {
  return [...new Set(limits.flatMap(({ what, device }) => (device === undefined ? [what] : [])))].sort();
}

/** Which of two states, as Home Assistant knows them. */
export function problemOf(limit: Limit | undefined): "ON" | "OFF" | null {
  if (!limit || limit.level === "unknown") return null;
  return isPressing(limit) ? "ON" : "OFF";
}

export function percentOf(limit: Limit | undefined): number | null {
  return limit && limit.level !== "unknown" ? Math.floor(limit.permille / 10) : null;
}

export function hubMessage(limits: Limit[]): HubMessage {
  const message: HubMessage = {};
  for (const name of hubLimits(limits)) {
    const limit = limits.find(({ what, device }) => what === name && device === undefined);
    message[name] = percentOf(limit);
    message[`${name}_problem`] = problemOf(limit);
  }
  message.do_next = limits.find(isPressing)?.advice?.slice(0, MAX_TEXT_LENGTH) ?? null;
  return message;
}
