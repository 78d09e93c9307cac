/** Where data lies when nobody says otherwise. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { DataKind } from "../store/claims";

const SUFFIXES: Record<DataKind, string> = { home: "", demo: "-demo", import: "-import" };

/** `$AVNODE_DATA`, or what systemd keeps for a service (StateDirectory=), or `avnode` in the user's data directory; demo and imports beside it. */
export function defaultDataDir(kind: DataKind, env: NodeJS.ProcessEnv = process.env): string {
  const home =
    env.AVNODE_DATA ||
    env.STATE_DIRECTORY?.split(":")[0] ||
    join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "avnode");
  return home + SUFFIXES[kind];
}
