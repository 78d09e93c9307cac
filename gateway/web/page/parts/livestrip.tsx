/** The live trace of a handheld: all its leads, sweeping over paper, with its age. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Device } from "../../schema/devices";
import { SIGNAL_HEADERS, signal } from "../../schema/signal";
import type { Api } from "../api/client";
import { samplesOf, watchLive } from "../api/live";
import { leadsOf } from "../api/windows";
import { drawGrid } from "../paper/grid";
import { countsPerMillivolt, placeOf } from "../paper/place";
import { pxPerMm, pxPerSecond, screenScale } from "../paper/scale";
import type { Area } from "../paper/surface";
import { traceWidth } from "../paper/trace";
import { Canvas, type Look, sized, useLook } from "./canvas";
import { usePage } from "./context";
import { LiveTrace } from "./livetrace";

const SPEED = 25;
const GAIN = 10;
/** Of a lead's band: 2 mV up and down, and some; where there are many, they share. */
const BAND_MM = 48;
const NARROW_BAND_MM = 28;
/** CSS pixels. */
const TEXT_PX = 18;
/** Older than that, a trace is not called live. */
const OLD_MS = 5000;
const LOOK_AT_AGE_MS = 1000;

const wantsCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The trace, fed by the hub; `count` rises when something of it is to be said anew. */
function useLive(api: Api, device: string) {
  const [trace, setTrace] = useState(() => new LiveTrace(!wantsCalm()));
  const [isConnected, setConnected] = useState(true);
  const [, setCount] = useState(0);
  useEffect(() => {
    const fresh = new LiveTrace(!wantsCalm());
    const told = () => setCount((count) => count + 1);
    setTrace(fresh);
    const stop = watchLive(device, {
      connected: setConnected,
      recording: (recording) => {
        fresh.begin(recording);
        told();
      },
      block: ({ recording, from, samples }) =>
        void fresh.add(recording, from, samples.map(samplesOf), performance.now()),
      mark: ({ recording, kind }) => {
        fresh.mark(recording, kind);
        told();
      },
      // What could not be read stays a gap on the screen; in the recording it is none.
      missed: ({ recording, from, to }) =>
        void readWindow(api, recording, from, to, fresh.recording?.form?.leads.length ?? 0).then(
          (samples) => fresh.add(recording, from, samples, undefined),
          () => undefined,
        ),
      anew: () => {
        fresh.clear();
        told();
      },
    });
    const timer = setInterval(told, LOOK_AT_AGE_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [api, device]);
  return { trace, isConnected };
}

async function readWindow(
  api: Api,
  id: string,
  from: number,
  to: number,
  leads: number,
): Promise<Int32Array[]> {
  const query = { from: String(from), to: String(to) };
  const answer = await api.send(signal, { params: { id }, query });
  const count = Number(answer.headers.get(SIGNAL_HEADERS.count));
  return leadsOf(await answer.arrayBuffer(), leads, count, 1);
}

/** One for each lead, from top to bottom, in whole pixels: what is wiped in one must not touch the next. */
function bandsOf(area: Area, leads: number): Area[] {
  const edge = (n: number) => area.top + Math.round((n * area.height) / leads);
  return Array.from({ length: leads }, (_, n) => ({ ...area, top: edge(n), height: edge(n + 1) - edge(n) }));
}

const middleOf = ({ top, height }: Area): number => top + height / 2;

export function LiveStrip({ device }: { device: Device }) {
  const { api, messages, cssPxPerMm } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const look = useLook(box);
  const { trace, isConnected } = useLive(api, device.id);
  const leads = trace.recording?.form?.leads;
  const names = leads?.map(({ name }) => name).join(", ") ?? "";

  const grid = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) => {
      const scale = screenScale(SPEED, GAIN, ratio, cssPxPerMm);
      context.clearRect(0, 0, area.width, area.height);
      const bands = bandsOf(area, leads?.length ?? 1);
      drawGrid(context, area, { x: 0, y: middleOf(bands[0]!) }, scale, ink);
      context.fillStyle = ink.text;
      context.font = `${TEXT_PX * ratio}px sans-serif`;
      // One alone has its name below.
      for (const [n, { name }] of (bands.length > 1 ? leads! : []).entries())
        context.fillText(name, 6 * ratio, bands[n]!.top + (TEXT_PX + 6) * ratio);
    },
    [cssPxPerMm, names],
  );

  useEffect(() => {
    if (!look || !leads) return;
    const { area, ratio, ink } = look;
    const scale = screenScale(SPEED, GAIN, ratio, cssPxPerMm);
    const context = sized(canvas.current!, look);
    context.clearRect(0, 0, area.width, area.height);
    trace.resize(area.width / pxPerSecond(scale));
    for (const sweep of trace.sweeps) sweep.spoilAll();
    const bands = bandsOf(area, leads.length);
    const places = leads.map((lead, n) => {
      const counts = countsPerMillivolt(lead) ?? 1;
      return placeOf(scale, 0, 0, trace.rate!, middleOf(bands[n]!), lead.baseline, counts);
    });
    let frame = requestAnimationFrame(function next(now) {
      trace.advance(now);
      for (const [n, sweep] of trace.sweeps.entries())
        sweep.draw(context, bands[n]!, places[n]!, traceWidth(scale), ink.trace);
      frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [look, names, trace, trace.recording?.id, cssPxPerMm]);

  const age = trace.newestAt === undefined ? undefined : performance.now() - trace.newestAt;
  const isRunning = trace.recording?.state === "recording";
  const name = device.name ?? device.id;
  const count = leads?.length ?? 1;
  const bandMm = count > 1 ? NARROW_BAND_MM : BAND_MM;
  const height = `${Math.round(count * bandMm * pxPerMm(screenScale(SPEED, GAIN, 1, cssPxPerMm)))}px`;
  return (
    <section aria-label={messages.say("live")}>
      <h2>
        {messages.say("live")} · {name}
      </h2>
      <div
        class="paper live"
        hidden={!isRunning}
        ref={box}
        role="img"
        style={{ height }}
        aria-label={messages.say("live-of", { name, lead: names })}
      >
        <Canvas draw={grid} look={look} />
        <canvas ref={canvas} />
      </div>
      <p class={isConnected && !(isRunning && age !== undefined && age > OLD_MS) ? "quiet" : "warn"}>
        {!isConnected
          ? messages.say("live-lost")
          : !isRunning || !leads
            ? messages.say("live-wait")
            : age !== undefined && age > OLD_MS
              ? messages.say("live-age", { age: messages.duration(age / 1000) })
              : messages.say("live-now", { lead: names, speed: SPEED, gain: GAIN })}
        {isRunning && cssPxPerMm === undefined && `, ${messages.say("not-to-scale")}`}
      </p>
      {isRunning && (
        <p role="status" class={trace.hasContact ? "quiet" : "warn"}>
          {messages.say(trace.hasContact ? "coach-on" : "coach-off")}
        </p>
      )}
    </section>
  );
}
