/** What Home Assistant is told of the heart, where its owner switched that on. */
import type { HealthValues } from "../homeassistant/values";
import type { StoreReader } from "../store/reader";
import type { Analyst } from "./analyst";
import { eventText, rhythmText } from "./words";

/** With its day: the last finding may be of another. Local time, as "2026-11-28 20:03". */
function timeOf(unixMs: number): string {
  const local = new Date(unixMs - new Date(unixMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16).replace("T", " ");
}

export function healthValues(
  analyst: Pick<Analyst, "newest">,
  reader: Pick<StoreReader, "findings" | "devices">,
): HealthValues {
  return {
    newest(device) {
      const pulse = analyst.newest(device);
      if (!pulse) return undefined;
      const last = reader.findings.listed(device).at(-1);
      const isDemo = reader.devices().some((one) => one.id === device && one.class === "simulated");
      return {
        at: pulse.at,
        heartRate: pulse.heartRate,
        rhythm: pulse.rhythm && rhythmText(pulse.rhythm),
        finding: last && eventText(last, timeOf, isDemo),
      };
    },
  };
}
