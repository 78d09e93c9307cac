/** What the hub tells monitoring on its own machine; rules.ts holds it to that. */
import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics";
import type { HubStatus } from "./status";

export interface HealthView {
  status(): HubStatus;
  metrics: Pick<Metrics, "text" | "contentType">;
}

export function addHealth(app: FastifyInstance, { status, metrics }: HealthView): void {
  app.get("/health", async (_request, reply) => {
    const now = status();
    return reply.code(now.ok ? 200 : 503).send(publicPart(now));
  });
  app.get("/metrics", async (_request, reply) =>
    reply
      .type(metrics.contentType)
      .serializer(String)
      .send(await metrics.text()),
  );
}

/** Without addresses of handhelds, their names on the air and paths: it ends up in other programs' logs. */
function publicPart(status: HubStatus) {
  const { ok, problems, version, startedAt, store, analysis, limits, broker, radio, presences } = status;
  return {
    ok,
    problems,
    version,
    startedAt,
    store: store && { ok: store.ok, reason: store.reason, since: store.since, disk: store.disk },
    analysis: analysis && {
      running: analysis.running,
      behindSeconds: analysis.behindSeconds,
      aside: analysis.aside.length,
    },
    limits: limits.map(({ device: _device, alias: _alias, ...limit }) => limit),
    broker: { connected: broker.connected },
    radio: radio && {
      simulated: radio.simulated,
      healthy: radio.healthy,
      adapters: radio.adapters.map(({ state, links }) => ({ state, links })),
    },
    connected: presences.length,
  };
}
