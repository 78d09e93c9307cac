/** Over-reads: what clinicians say of a recording, beside what the analysis said. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import type { AnalysisInfo } from "../store/findings/types";
import type { OverReadFinding } from "../store/layers/rows";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";
import * as schema from "./schema/overreads";

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
      const { id, samples } = reader.recording(params.id);
      if (body.findings.length === 0 && body.comment === "")
        throw new Refused(
          400,
          "WEB_OVERREAD",
          "a signature alone says nothing: accept, change or add a finding, or write a comment",
        );
      const analysis = analysisOf(reader.findings.of(id), body);
      const { id: link, label } = request.asker!.link!;
      hub.overRead(id, {
        name: body.name,
        link: { id: link, label },
        analysis: analysis && { number: analysis.number, version: analysis.version },
        findings: body.findings.map((said) => kept(said, analysis, samples)),
        comment: body.comment,
      });
      return of(id).at(-1)!;
    },
    { rateLimit: { max: MAX_REQUESTS_A_MINUTE } },
  );
}

/** @throws Refused 404 for one that is not kept */
function analysisOf(all: AnalysisInfo[], { analysis: number }: { analysis?: number }) {
  const analysis = all.find((one) => one.number === number);
  if (number !== undefined && !analysis)
    throw new Refused(404, "WEB_ANALYSIS", `no analysis ${number} of this recording is kept`);
  return analysis;
}

/** @throws Refused 400 for an episode that the analysis has not, or a stretch that the recording has not */
function kept(
  said: schema.OverReadSaid,
  analysis: AnalysisInfo | undefined,
  samples: number,
): OverReadFinding {
  const { verdict, note } = said;
  const automatic = said.verdict === "added" ? undefined : analysis?.episodes[said.episode];
  if (said.verdict !== "added" && !automatic)
    throw new Refused(
      400,
      "WEB_EPISODE",
      `that analysis has no episode ${said.episode}; read its findings anew`,
    );
  if (said.verdict !== "added" && said.verdict !== "changed") return { verdict, automatic, note };
  const { rhythm, from, to } = said;
  if (from >= to || to > samples)
    throw new Refused(
      400,
      "WEB_STRETCH",
      `samples ${from} to ${to} are no stretch of this recording's ${samples}`,
    );
  return { verdict, automatic, finding: { rhythm, from, to }, note };
}
