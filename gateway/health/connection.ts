/** What only the running hub knows: where a handheld is connected right now. */
import type { LinkStatus } from "../radio/radio";
import type { HubStatus } from "./status";

export interface Connection {
  /** Unix time in ms. */
  since: number;
  links: Pick<LinkStatus, "id" | "adapter" | "rssi">[];
}

/** @param alias in hex */
export function connectionOf(alias: string, hub: HubStatus | undefined): Connection | undefined {
  const presence = hub?.presences.find((one) => one.alias === alias);
  if (!presence) return undefined;
  const links = hub?.radio?.links.filter(({ id }) => presence.links.includes(id)) ?? [];
  return { since: presence.since, links: links.map(({ id, adapter, rssi }) => ({ id, adapter, rssi })) };
}
