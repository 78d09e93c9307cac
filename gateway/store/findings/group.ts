/**
 * Episodes near each other as one event. A pure function of the episodes: whatever order they come in, and however often
 * one that grows comes again, the same events follow.
 */
import type { Finding } from "../../rhythm/findings";
import type { EventInfo, EventKind, EventPart } from "./types";

/** Episodes that lie less than this apart are one event. */
export const EVENT_GAP_MS = 5 * 60_000;

/** What an event says beside its id and whose it is. */
export type EventBody = Omit<EventInfo, "id" | "device">;

/** The recording in which episodes lie. */
export interface Timeline extends Pick<EventPart, "recording" | "epoch" | "order" | "analysis"> {
  /** Samples a second. */
  rate: number;
  /** Unix ms of sample 0 by the handheld's clock, 0 where that was never set. */
  startMs: number;
}

export function isEventKind(rhythm: string): rhythm is EventKind {
  return rhythm !== "sinus" && rhythm !== "unreadable";
}

/** Neighbours among one analysis' episodes, by kind. Within a recording only samples count, which no clock moves. */
export function partsOf(episodes: Finding[], timeline: Timeline): Map<EventKind, EventPart[]> {
  const { rate, startMs, recording, epoch, order, analysis } = timeline;
  const parts = new Map<EventKind, EventPart[]>();
  for (const { rhythm, from, to, confidence, evidence } of [...episodes].sort((a, b) => a.from - b.from)) {
    if (!isEventKind(rhythm)) continue;
    const own = parts.get(rhythm) ?? [];
    parts.set(rhythm, own);
    const at = { from, to, episodes: 1, confidence, evidence };
    const last = own.at(-1);
    if (last && (from - last.to) / rate < EVENT_GAP_MS / 1000) joinPart(last, at);
    else own.push({ recording, epoch, order, analysis, ...at });
  }
  const msOf = (sample: number) => Math.round(startMs + (1000 * sample) / rate);
  if (startMs > 0)
    for (const part of [...parts.values()].flat())
      Object.assign(part, { fromMs: msOf(part.from), toMs: msOf(part.to) });
  return parts;
}

function joinPart(
  part: EventPart,
  { to, confidence, evidence }: Pick<EventPart, "to" | "confidence" | "evidence">,
) {
  part.to = Math.max(part.to, to);
  part.episodes++;
  if (confidence <= part.confidence) return;
  part.confidence = confidence;
  part.evidence = evidence;
}

/** By ownership, recording and sample: what came first is not asked of a clock that may have been set meanwhile. */
function inOrder(a: EventPart, b: EventPart): number {
  return a.epoch - b.epoch || a.order - b.order || a.from - b.from;
}

/** Whether `next` goes on where `before` was. Across recordings only clocks tell how long nothing was recorded. */
function isNear(before: EventPart, next: EventPart): boolean {
  if (before.recording === next.recording && before.analysis === next.analysis) return false;
  if (before.toMs === undefined || next.fromMs === undefined) return false;
  // A clock that was set back a little between two recordings puts one into the other.
  return Math.abs(next.fromMs - before.toMs) < EVENT_GAP_MS;
}

/** @param parts of one handheld, kind and version */
export function group(kind: EventKind, version: string, parts: EventPart[]): EventBody[] {
  const groups: EventPart[][] = [];
  for (const part of [...parts].sort(inOrder)) {
    const last = groups.at(-1);
    if (last && isNear(last.at(-1)!, part)) last.push(part);
    else groups.push([part]);
  }
  return groups.map((group) => eventOf(kind, version, group));
}

/** A clock that was set back between two recordings puts the later one before the end, or the beginning, of the earlier. */
function spanOf(parts: EventPart[]): Pick<EventBody, "fromMs" | "toMs"> {
  const times = parts.flatMap(({ fromMs, toMs }) =>
    fromMs === undefined || toMs === undefined ? [] : [fromMs, toMs],
  );
  return times.length > 0 ? { fromMs: Math.min(...times), toMs: Math.max(...times) } : {};
}

function eventOf(kind: EventKind, version: string, parts: EventPart[]): EventBody {
  const best = parts.reduce((one, other) => (other.confidence > one.confidence ? other : one));
  return {
    kind,
    version,
    ...spanOf(parts),
    episodes: parts.reduce((sum, part) => sum + part.episodes, 0),
    confidence: best.confidence,
    strip: { recording: best.recording, ...best.evidence },
    parts,
  };
}
