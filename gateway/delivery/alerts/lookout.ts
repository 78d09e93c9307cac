/** What the family should know of now. Nothing here names a person. */

import type { CopyState } from "../../backup/status";
import { problemsOfStore } from "../../health/health";
import { isPressing } from "../../health/limits";
import type { HubStatus } from "../../health/status";
import type { Delivery } from "../../store/outbox/outbox";
import type { StoreReader } from "../../store/reader";
import type { Wrong } from "./pile";

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;

export interface LookoutParts {
  status(): Pick<HubStatus, "problems" | "said" | "limits" | "store">;
  reader: {
    devices(): Pick<ReturnType<StoreReader["devices"]>[number], "id" | "name" | "lastContact" | "revoked">[];
    findings: {
      listed(): Pick<ReturnType<StoreReader["findings"]["listed"]>[number], "id" | "kind" | "toMs">[];
    };
    /** Ids of recordings. */
    altered(): string[];
  };
  outbox: { list(): Pick<Delivery, "id" | "state" | "since">[] };
  copies(): Pick<CopyState, "place" | "kind" | "ok" | "late">[];
}

/**
 * Urgent is where recordings are lost, or will be before the morning: a handheld's memory or the hub's disk is full, or the
 * store cannot be written. A finding is not: this is no emergency call.
 */
export function lookOut(parts: LookoutParts, now: number, silentHours: number): Map<string, Wrong> {
  const { status, reader, outbox, copies } = parts;
  const wrong = new Map<string, Wrong>();
  const { problems, said, limits, store } = status();
  const losing = problemsOfStore(store).map(({ text }) => text);
  // A count within a problem does not make another of it.
  for (const [n, text] of problems.entries())
    wrong.set(`problem ${text.replace(/\d+/g, "")}`, {
      ...{ text, said: said?.[n], topic: "hub" },
      urgent: losing.includes(text),
    });
  for (const { what, device, level, permille, advice } of limits.filter(isPressing)) {
    const name = device === undefined ? undefined : nameOf(device);
    const which = name === undefined ? `the ${what}` : `the memory of handheld ${name}`;
    wrong.set(`limit ${what} ${device ?? ""}`, {
      text: `${which} is ${Math.floor(permille / 10)} % full: ${advice}`,
      said: { code: "limit", values: { what, level, permille, ...(name !== undefined && { name }) } },
      topic: what === "ring" ? "handheld" : "hub",
      urgent: what !== "outbox" && level === "full",
    });
  }
  for (const { id, lastContact } of reader.devices())
    if (lastContact !== undefined && now - lastContact > silentHours * HOUR_MS)
      wrong.set(`silent ${id}`, {
        text: `nothing was heard of handheld ${nameOf(id)} for ${silentHours} hours: see that it is charged, and near the hub`,
        said: { code: "silent", values: { name: nameOf(id), hours: silentHours } },
        topic: "handheld",
      });
  for (const { id, revoked } of reader.devices())
    if (revoked)
      wrong.set(`revoked ${id}`, {
        text: `the maker of handheld ${nameOf(id)} has revoked it: do not use it, and see 'avnode revocations'`,
        said: { code: "revoked", values: { name: nameOf(id) } },
        topic: "handheld",
      });
  for (const id of reader.altered())
    wrong.set(`altered ${id}`, {
      text: `recording ${id} was altered where it is kept: run 'avnode verify', and keep the backups that there are`,
      said: { code: "altered", values: { id } },
      topic: "hub",
    });
  for (const { place, kind, ok, late } of copies())
    if (late || !ok)
      wrong.set(`copy ${place}`, {
        text: `the ${kind} ${place} is too old or failed: see why on the hub's page, under Backup`,
        said: { code: "copy", values: { place } },
        topic: "hub",
      });
  for (const { id, state, since } of outbox.list())
    if ((state === "failed" || state === "bounced") && now - since < DAY_MS)
      wrong.set(`delivery ${id} ${since}`, {
        text: "a report did not get to whom it was sent: see why on the hub's page, under Recipients",
        said: { code: "delivery" },
        topic: "delivery",
        once: true,
      });
  for (const { id, kind, toMs } of reader.findings.listed())
    if (kind === "af" && toMs !== undefined && now - toMs < DAY_MS)
      wrong.set(`finding ${id}`, {
        text: "possible AF in a recording: show a clinician. It is on the hub's page",
        said: { code: "finding" },
        topic: "finding",
        once: true,
      });
  return wrong;

  function nameOf(device: string): string {
    return reader.devices().find(({ id }) => id === device)?.name ?? device.slice(0, 8);
  }
}
