/** Handhelds: what they say of themselves, and what they are told. */
import type { FastifyInstance } from "fastify";
import { type Command, MonitorState, Op } from "../../protocol/command";
import { RecordingMode } from "../../protocol/open";
import { connectionOf } from "../health/connection";
import type { HubStatus } from "../health/status";
import type { DeviceInfo } from "../store/infos";
import { trustOf } from "./names";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";
import * as schema from "./schema/devices";

const STATES: Record<number, "idle" | "recording" | "sending"> = {
  [MonitorState.idle]: "idle",
  [MonitorState.recording]: "recording",
  [MonitorState.draining]: "sending",
};

export function addDevices(app: FastifyInstance, { hub, status }: ApiParts): void {
  addRoute(app, schema.devices, () => {
    const now = status?.();
    return { devices: hub.reader.devices().map((device) => deviceOf(device, now)) };
  });

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

function deviceOf(device: DeviceInfo, now: HubStatus | undefined): schema.Device {
  const { status } = device;
  const connection = connectionOf(device.alias, now);
  const strengths = connection?.links.flatMap(({ rssi }) => (rssi === undefined ? [] : [rssi])) ?? [];
  return {
    ...device,
    connection: connection && {
      since: connection.since,
      rssi: strengths.length > 0 ? Math.max(...strengths) : undefined,
    },
    status: status && { ...status, state: STATES[status.state]!, clock: trustOf(status.trust) },
  };
}
