/** What runs full, in the hub's log: once at each level, and when it is over. */
import type { Log } from "../store/log";
import { isPressing, type Limit } from "./limits";

export function logLimits(log: Log): (limits: Limit[], changed: Limit[]) => void {
  const pressing = new Set<string>();
  return (_limits, changed) => {
    for (const limit of changed) {
      const { what, device, permille, level, advice } = limit;
      const which = device === undefined ? what : `${what} of handheld ${device}`;
      const said = { limit: what, device, level, permille };
      if (isPressing(limit)) {
        pressing.add(which);
        log.warn(said, `${which}: ${Math.floor(permille / 10)} % full. Do next: ${advice}`);
      } else if (pressing.delete(which)) log.info(said, `${which}: has room again`);
    }
  };
}
