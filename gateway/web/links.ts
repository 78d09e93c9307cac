/** Clinicians' links: made, listed and ended by the owner, looked at by whoever has one. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import * as schema from "../schema/session";
import { type ApiParts, isDemo } from "./parts";
import { addRoute } from "./route";

export function addLinks(app: FastifyInstance, parts: ApiParts): void {
  const { hub, links, scheme } = parts;

  // Of each request, for a recording may be given to somebody else; before the ledger says that it left.
  app.addHook("preHandler", async (request) => {
    const link = request.asker?.link;
    if (link && hub.reader.personOf(link.recording)?.id !== link.person)
      throw new Refused(
        403,
        "WEB_REASSIGNED",
        "this recording is not the person's any more whose it was when this link was made, and is not shown by it; ask its owner for a new one",
      );
  });

  addRoute(app, schema.link, (_asked, request) => ({ ...request.asker!.link!, demo: isDemo(parts) }));

  addRoute(app, schema.links, () => ({ links: links.list() }));

  addRoute(app, schema.makeLink, ({ body }, request) => {
    const { recording, hours, label } = body;
    const { id } = hub.reader.recording(recording);
    const person = hub.reader.personOf(id)?.id;
    if (person === undefined)
      throw new Refused(
        409,
        "WEB_UNASSIGNED",
        "this recording is nobody's yet, and such a one is sent to nobody: say whose it is first, under 'Belongs to'",
      );
    const { token, ...link } = links.make({ recording: id, person, hours, label });
    // Behind the #, where no server, proxy or log on the way sees it.
    return { ...link, address: `${scheme}://${request.headers.host}/link#${token}` };
  });

  addRoute(app, schema.revokeLink, ({ params }) => {
    if (links.revoke(params.id)) return {};
    throw new Refused(404, "ACCESS_LINK", "there is no such link; it may have expired");
  });
}
