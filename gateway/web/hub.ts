/** The hub's own state, and what this API is. */
import type { FastifyInstance } from "fastify";
import * as schema from "../schema/hub";
import { openApi } from "./openapi";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

export function addHub(app: FastifyInstance, { hub, status, clock }: ApiParts): void {
  addRoute(app, schema.healthz, (_asked, _request, reply) => {
    const { ok } = hub.health;
    reply.code(ok ? 200 : 503);
    return { ok };
  });

  addRoute(app, schema.status, () => {
    const devices = hub.reader.devices();
    const sum = (of: (device: (typeof devices)[number]) => number) =>
      devices.reduce((total, device) => total + of(device), 0);
    const now = status?.();
    return {
      kind: hub.reader.kind,
      version: now?.version,
      now: clock.now(),
      health: hub.health,
      problems: now?.problems ?? [],
      said: now?.said,
      limits: (now?.limits ?? []).map(({ alias: _, ...limit }) => ({
        ...limit,
        name: devices.find(({ id }) => id === limit.device)?.name,
      })),
      handhelds: devices.length,
      recordings: sum(({ recordings }) => recordings),
      backlog: sum(({ status }) => status?.backlog ?? 0),
    };
  });

  addRoute(app, schema.openapi, () => openApi());
}
