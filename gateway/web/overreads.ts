/** Over-reads: what clinicians say of a recording, beside what the analysis said. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import { overReadOf } from "../answers/overread";
import * as schema from "../schema/overreads";
import { codeOf } from "../store/errors";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

/** Each costs a leaf of the log for ever: a link that went astray fills none. */
const MAX_REQUESTS_A_MINUTE = 10;

export function addOverReads(app: FastifyInstance, { hub }: ApiParts): void {
  const { reader } = hub;
  /** Of a recording, by its whole id, oldest first. */
  const of = (id: string): schema.OverRead[] =>
    reader.overReads(id).map((one, index) => ({ ...one, number: index + 1 }));

  addRoute(app, schema.overReads, ({ params }) => ({ overReads: of(reader.recording(params.id).id) }));

  addRoute(
    app,
    schema.overRead,
    ({ params, body }, request) => {
      const { id } = reader.recording(params.id);
      const { id: link, label } = request.asker!.link!;
      hub.overRead(id, { ...saidOf(() => overReadOf(reader, id, body)), link: { id: link, label } });
      return of(id).at(-1)!;
    },
    { rateLimit: { max: MAX_REQUESTS_A_MINUTE } },
  );
}

/** @throws Refused for what is no reading of this recording */
function saidOf<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = codeOf(error);
    if (!code.startsWith("OVERREAD_")) throw error;
    throw new Refused(code === "OVERREAD_ANALYSIS" ? 404 : 400, code, (error as Error).message);
  }
}
