/** Handhelds: what they say of themselves, and what they are told. */
import type { FastifyInstance } from "fastify";
import { type Command, MonitorState, Op } from "../../protocol/command";
import { RecordingMode } from "../../protocol/open";
import type { NewestPulse } from "../findings/analyst";
import { connectionOf } from "../health/connection";
import { hasContact } from "../health/contact";
import type { HubStatus } from "../health/status";
import * as schema from "../schema/devices";
import type { DeviceInfo } from "../store/infos";
import { trustOf } from "./names";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

const STATES: Record<number, "idle" | "recording" | "sending"> = {
  [MonitorState.idle]: "idle",
  [MonitorState.recording]: "recording",
  [MonitorState.draining]: "sending",
};

/** A rate outside of it is none. Beats a minute. */
const LEAST_RATE = 20;
const MOST_RATE = 350;

export function addDevices(app: FastifyInstance, { hub, status, pulse }: ApiParts): void {
  const { reader } = hub;

  addRoute(app, schema.devices, () => {
    const now = status?.();
    return { devices: reader.devices().map((device) => deviceOf(device, now, runningOf(device.id))) };
  });

  function runningOf(id: string): schema.Device["running"] {
    const recording = reader.newestRecording(id);
    const contact = hasContact(reader, recording);
    if (!recording || contact === undefined) return undefined;
    return {
      recording: recording.id,
      contact,
      heart: contact ? heartOf(recording.id, pulse?.(id)) : undefined,
    };
  }

  addRoute(app, schema.nameDevice, ({ params, body }) => {
    hub.name(params.id, body.name);
    return {};
  });

  const tell = (id: string, command: Command) => ({ command: hub.command(id, command) });

  addRoute(app, schema.start, ({ params, body }) =>
    tell(params.id, { op: Op.start, mode: RecordingMode[body.mode], seconds: body.seconds }),
  );

  addRoute(app, schema.mark, ({ params }) => tell(params.id, { op: Op.mark }));

  addRoute(app, schema.stop, ({ params }) => tell(params.id, { op: Op.stop }));
}

/** @param pulse the newest of the handheld, perhaps of a recording before this one */
function heartOf(recording: string, pulse: NewestPulse | undefined) {
  if (pulse?.recording !== recording) return undefined;
  const { at, heartRate = Number.NaN, rhythm } = pulse;
  const isRate = rhythm !== "unreadable" && heartRate >= LEAST_RATE && heartRate <= MOST_RATE;
  return { at: Math.round(at), rate: isRate ? heartRate : undefined };
}

function deviceOf(
  device: DeviceInfo,
  now: HubStatus | undefined,
  running: schema.Device["running"],
): schema.Device {
  const { status } = device;
  const connection = connectionOf(device.alias, now);
  const strengths = connection?.links.flatMap(({ rssi }) => (rssi === undefined ? [] : [rssi])) ?? [];
  return {
    ...device,
    running,
    connection: connection && {
      since: connection.since,
      rssi: strengths.length > 0 ? Math.max(...strengths) : undefined,
    },
    status: status && { ...status, state: STATES[status.state]!, clock: trustOf(status.trust) },
  };
}
