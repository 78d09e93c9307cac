/** What the family should know of now. Nothing here names a person, and a finding is told only where that was chosen. */

import { isPressing } from "../../health/limits";
import type { HubStatus } from "../../health/status";
import type { Delivery } from "../../store/outbox/outbox";
import type { StoreReader } from "../../store/reader";

const DAY_MS = 24 * 3600_000;

export interface LookoutParts {
  status(): Pick<HubStatus, "problems" | "limits">;
  reader: {
    devices(): Pick<ReturnType<StoreReader["devices"]>[number], "id" | "name" | "lastContact">[];
    findings: {
      listed(): Pick<ReturnType<StoreReader["findings"]["listed"]>[number], "id" | "kind" | "toMs">[];
    };
  };
  outbox: { list(): Pick<Delivery, "id" | "state" | "since">[] };
  findings: boolean;
  silentMs: number;
}

export function lookOut({ status, reader, outbox, findings, silentMs }: LookoutParts, now: number) {
  const wrong = new Map<string, string>();
  const { problems, limits } = status();
  // A count within a problem does not make another of it.
  for (const problem of problems) wrong.set(`problem ${problem.replace(/\d+/g, "")}`, problem);
  for (const limit of limits.filter(isPressing)) {
    const { what, device, level, permille, advice } = limit;
    const which = what === "ring" ? "a handheld's memory" : `the ${what}`;
    wrong.set(`${what} ${device} ${level}`, `${which} is ${Math.floor(permille / 10)} % full: ${advice}`);
  }
  for (const { id, name, lastContact } of reader.devices())
    if (lastContact !== undefined && now - lastContact > silentMs)
      wrong.set(
        `silent ${id}`,
        `nothing was heard of handheld ${name ?? id.slice(0, 8)} for ${Math.floor(silentMs / 3600_000)} hours: see that it is charged, and near the hub`,
      );
  for (const { id, state, since } of outbox.list())
    if ((state === "failed" || state === "bounced") && now - since < DAY_MS)
      wrong.set(`delivery ${id} ${since}`, "a report did not get to whom it was sent: see 'avnode outbox'");
  if (findings)
    for (const { id, kind, toMs } of reader.findings.listed())
      if (kind === "af" && toMs !== undefined && now - toMs < DAY_MS)
        wrong.set(`finding ${id}`, "possible AF in a recording: show a clinician. It is on the hub's page");
  return wrong;
}
