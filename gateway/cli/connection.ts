/** Asking the hub that runs on this directory, and saying what it knows of connections. */
import type { Connection } from "../health/connection";
import type { HubStatus } from "../health/status";
import { CliError, Exit, type Terminal } from "./terminal";

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

/** @param what is asked of it, in one word; @throws CliError unless another process runs a hub there */
export function requireHub(dataDir: string, what: string): void {
  const { lockDirectory } = require("../store/lock") as typeof import("../store/lock");
  let unlock: () => void;
  try {
    unlock = lockDirectory(dataDir);
  } catch (error) {
    if ((error as { code?: string }).code === "STORE_LOCKED") return;
    throw error;
  }
  unlock();
  throw new CliError(
    Exit.failed,
    `cannot ${what}: no hub runs on ${dataDir}; start it with 'avnode start' and ${what} from another terminal`,
  );
}

/** A radio need not know the strength of a link; of several the strongest counts. */
export function signalText(connection: Connection | undefined): string {
  if (!connection) return "away";
  const known = connection.links.flatMap(({ rssi }) => (rssi === undefined ? [] : [rssi]));
  return known.length === 0 ? "here" : `${Math.max(...known)} dBm`;
}
