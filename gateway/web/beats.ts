/** Beats of a recording, as they are kept. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import { requestAnalysis } from "../findings/again";
import { analysedLead } from "../findings/lead";
import { ANALYSIS_VERSION } from "../rhythm/analysis";
import type { Beat } from "../rhythm/types";
import { BINARY } from "../schema/endpoint";
import * as schema from "../schema/findings";
import { codeOf } from "../store/errors";
import { answerBytes } from "./binary";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

export function addBeats(app: FastifyInstance, { hub, dataDir, freshBeats }: ApiParts): void {
  const { reader } = hub;

  addRoute(app, schema.beats, ({ params, query }, request, reply) => {
    const { from = 0, to = Number.POSITIVE_INFINITY } = query;
    const { id, open } = reader.recording(params.id);
    // Refuses what is not there to be read.
    reader.blocks(id);
    const kept = asKept(id, () => reader.findings.beats(id, query));
    const said = freshBeats?.(id);
    // Of an analysis that began anew there is nothing yet that those which are kept go on with.
    const fresh = said?.number === kept?.number ? said : undefined;
    const known = fresh ?? kept;
    if (!known) requireAnalysable(() => analysedLead(open!));
    const more = (fresh?.beats ?? []).filter(({ sample }) => sample >= from && sample < to);
    const bytes = packed([...(kept?.beats ?? []), ...more]);
    reply.headers({
      "content-type": BINARY,
      ...(kept && { [schema.BEATS_HEADERS.analysis]: String(kept.number) }),
      ...(known && {
        [schema.BEATS_HEADERS.version]: kept?.version ?? ANALYSIS_VERSION,
        [schema.BEATS_HEADERS.lead]: String(known.lead),
      }),
      [schema.BEATS_HEADERS.count]: String(bytes.length / schema.BEAT_BYTES),
      [schema.BEATS_HEADERS.samples]: String(known?.samples ?? 0),
    });
    return answerBytes(bytes, request, reply);
  });

  /** @throws Refused 503 where some are gone that this version finds again, and has it do so; 409 for another's */
  function asKept<T>(id: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!/^STORE_(BEATS|SECRET)$/.test(codeOf(error))) throw error;
      if (reader.findings.telling(id)?.version !== ANALYSIS_VERSION)
        throw new Refused(
          409,
          "STORE_BEATS",
          `the beats that go with these findings are gone, and this avnode has another version of analysis: 'avnode findings ${id.slice(0, 8)} --again' on the hub analyses it anew`,
        );
      requestAnalysis(dataDir, id);
      throw new Refused(
        503,
        "WEB_READING",
        "the kept beats are gone or damaged, and are found again; ask again in a few seconds",
      );
    }
  }
}

/** @throws Refused 422 with the analysis' own code */
function requireAnalysable(look: () => unknown): void {
  try {
    look();
  } catch (error) {
    throw new Refused(422, codeOf(error), (error as Error).message);
  }
}

function packed(beats: Beat[]): Buffer {
  const bytes = Buffer.alloc(beats.length * schema.BEAT_BYTES);
  let at = 0;
  for (const { sample, class: kind, confidence } of beats) {
    bytes.writeUInt32LE(sample, at);
    bytes[at + 4] = schema.BEAT_CLASSES.indexOf(kind);
    bytes[at + 5] = Math.round(255 * confidence);
    at += schema.BEAT_BYTES;
  }
  return bytes;
}
