/** What analysis says of a recording. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import { BY_WEIGHT } from "../schema/byweight";
import * as schema from "../schema/findings";
import type { RecordingEvent } from "../schema/recordings";
import { isEventKind } from "../store/findings/group";
import type { AnalysisInfo } from "../store/findings/types";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

export function addFindings(app: FastifyInstance, { hub }: ApiParts): void {
  const { reader } = hub;

  addRoute(app, schema.findings, ({ params, query }) => {
    const { id } = reader.recording(params.id);
    const analyses = reader.findings.of(id);
    if (query.analysis === undefined) return { analyses, analysis: reader.findings.telling(id) };
    const analysis = analyses.find(({ number }) => number === query.analysis);
    if (!analysis) throw new Refused(404, "WEB_ANALYSIS", `no analysis ${id}/${query.analysis} is kept`);
    return { analyses, analysis };
  });
}

/** @param analysis the one that tells most */
export function headlineOf(analysis: AnalysisInfo | undefined): schema.Headline | undefined {
  if (!analysis || analysis.episodes.length === 0) return undefined;
  const { episodes, summary, ended } = analysis;
  const rhythm = BY_WEIGHT.find((kind) => episodes.some((one) => one.rhythm === kind))!;
  const own = episodes.filter((one) => one.rhythm === rhythm);
  const confidence = own.reduce((most, one) => Math.max(most, one.confidence), 0);
  return { rhythm, episodes: own.length, confidence, meanRate: summary?.meanRate, ended };
}

/** @param analysis the one that tells most */
export function findingEvents(analysis: AnalysisInfo | undefined): RecordingEvent[] {
  return (analysis?.episodes ?? []).flatMap((finding) =>
    isEventKind(finding.rhythm) ? [{ kind: "finding" as const, sample: finding.from, finding }] : [],
  );
}
