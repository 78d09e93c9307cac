/** A hub that has one handheld and one recording of a known signal: serves the built page and answers as the schemas say. */
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { HEADERS } from "../../../../gateway/access/headers";
import type { Device } from "../../../../gateway/schema/devices";
import {
  BEAT_BYTES,
  BEAT_CLASSES,
  BEATS_HEADERS,
  type EpisodeFinding,
} from "../../../../gateway/schema/findings";
import type { OverRead, OverReadSaid } from "../../../../gateway/schema/overreads";
import type { ListedRecording, Recording } from "../../../../gateway/schema/recordings";
import { NO_SAMPLE, SIGNAL_HEADERS } from "../../../../gateway/schema/signal";

import { household } from "./household";

export const RATE = 250;
export const COUNTS_PER_MV = 500;
/** A beat each 200 samples, 800 ms: 75 a minute. */
export const BEAT = 200;
/** Its R wave. */
export const R_WAVE = 100;
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
/** When everything of it was last heard. */
export const NOW = Date.UTC(2026, 10, 28, 14, 2);
export const DEVICE = "00a1b2c3d4e5f607";
const MINUTE = 60_000;

const bump = (n: number, middle: number, width: number, height: number) =>
  height * Math.exp(-(((n - middle) / width) ** 2));
/** A narrow R of 1 mV, a wide low P and T; whole counts. */
const WAVES = Array.from({ length: BEAT }, (_, n) =>
  Math.round(COUNTS_PER_MV * (bump(n, 60, 6, 0.12) + bump(n, R_WAVE, 2.2, 1) + bump(n, 150, 12, 0.25))),
);

export const sampleAt = (n: number): number => WAVES[n % BEAT]!;
/** The same heart with higher waves. */
export const tall = (millivolts: number) => (n: number) => millivolts * sampleAt(n);

export interface Shape {
  samples: number;
  leads: string[];
  /** In counts; beats, each with an R wave of 1 mV, by default. */
  signal?: (sample: number) => number;
  /** Of samples. */
  gap?: { from: number; to: number };
  state?: Recording["state"];
  /** Symptoms, as samples. */
  marks?: number[];
  /** What analysis says of it. */
  finding?: ListedRecording["finding"];
  episodes?: EpisodeFinding[];
  /** Beats are found, and every so many of them one is ventricular; no beats by default. */
  ectopicEvery?: number;
}

export interface FakeHub {
  address: string;
  recording: ListedRecording;
  device: Device;
  /** What was asked, as `GET /api/…`. */
  asked: string[];
  /** Of lists, as they were asked for. */
  queries: string[];
  /** Of the signal, of more than a thumbnail. */
  windows: string[];
  /** The newest of each route. */
  bodies: Map<string, Buffer>;
  /** Routes that are refused, with which status. */
  refusals: Map<string, number>;
  /** With which code; "TEST" by default. */
  problems: Map<string, string>;
  authorizations: Set<string>;
  /** By route; a test may change what is answered. */
  answers: Record<string, () => unknown>;
  /** To everybody who looks at the live trace. */
  tell(event: string, data: unknown): void;
  /** Ends the live streams, as a network does. */
  hangUp(): void;
  /** A second of it. */
  tellBlock(from: number): void;
  stop(): Promise<void>;
}

interface Said {
  findings: OverReadSaid[];
  comment: string;
  name: string;
}

const overReadOf = ({ findings, comment, name }: Said, number: number): OverRead => ({
  number,
  at: NOW,
  name,
  link: { id: "l1" },
  findings: findings.map((said) => ({
    verdict: said.verdict,
    finding: "rhythm" in said ? { rhythm: said.rhythm, from: said.from, to: said.to } : undefined,
  })),
  comment,
  logged: { log: 1, index: 7 },
});

export async function fakeHub(pageDir: string, shape: Shape): Promise<FakeHub> {
  const { samples, leads, signal = sampleAt, gap, state = "closed" } = shape;
  const { marks = [], finding, episodes = [], ectopicEvery } = shape;
  const viewers = new Set<ServerResponse>();
  const asked: string[] = [];
  const queries: string[] = [];
  const windows: string[] = [];
  const bodies = new Map<string, Buffer>();
  const refusals = new Map<string, number>();
  const problems = new Map<string, string>();
  const authorizations = new Set<string>();
  const overReads: OverRead[] = [];
  const recording: ListedRecording = {
    id: "r1",
    device: DEVICE,
    epoch: 1,
    number: 7,
    form: {
      rateNum: RATE,
      rateDen: 1,
      bits: 18,
      frontEnd: "synthetic",
      mode: "continuous",
      leads: leads.map((name) => ({ name, unit: "mV", gain: COUNTS_PER_MV, baseline: 0 })),
    },
    startMs: NOW - (samples / RATE) * 1000,
    trust: "set-by-hub",
    state,
    simulated: true,
    adopted: false,
    frames: Math.ceil(samples / RATE),
    holes: 0,
    samples,
    dropped: gap ? gap.to - gap.from : 0,
    marks: marks.length,
    flags: [],
    firstAt: NOW - MINUTE,
    lastAt: NOW,
    finding,
  };
  const device: Device = {
    id: DEVICE,
    name: "Anna's handheld",
    class: "simulated",
    claimedAt: NOW - 1000 * MINUTE,
    lastContact: NOW,
    recordings: 7,
    refusals: {},
    connection: { since: NOW - 5 * MINUTE, rssi: -60 },
    status: {
      state: state === "recording" ? "recording" : "idle",
      batteryMillivolts: 3910,
      ringPermille: 120,
      backlog: 0,
      newestRecording: 7,
      clock: "set-by-hub",
      lastCommand: 0,
      firmware: "0.1.0",
    },
  };
  const analysis = {
    number: 1,
    version: "test",
    lead: 0,
    name: leads[0]!,
    samples,
    ended: state === "closed",
  };
  const summary = {
    seconds: samples / RATE,
    analysable: 0.97,
    meanRate: (60 * RATE) / BEAT,
    slowest: 58,
    fastest: 92,
    beats: { N: Math.floor(samples / BEAT), S: 0, V: 0, F: 0, Q: 0 },
    variability: { sdnn: 42, rmssd: 31, share: 0.9 },
    measurements: {
      pr: { median: 158, least: 150, most: 166, measured: 12, confidence: 0.8 },
      qrs: { median: 92, least: 88, most: 97, measured: 12, confidence: 0.9 },
      qt: { median: 388, least: 380, most: 401, measured: 12, confidence: 0.8 },
      qtcBazett: { notMeasurable: "too noisy" },
      qtcFridericia: { median: 409, least: 402, most: 417, measured: 12, confidence: 0.8 },
    },
  };
  const held = (n: number) => (gap && n >= gap.from && n < gap.to ? NO_SAMPLE : signal(n));

  const answers: Record<string, () => unknown> = {
    ...household(NOW),
    "PUT /api/recordings/r1/person": () => {
      const { person } = posted("PUT /api/recordings/r1/person") as { person: number | null };
      recording.person = person === null ? undefined : "Anna Weiss";
      return {};
    },
    "GET /api/session": () => ({ role: "owner", csrf: "00", demo: true }),
    "GET /api/status": () => ({
      kind: "demo",
      now: NOW,
      health: { ok: true, forgotten: 0 },
      problems: [],
      limits: [],
      handhelds: 1,
      recordings: 7,
      backlog: 0,
    }),
    "GET /api/devices": () => ({ devices: [device] }),
    "GET /api/recordings/r1/overreads": () => ({ overReads }),
    "POST /api/recordings/r1/overreads": () => {
      overReads.push(overReadOf(posted("POST /api/recordings/r1/overreads") as Said, overReads.length + 1));
      return overReads.at(-1);
    },
    [`POST /api/devices/${DEVICE}/mark`]: () => ({ command: 5 }),
    "GET /api/recordings": () => ({ recordings: [recording] }),
    "GET /api/recordings/r1": () => recording,
    "GET /api/recordings/r1/events": () => ({
      complete: true,
      events: [
        ...(gap
          ? [{ kind: "gap", sample: gap.from, samples: gap.to - gap.from, reason: "memory-full" }]
          : []),
        ...marks.map((sample) => ({ kind: "symptom", sample })),
        ...episodes
          .filter(({ rhythm }) => rhythm !== "sinus" && rhythm !== "unreadable")
          .map((one) => ({ kind: "finding", sample: one.from, finding: one })),
      ].sort((a, b) => a.sample - b.sample),
    }),
    "GET /api/recordings/r1/findings": () => ({
      analyses: episodes.length > 0 ? [analysis] : [],
      analysis: episodes.length > 0 ? { ...analysis, episodes, summary } : undefined,
    }),
    "GET /api/recordings/r1/proof": () => ({
      logged: { log: 1, origin: "hub.example/log", index: 6, at: NOW, size: 7 },
      signature: "signed",
    }),
  };

  function beats(query: URLSearchParams, reply: ServerResponse): void {
    const all = ectopicEvery === undefined ? 0 : Math.max(0, Math.floor((samples - R_WAVE) / BEAT) + 1);
    const before = Math.max(0, Math.ceil((Number(query.get("from") ?? 0) - R_WAVE) / BEAT));
    const count = Math.max(0, all - before);
    const bytes = Buffer.alloc(count * BEAT_BYTES);
    for (let k = 0; k < count; k++) {
      const n = before + k;
      bytes.writeUInt32LE(n * BEAT + R_WAVE, k * BEAT_BYTES);
      const isEctopic = n % ectopicEvery! === ectopicEvery! - 1;
      bytes.writeUInt8(BEAT_CLASSES.indexOf(isEctopic ? "V" : "N"), k * BEAT_BYTES + 4);
      bytes.writeUInt8(230, k * BEAT_BYTES + 5);
    }
    reply.writeHead(200, {
      ...HEADERS,
      "content-type": "application/octet-stream",
      [BEATS_HEADERS.version]: "1",
      [BEATS_HEADERS.lead]: "0",
      [BEATS_HEADERS.count]: String(count),
      [BEATS_HEADERS.samples]: String(samples),
    });
    reply.end(bytes);
  }

  function window(query: URLSearchParams, reply: ServerResponse): void {
    const step = Number(query.get("step") ?? 1);
    const from = Number(query.get("from"));
    const to = Math.min(Number(query.get("to")), recording.samples);
    const count = Math.max(0, Math.ceil((to - from) / step));
    const chosen = query.get("lead")?.split(",") ?? leads;
    const values = chosen.flatMap(() => valuesOf(from, count, step));
    reply.writeHead(200, {
      ...HEADERS,
      "content-type": "application/octet-stream",
      [SIGNAL_HEADERS.count]: String(count),
    });
    reply.end(Buffer.from(Int32Array.from(values).buffer));
  }

  function valuesOf(from: number, count: number, step: number): number[] {
    if (step === 1) return Array.from({ length: count }, (_, n) => held(from + n));
    return Array.from({ length: count }).flatMap((_, n) => {
      let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      // A beat says it all: what follows is the same.
      for (
        let i = from + n * step;
        i < Math.min(samples, from + (n + 1) * step, from + n * step + BEAT);
        i++
      ) {
        const value = held(i);
        if (value === NO_SAMPLE) continue;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
      return most < least ? [NO_SAMPLE, NO_SAMPLE] : [least, most];
    });
  }

  const posted = (route: string) => JSON.parse(bodies.get(route)?.toString() || "{}");
  const server = createServer(async (request, reply) => {
    const url = new URL(request.url!, "http://hub");
    const route = `${request.method} ${url.pathname}`;
    asked.push(route);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    bodies.set(route, Buffer.concat(parts));
    authorizations.add(request.headers.authorization ?? "");
    if (route === "GET /api/recordings" || /\/(export|report)$/.test(route)) queries.push(url.search);
    if (route.endsWith("/signal") && !url.searchParams.has("lead")) windows.push(url.search);
    if (route === "GET /api/live" && !refusals.has(route)) {
      reply.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
      reply.write(`event: recording\ndata: ${JSON.stringify(recording)}\n\n`);
      viewers.add(reply);
      reply.on("close", () => viewers.delete(reply));
    } else if (route === "GET /api/recordings/r1/signal") window(url.searchParams, reply);
    else if (route === "GET /api/recordings/r1/beats") beats(url.searchParams, reply);
    else if (refusals.has(route)) {
      reply.writeHead(refusals.get(route)!, { ...HEADERS, "content-type": "application/json" });
      reply.end(JSON.stringify({ code: problems.get(route) ?? "TEST", message: "refused" }));
    } else if (answers[route]) {
      const file = url.searchParams.get("format");
      reply.writeHead(200, {
        ...{ ...HEADERS, "content-type": "application/json" },
        ...(file && { "content-disposition": `attachment; filename="ecg-r1.${file}"` }),
      });
      reply.end(JSON.stringify(answers[route]()));
    } else if (/^GET \/api\/devices\/\w+\/update$/.test(route)) {
      // Nothing newer is there for any handheld.
      reply.writeHead(200, { ...HEADERS, "content-type": "application/json" });
      reply.end("{}");
    } else {
      const file = ["/", "/link"].includes(url.pathname) ? "/index.html" : url.pathname;
      reply.writeHead(200, { ...HEADERS, "content-type": TYPES[extname(file)] ?? "text/plain" });
      reply.end(readFileSync(join(pageDir, file)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const tell = (event: string, data: unknown) => {
    for (const viewer of viewers) viewer.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    recording,
    device,
    asked,
    queries,
    windows,
    bodies,
    refusals,
    problems,
    authorizations,
    answers,
    tell,
    hangUp: () => {
      for (const viewer of viewers) viewer.destroy();
    },
    tellBlock(from) {
      const values = Int32Array.from({ length: RATE }, (_, n) => signal(from + n));
      const base64 = Buffer.from(values.buffer).toString("base64");
      tell("block", { recording: "r1", from, samples: leads.map(() => base64), at: NOW });
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
