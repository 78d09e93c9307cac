/** What only the running hub knows: where a handheld is connected right now. */
import type { HubStatus } from "../health/status";
import type { LinkStatus } from "../radio/radio";
import type { Terminal } from "./terminal";

export interface Connection {
  /** Unix time in ms. */
  since: number;
  links: Pick<LinkStatus, "id" | "adapter" | "rssi">[];
}

/** The store's files have their own story: a hub that does not answer is told of, and done without. */
export async function askHub(dataDir: string, terminal: Terminal): Promise<HubStatus | undefined> {
  const { askStatus } = require("../health/socket") as typeof import("../health/socket");
  try {
    return await askStatus(dataDir);
  } catch (error) {
    terminal.say((error as Error).message);
    return undefined;
  }
}

/** @param alias in hex */
export function connectionOf(alias: string, hub: HubStatus | undefined): Connection | undefined {
  const presence = hub?.presences.find((one) => one.alias === alias);
  if (!presence) return undefined;
  const links = hub?.radio?.links.filter(({ id }) => presence.links.includes(id)) ?? [];
  return { since: presence.since, links: links.map(({ id, adapter, rssi }) => ({ id, adapter, rssi })) };
}

/** A radio need not know the strength of a link; of several the strongest counts. */
export function signalText(connection: Connection | undefined): string {
  if (!connection) return "away";
  const known = connection.links.flatMap(({ rssi }) => (rssi === undefined ? [] : [rssi]));
  return known.length === 0 ? "here" : `${Math.max(...known)} dBm`;
}
