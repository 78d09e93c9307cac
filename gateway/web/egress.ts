/** What left the house: what somebody asked for, and what goes out by itself. */
import type { FastifyInstance } from "fastify";
import { copiesBeside } from "../backup/status";
import * as schema from "../schema/egress";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

const DEFAULT_LISTED = 50;

export function addEgress(app: FastifyInstance, { egress, dataDir, clock, outlets = [] }: ApiParts): void {
  // Before anything of the recording is answered.
  app.addHook("preHandler", async (request) => {
    const link = request.asker?.link;
    if (!link) return;
    const to = link.label ?? "whoever has the link";
    egress.tell({ kind: "link", to, address: request.ip, recording: link.recording, link: link.id });
  });

  addRoute(app, schema.egress, ({ query }) => {
    const { limit = DEFAULT_LISTED, before } = query;
    const entries = egress.list(limit, before);
    const copies = copiesBeside(dataDir, clock.now()).map(({ place, kind, verifiedAt }) => ({
      kind: kind === "mirror" ? ("mirror" as const) : ("backup" as const),
      to: place,
      readable: false,
      at: verifiedAt,
    }));
    const next = entries.length === limit ? entries.at(-1)!.id : undefined;
    return { entries, next, standing: [...outlets, ...copies] };
  });
}
