/** Old recordings from the page: taken in pieces, filed, followed. What is filed the hub adopts (gateway/adopt). */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import type { Adopted } from "../adopt/adopt";
import { addPiece, beginCopy, endCopy, sweepCopies } from "../adopt/waiting";
import * as schema from "../schema/adoptions";
import { Adoptions } from "../store/adoptions";
import { type ApiParts, isDemo } from "./parts";
import { addRoute } from "./route";

export function addAdoptions(app: FastifyInstance, { hub, dataDir, clock }: ApiParts): void {
  const { reader } = hub;
  const adoptions = Adoptions.open<Adopted>(dataDir);
  app.addHook("onClose", async () => adoptions.close());

  const begun = () => {
    if (isDemo({ hub })) throw new Refused(409, "ADOPT_STORE", "a demo takes no recording of a person");
    const waiting = adoptions.waiting().map(({ file }) => file);
    sweepCopies(dataDir, waiting, clock.now());
    return beginCopy(dataDir);
  };

  addRoute(app, schema.adoptPiece, ({ query, body }) =>
    saidWhy(async () => {
      const { upload = begun(), at } = query;
      addPiece(dataDir, upload, at, body);
      return { upload };
    }),
  );

  addRoute(app, schema.adopt, ({ body: { upload, person } }) =>
    saidWhy(async () => {
      const name = person === undefined ? undefined : reader.people().find(({ id }) => id === person)?.name;
      if (person !== undefined && name === undefined)
        throw new Refused(404, "PERSON_UNKNOWN", `no person ${person} here`);
      await endCopy(dataDir, upload);
      return { adoption: adoptions.file(upload, name) };
    }),
  );

  addRoute(app, schema.adoption, ({ params }) => {
    const known = adoptions.get(params.id);
    if (!known)
      throw new Refused(404, "WEB_ADOPTION", `no file ${params.id} waits here or was adopted lately`);
    const { done, refused } = known;
    if (refused) return { state: "refused" as const, ...refused };
    if (!done) return { state: "waiting" as const };
    const { id, ...facts } = done;
    return { state: "adopted" as const, recording: id, ...facts };
  });
}

/** @throws Refused for a file that is not taken */
async function saidWhy<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    if (!(error instanceof Refused) && code.startsWith("ADOPT_")) throw new Refused(409, code, message);
    throw error;
  }
}
