/** Windows into the signal, and where it has gaps. */
import { endianness } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { type Drop, DropReason } from "../../protocol/bodies";
import type { Open } from "../../protocol/open";
import { Refused } from "../access/guard";
import { levelFor } from "../pyramid/levels";
import { type Pyramid, readSamples } from "../pyramid/pyramid";
import type { Pyramids } from "../pyramid/pyramids";
import { BINARY } from "../schema/endpoint";
import * as recordings from "../schema/recordings";
import { MAX_LOOKED_AT, MAX_VALUES, SIGNAL_HEADERS, signal } from "../schema/signal";
import type { RecordingInfo } from "../store/infos";
import type { Runs } from "../store/runs";
import { answerBytes } from "./binary";
import { findingEvents } from "./findings";
import { markOf } from "./names";
import type { ApiParts } from "./parts";
import { patient } from "./patient";
import { addRoute } from "./route";

/** Whoever pans asks often. */
const MAX_REQUESTS_A_MINUTE = 3000;
/** For a recording that is seen the first time: then the asker may come again. */
const PATIENCE_MS = 20_000;
const EVENTS_PATIENCE_MS = 2000;
/** Blocks decoded before others have their turn. */
const BLOCKS_A_TURN = 32;

const REASONS: Record<number, "memory-full" | "front-end"> = {
  [DropReason.ringFull]: "memory-full",
  [DropReason.frontEnd]: "front-end",
};

type Window = { leads: number[]; from: number; step: number; count: number };

export function addSignal(app: FastifyInstance, { hub, clock }: ApiParts, pyramids: Pyramids): void {
  const { reader } = hub;

  addRoute(
    app,
    signal,
    async ({ params, query }, request, reply) => {
      const info = reader.recording(params.id);
      const blocks = reader.blocks(info.id);
      const { open } = info as { open: Open };
      const window = windowOf(query, info, open);
      const values =
        levelFor(window.step) === undefined
          ? await taken(readSamples(blocks, window.leads, window.from, window.step, window.count))
          : readFrom(await patient(pyramids.ready(info.id), PATIENCE_MS, clock), window);
      reply.headers(headersOf(window, info, open));
      return answerBytes(littleEndian(values), request, reply);
    },
    { rateLimit: { max: MAX_REQUESTS_A_MINUTE } },
  );

  addRoute(app, recordings.events, async ({ params }) => {
    const info = reader.recording(params.id);
    const marks = info.open
      ? reader.marks(info.id).map(({ kind, sample }) => ({ kind: markOf(kind), sample }))
      : [];
    const { gaps, complete } = await gapsOf(info);
    const found = findingEvents(reader.findings.telling(info.id));
    return { events: [...marks, ...gaps, ...found].sort((a, b) => a.sample - b.sample), complete };
  });

  async function gapsOf(info: RecordingInfo) {
    if (!info.open || (info.holes === 0 && info.dropped === 0)) return { gaps: [], complete: true };
    try {
      const { held } = await patient(pyramids.ready(info.id), EVENTS_PATIENCE_MS, clock);
      return { gaps: gapsBetween(held, info.samples, reader.drops(info.id)), complete: true };
    } catch (error) {
      if (error instanceof Refused) return { gaps: [], complete: false };
      throw error;
    }
  }
}

/** @throws Refused for a lead that is not there, and for more than one answer holds */
function windowOf(
  query: ReturnType<typeof signal.query.parse>,
  { samples }: RecordingInfo,
  open: Open,
): Window {
  const { step = 1, lead: leads = open.leads.map((_, lead) => lead) } = query;
  const wrong = leads.find((lead) => lead >= open.leads.length);
  if (wrong !== undefined)
    throw new Refused(400, "WEB_LEAD", `there is no lead ${wrong}: they are 0 to ${open.leads.length - 1}`);
  const from = query.from - (query.from % step);
  const count = Math.max(0, Math.ceil((Math.min(query.to, samples) - from) / step));
  const values = leads.length * count * (step > 1 ? 2 : 1);
  const looked = levelFor(step) === undefined ? count * step * open.leads.length : 0;
  if (values > MAX_VALUES || looked > MAX_LOOKED_AT)
    throw new Refused(
      400,
      "WEB_WINDOW",
      `that window is too long for its step: ask for less of it, or for a wider step`,
    );
  return { leads, from, step, count };
}

function readFrom(pyramid: Pyramid, { leads, from, step, count }: Window): Int32Array {
  return pyramid.read(leads, from, step, count);
}

/** Runs it, with turns for others in between. */
async function taken<T>(work: Generator<undefined, T>): Promise<T> {
  for (let blocks = 1; ; blocks++) {
    const { done, value } = work.next();
    if (done) return value;
    if (blocks % BLOCKS_A_TURN === 0) await nextTurn();
  }
}

function headersOf({ leads, from, step, count }: Window, { samples }: RecordingInfo, open: Open) {
  const list = (of: (lead: Open["leads"][number]) => number) =>
    leads.map((lead) => of(open.leads[lead]!)).join();
  return {
    "content-type": BINARY,
    [SIGNAL_HEADERS.rate]: `${open.rateNum}/${open.rateDen}`,
    [SIGNAL_HEADERS.leads]: leads.join(),
    [SIGNAL_HEADERS.gain]: list(({ gain }) => gain),
    [SIGNAL_HEADERS.baseline]: list(({ baseline }) => baseline),
    [SIGNAL_HEADERS.from]: String(from),
    [SIGNAL_HEADERS.step]: String(step),
    [SIGNAL_HEADERS.count]: String(count),
    [SIGNAL_HEADERS.samples]: String(samples),
  };
}

function littleEndian(values: Int32Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return endianness() === "LE" ? bytes : bytes.swap32();
}

/** @param held runs of samples, ascending */
export function gapsBetween(
  held: Readonly<Runs>,
  samples: number,
  drops: Drop[],
): recordings.RecordingEvent[] {
  const gaps: recordings.RecordingEvent[] = [];
  const missing = (from: number, to: number) => {
    for (let at = from; at < to; ) {
      const drop = drops.find((one) => at >= one.firstSample && at < one.firstSample + one.samples);
      const next = drops.reduce(
        (least, one) => (one.firstSample > at ? Math.min(least, one.firstSample) : least),
        to,
      );
      const end = drop ? Math.min(to, drop.firstSample + drop.samples) : next;
      const reason = (drop && REASONS[drop.reason]) ?? "undeclared";
      gaps.push({ kind: "gap", sample: at, samples: end - at, reason });
      at = end;
    }
  };
  let position = 0;
  for (const { from, length } of held) {
    missing(position, from);
    position = from + length;
  }
  missing(position, samples);
  return gaps;
}
