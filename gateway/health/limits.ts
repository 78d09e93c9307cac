/** What runs full: told at 80 and at 100 percent, so that nobody learns of it from what is lost. */
import type { Health } from "../store/commit";
import type { DeviceInfo } from "../store/infos";
import { type Disk, isLast } from "./disk";

const NEAR_PERMILLE = 800;
const FULL_PERMILLE = 1000;
/** What SQLite says of a disk without room. */
const NO_ROOM = /^SQLITE_FULL/;

export interface Limit {
  what: "ring" | "disk" | "outbox";
  level: "near" | "full";
  /** How full, in thousandths. */
  permille: number;
  /** Of a ring: its handheld's id. */
  device?: string;
  /** Unix ms: when that was so. */
  at: number;
}

/** The fullest first. @param now Unix ms */
export function limitsOf(
  devices: DeviceInfo[],
  disk: Disk | undefined,
  health: Health,
  now: number,
): Limit[] {
  const limits: Limit[] = [];
  for (const { id, status, lastContact } of devices)
    if (status)
      add(limits, { what: "ring", device: id, permille: status.ringPermille, at: lastContact ?? now });
  const stuck = NO_ROOM.test(health.reason ?? "") || (disk !== undefined && isLast(disk));
  if (stuck || disk)
    add(limits, {
      what: "disk",
      permille: stuck ? FULL_PERMILLE : FULL_PERMILLE - 10 * disk!.freePercent,
      at: now,
    });
  return limits.sort((a, b) => b.permille - a.permille);
}

function add(limits: Limit[], limit: Omit<Limit, "level">): void {
  if (limit.permille < NEAR_PERMILLE) return;
  limits.push({ ...limit, level: limit.permille >= FULL_PERMILLE ? "full" : "near" });
}
