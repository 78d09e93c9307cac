/** Clinicians' links: made, listed and ended by the owner, looked at by whoever has one. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";
import * as schema from "./schema/session";

export function addLinks(app: FastifyInstance, { hub, links, scheme }: ApiParts): void {
  addRoute(app, schema.link, (_asked, request) => request.asker!.link!);

  addRoute(app, schema.links, () => ({ links: links.list() }));

  addRoute(app, schema.makeLink, ({ body }, request) => {
    const { recording, hours, label } = body;
    const { token, ...link } = links.make(hub.reader.recording(recording).id, hours, label);
    // Behind the #, where no server, proxy or log on the way sees it.
    return { ...link, address: `${scheme}://${request.headers.host}/link#${token}` };
  });

  addRoute(app, schema.revokeLink, ({ params }) => {
    if (links.revoke(params.id)) return {};
    throw new Refused(404, "ACCESS_LINK", "there is no such link; it may have expired");
  });
}
