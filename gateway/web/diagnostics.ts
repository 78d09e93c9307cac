/** A file for whoever looks for a fault: what the hub and its handhelds do, and nothing of whose heart it is about. */
import type { FastifyInstance } from "fastify";
import { copiesBeside } from "../backup/status";
import type { HubStatus } from "../health/status";
import { diagnostics } from "../schema/diagnostics";
import type { DeviceInfo, RecordingInfo } from "../store/infos";
import type { ApiParts } from "./parts";
import { pseudonymous } from "./pseudonymous";
import { addRoute } from "./route";

const MAX_RECORDINGS = 500;

export function addDiagnostics(
  app: FastifyInstance,
  { hub, status, dataDir, clock, egress, recentLog }: ApiParts,
): void {
  const { reader } = hub;
  const alias = (id: string) => reader.pseudonym("diagnostics", id);

  addRoute(app, diagnostics, (_asked, request, reply) => {
    const now = clock.now();
    const state = status?.();
    const devices = reader.devices();
    const recordings = reader.page(MAX_RECORDINGS);
    const ids = [...devices, ...recordings].map(({ id }) => id);
    egress.tell({ kind: "diagnostics", to: request.asker!.role, address: request.ip });
    reply.header("content-disposition", 'attachment; filename="avnode-diagnostics.json"');
    return {
      ...{ type: "avnode/diagnostics" as const, v: 1 as const, at: now },
      node: { version: process.version, platform: process.platform, arch: process.arch },
      memoryBytes: process.memoryUsage.rss(),
      kind: reader.kind,
      health: hub.health,
      hub: state && ofHub(state, now),
      limits: (state?.limits ?? []).map(({ alias: _, ...limit }) => ({
        ...limit,
        device: limit.device && alias(limit.device),
      })),
      handhelds: devices.map((device) => ({ handheld: alias(device.id), ...ofDevice(device) })),
      strangers: reader.refusals(),
      recordings: recordings.map((info) => ({
        ...{ recording: alias(info.id), handheld: alias(info.device) },
        ...ofRecording(info),
      })),
      log: { size: reader.log.newest()?.size ?? 0, logs: reader.log.logs().length },
      // Where they are tells of a house.
      copies: copiesBeside(dataDir, now).map(({ kind, at, verifiedAt, ok, late }) => ({
        ...{ kind, at, verifiedAt, ok, late },
      })),
      lines: pseudonymous(recentLog?.() ?? [], { ids, alias, dataDir }),
    };
  });
}

function ofHub({ version, roles, startedAt, ok, store, analysis, broker, radio }: HubStatus, now: number) {
  return {
    ...{ version, roles, ok, upSeconds: Math.floor((now - startedAt) / 1000) },
    disk: store?.disk,
    brokerConnected: broker.connected,
    analysis: analysis && { running: analysis.running, aside: analysis.aside.length },
    radio: radio && {
      ...{ simulated: radio.simulated, healthy: radio.healthy },
      adapters: radio.adapters.map(({ id, state, recoveries }) => ({ id, state, recoveries })),
      ...{ links: radio.links.length, nearby: radio.nearby.length },
      ...{ connects: radio.connects, closes: radio.closes, linkMs: radio.linkMs },
    },
  };
}

function ofDevice({ class: kind, epoch, claimedAt, lastContact, status, recordings, refusals }: DeviceInfo) {
  return { ...{ class: kind, epoch, claimedAt, lastContact, recordings, refusals }, status };
}

/** Neither when it was asked for nor what was felt. */
function ofRecording(info: RecordingInfo) {
  const { state, frames, holes, samples, dropped, flags, open, firstAt, lastAt, erasedAt } = info;
  return {
    ...{ state, frames, holes, samples, dropped, flags, firstAt, lastAt, erasedAt },
    form: open && {
      ...{ rateNum: open.rateNum, rateDen: open.rateDen, bits: open.bits, leads: open.leads.length },
      frontEnd: open.frontEnd,
    },
  };
}
