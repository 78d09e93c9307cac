/** Handhelds near the hub that nobody owns: they say a name, and one with an owner says none. */
import type { HubStatus } from "../health/status";
import type { NearbyStatus } from "../radio/radio";

/** Who was not heard for so long may be gone. */
const STALE_MS = 15_000;

/** The strongest first. A handheld that several adapters hear is one. */
export function unclaimedNearby(status: HubStatus | undefined, now: number): NearbyStatus[] {
  const byAddress = new Map<string, NearbyStatus>();
  for (const seen of status?.radio?.nearby ?? []) {
    if (seen.name === undefined || now - seen.heardAt > STALE_MS) continue;
    const known = byAddress.get(seen.address);
    if (!known || known.rssi < seen.rssi) byAddress.set(seen.address, seen);
  }
  return [...byAddress.values()].sort((a, b) => b.rssi - a.rssi);
}

/** How far, as much as one figure can tell. */
export function distanceText(rssi: number): "very near" | "in the room" | "far" {
  if (rssi >= -55) return "very near";
  return rssi >= -75 ? "in the room" : "far";
}
