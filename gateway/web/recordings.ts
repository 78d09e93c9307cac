/** Recordings: the list, one, its place in the log, and whether it is what its handheld made. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import type { Asked } from "../schema/endpoint";
import * as schema from "../schema/recordings";
import type { RecordingInfo } from "../store/infos";
import { headlineOf } from "./findings";
import { modeOf, trustOf } from "./names";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";
import { Verifier } from "./verifier";

const DEFAULT_LISTED = 50;
/** Spent on one answer: a filter that nothing passes must not keep the hub busy. */
const MAX_SPENT = 1000;
/** Of one that is looked at, of one whose findings are opened for that, of one whose signature is verified. */
const LOOK = 1;
const OPEN = 10;
const VERIFY = 40;
const PAGE = 100;

export function addRecordings(app: FastifyInstance, { hub, dataDir }: ApiParts): void {
  const { reader } = hub;
  const verifier = new Verifier(dataDir);
  app.addHook("onClose", () => verifier.stop());

  const listedOf = (info: RecordingInfo): schema.ListedRecording => ({
    ...recordingOf(info),
    finding: headlineOf(reader.findings.telling(info.id)),
    overRead: reader.overReads(info.id).at(-1),
  });

  const signatureOf = ({ id, adopted }: RecordingInfo) =>
    adopted ? ("adopted" as const) : reader.log.signature(id);

  const passesOpened = (info: RecordingInfo, { finding, proof }: Query): boolean =>
    (finding === undefined || headlineOf(reader.findings.telling(info.id))?.rhythm === finding) &&
    (proof === undefined || (signatureOf(info) ?? "open") === proof);

  addRoute(app, schema.recordings, ({ query }) => {
    const { limit = DEFAULT_LISTED, after } = query;
    const found: RecordingInfo[] = [];
    const more = (query.finding === undefined ? 0 : OPEN) + (query.proof === undefined ? 0 : VERIFY);
    let last = after;
    for (let spent = 0; spent < MAX_SPENT; ) {
      const page = reader.page(PAGE, last);
      for (const info of page) {
        spent += LOOK;
        last = info.id;
        if (!passes(info, query)) continue;
        spent += more;
        if (passesOpened(info, query)) found.push(info);
        if (found.length === limit || spent >= MAX_SPENT)
          return { recordings: found.map(listedOf), next: last };
      }
      if (page.length < PAGE) return { recordings: found.map(listedOf) };
    }
    return { recordings: found.map(listedOf), next: last };
  });

  addRoute(app, schema.recording, ({ params }) => listedOf(reader.recording(params.id)));

  addRoute(app, schema.proof, ({ params }) => {
    const info = reader.recording(params.id);
    const { id } = info;
    const place = reader.log.place(id);
    const over = place && reader.log.checkpointOver(place.log, place.index);
    return {
      logged: over && { ...over, origin: place.origin, index: place.index },
      signature: signatureOf(info),
    };
  });

  addRoute(app, schema.verify, async ({ params }) => {
    const { id } = reader.recording(params.id);
    const report = await verifier.verify(id);
    const one = report.recordings.find((each) => each.id === id);
    // Erased or deleted between the two.
    if (!one) throw new Refused(404, "STORE_NOT_FOUND", `no recording ${id} here any more`);
    const { notes, problems, missing, ok } = report;
    return { ...one, ok, store: { notes, problems, missing } };
  });
}

type Query = Asked<typeof schema.recordings>["query"];

/** As far as is known without opening anything. */
function passes(info: RecordingInfo, query: Query): boolean {
  const { device, person, state, since, until, marked } = query;
  const at = info.startMs > 0 ? info.startMs : (info.firstAt ?? 0);
  return (
    (device === undefined || info.device === device) &&
    (person === undefined || (info.person ?? "") === person) &&
    (state === undefined || info.state === state) &&
    (since === undefined || at >= since) &&
    (until === undefined || at < until) &&
    (marked === undefined || info.marks > 0)
  );
}

export function recordingOf(info: RecordingInfo): schema.Recording {
  const { open } = info;
  return {
    ...info,
    number: info.recording,
    form: open && { ...open, mode: modeOf(open.mode) },
    startMs: info.startMs > 0 ? info.startMs : undefined,
    trust: trustOf(info.trust),
  };
}
