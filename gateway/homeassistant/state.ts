/** What a handheld says of itself as a device: nothing of the ECG, no name, no number of a recording. */
import { ClockTrust } from "../../protocol/open";
import { hasContact } from "../health/contact";
import type { Limit } from "../health/limits";
import type { DeviceInfo, RecordingInfo } from "../store/infos";
import type { StoreReader } from "../store/reader";
import { percentOf, problemOf } from "./hubstate";

/** A handheld in reach says something once a minute; two messages may be lost. */
const CONNECTED_MS = 150_000;

export type HandheldView = Pick<
  StoreReader,
  "kind" | "devices" | "newestRecording" | "newestMark" | "pseudonym"
>;

/** As JSON for the state topic; null where nothing is known. */
export interface StateMessage {
  /** Volts. */
  battery: number | null;
  /** Whether the electrodes touch, while a recording runs that arrives here. */
  electrodes: "ON" | "OFF" | null;
  /** Frames that wait in the handheld. */
  backlog: number | null;
  /** Per cent of its flash, and whether that is a problem. */
  memory: number | null;
  memory_problem: "ON" | "OFF" | null;
  /** ISO 8601; when the newest recording began. */
  last_recording: string | null;
  /** A sealed message of it came lately: presence on MQTT is said under an alias, which proves nothing. */
  connected: "ON" | "OFF";
}

/** @param ring its limit; @throws FRAME_TAG, errors of SQLite */
export function stateMessage(
  view: HandheldView,
  device: DeviceInfo,
  ring: Limit | undefined,
  now: number,
): StateMessage {
  const { lastContact, status } = device;
  const recording = view.newestRecording(device.id);
  const isConnected = lastContact !== undefined && Math.abs(now - lastContact) < CONNECTED_MS;
  return {
    // A board that cannot read its battery says 0.
    battery: status && status.batteryMillivolts > 0 ? Math.round(status.batteryMillivolts / 10) / 100 : null,
    electrodes: isConnected ? electrodesOf(hasContact(view, recording)) : null,
    backlog: status?.backlog ?? null,
    memory: percentOf(ring),
    memory_problem: problemOf(ring),
    last_recording: recording ? beganAt(recording) : null,
    connected: isConnected ? "ON" : "OFF",
  };
}

function electrodesOf(contact: boolean | undefined): "ON" | "OFF" | null {
  if (contact === undefined) return null;
  return contact ? "ON" : "OFF";
}

/** By the handheld's clock only if the hub had set it. */
function beganAt({ startMs, trust, firstAt }: RecordingInfo): string | null {
  const at = trust === ClockTrust.setByHub && startMs > 0 ? startMs : firstAt;
  return at === undefined ? null : new Date(at).toISOString();
}
