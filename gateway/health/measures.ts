/** How full what has a limit is: one function for each. */
import type { Health } from "../store/commit";
import type { DeviceInfo } from "../store/infos";
import { type Disk, isFew, isLast } from "./disk";
import type { Measure } from "./limits";

/** What SQLite says of a disk without room. */
const NO_ROOM = /^SQLITE_FULL/;
const FULL_PERMILLE = 1000;
/** Of a disk on which there is little room, whatever its share. */
const FEW_PERMILLE = 900;

/** Of each handheld that ever said so, as it said last. */
export function rings(view: {
  devices(): Pick<DeviceInfo, "id" | "alias" | "status" | "lastContact">[];
}): Measure {
  return (now) =>
    view
      .devices()
      .flatMap(({ id: device, alias, status, lastContact: at = now }) =>
        status ? [{ what: "ring", permille: status.ringPermille, device, alias, at }] : [],
      );
}

/** By how many deliveries wait in it. */
export function outbox(carrier: { permille(): number }): Measure {
  return (at) => [{ what: "outbox", permille: carrier.permille(), at }];
}

/** Full, too, where the store just found it so. */
export function disk(read: () => Disk, health: () => Pick<Health, "reason">): Measure {
  return (at) => [{ what: "disk", permille: diskPermille(read(), health().reason), at }];
}

function diskPermille(room: Disk, reason = ""): number {
  if (NO_ROOM.test(reason) || isLast(room)) return FULL_PERMILLE;
  const used = FULL_PERMILLE - 10 * room.freePercent;
  return isFew(room) ? Math.max(FEW_PERMILLE, used) : used;
}
