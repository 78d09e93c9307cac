/** What analysis says of a recording, and its beats. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import type { Rhythm } from "../rhythm/types";
import { isEventKind } from "../store/findings/group";
import type { AnalysisInfo } from "../store/findings/types";
import { BeatFinder } from "./beatfinder";
import { answerBytes } from "./binary";
import type { ApiParts } from "./parts";
import { patient } from "./patient";
import { addRoute } from "./route";
import { BINARY } from "./schema/endpoint";
import * as schema from "./schema/findings";
import type { RecordingEvent } from "./schema/recordings";

/** A day takes half a minute; then the asker comes again. */
const PATIENCE_MS = 20_000;
/** What a clinician would look at first. */
const WEIGHTIEST: Rhythm[] = ["vrun", "af", "pause", "tachy", "brady", "ectopy", "other", "sinus"];

export function addFindings(app: FastifyInstance, { hub, dataDir, clock }: ApiParts): void {
  const { reader, events } = hub;
  const finder = new BeatFinder({ dataDir, clock });
  const unlisten = events.on("erased", (id) => finder.forget(id));
  app.addHook("onClose", async () => {
    unlisten();
    await finder.stop();
  });

  addRoute(app, schema.findings, ({ params, query }) => {
    const { id } = reader.recording(params.id);
    const analyses = reader.findings.of(id);
    if (query.analysis === undefined) return { analyses, analysis: reader.findings.telling(id) };
    const analysis = analyses.find(({ number }) => number === query.analysis);
    if (!analysis) throw new Refused(404, "WEB_ANALYSIS", `no analysis ${id}/${query.analysis} is kept`);
    return { analyses, analysis };
  });

  addRoute(app, schema.beats, async ({ params, query }, request, reply) => {
    const { id } = reader.recording(params.id);
    const { from = 0, to = Number.POSITIVE_INFINITY } = query;
    // Refuses what is not there to be read, without a thread.
    reader.blocks(id);
    const found = await patient(finder.find(id), PATIENCE_MS, clock);
    const bytes = between(found.beats, from, to);
    reply.headers({
      "content-type": BINARY,
      [schema.BEATS_HEADERS.version]: found.version,
      [schema.BEATS_HEADERS.lead]: String(found.lead),
      [schema.BEATS_HEADERS.count]: String(bytes.length / schema.BEAT_BYTES),
      [schema.BEATS_HEADERS.samples]: String(found.samples),
    });
    return answerBytes(bytes, request, reply);
  });
}

/** Beats whose sample lies there. They are in order. */
function between(beats: Buffer, from: number, to: number): Buffer {
  const firstBehind = (sample: number) => {
    let [low, high] = [0, beats.length / schema.BEAT_BYTES];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (beats.readUInt32LE(middle * schema.BEAT_BYTES) < sample) low = middle + 1;
      else high = middle;
    }
    return low * schema.BEAT_BYTES;
  };
  return beats.subarray(firstBehind(from), Math.max(firstBehind(from), firstBehind(to)));
}

/** @param analysis the one that tells most */
export function headlineOf(analysis: AnalysisInfo | undefined): schema.Headline | undefined {
  if (!analysis || analysis.episodes.length === 0) return undefined;
  const { episodes, summary, ended } = analysis;
  const rhythm =
    WEIGHTIEST.find((kind) => episodes.some((one) => one.rhythm === kind)) ?? ("unreadable" as const);
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
