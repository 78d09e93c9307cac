/** The live trace of a handheld: one lead, sweeping over paper, with its age. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Device } from "../../schema/devices";
import { SIGNAL_HEADERS, signal } from "../../schema/signal";
import type { Api } from "../api/client";
import { samplesOf, watchLive } from "../api/live";
import { leadsOf } from "../api/windows";
import { drawGrid } from "../paper/grid";
import { countsPerMillivolt, placeOf } from "../paper/place";
import { pxPerMm, pxPerSecond, screenScale } from "../paper/scale";
import { traceWidth } from "../paper/trace";
import { Canvas, type Look, sized, useLook } from "./canvas";
import { usePage } from "./context";
import { LiveTrace } from "./livetrace";

const SPEED = 25;
const GAIN = 10;
const LEAD = 0;
/** Of the paper: 2 mV up and down, and some. */
const HEIGHT_MM = 48;
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
        void fresh.add(recording, from, samplesOf(samples[LEAD]!), performance.now()),
      mark: ({ recording, kind }) => {
        fresh.mark(recording, kind);
        told();
      },
      // What could not be read stays a gap on the screen; in the recording it is none.
      missed: ({ recording, from, to }) =>
        void readWindow(api, recording, from, to).then(
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

async function readWindow(api: Api, id: string, from: number, to: number): Promise<Int32Array> {
  const query = { from: String(from), to: String(to), lead: String(LEAD) };
  const answer = await api.send(signal, { params: { id }, query });
  const count = Number(answer.headers.get(SIGNAL_HEADERS.count));
  return leadsOf(await answer.arrayBuffer(), 1, count, 1)[0]!;
}

export function LiveStrip({ device }: { device: Device }) {
  const { api, messages, cssPxPerMm } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const look = useLook(box);
  const { trace, isConnected } = useLive(api, device.id);
  const lead = trace.recording?.form?.leads[LEAD];

  const grid = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) => {
      const scale = screenScale(SPEED, GAIN, ratio, cssPxPerMm);
      context.clearRect(0, 0, area.width, area.height);
      drawGrid(context, area, { x: 0, y: area.height / 2 }, scale, ink);
    },
    [cssPxPerMm],
  );

  useEffect(() => {
    if (!look || !lead) return;
    const { area, ratio, ink } = look;
    const scale = screenScale(SPEED, GAIN, ratio, cssPxPerMm);
    const context = sized(canvas.current!, look);
    context.clearRect(0, 0, area.width, area.height);
    trace.resize(area.width / pxPerSecond(scale));
    trace.sweep?.spoilAll();
    const counts = countsPerMillivolt(lead) ?? 1;
    const place = placeOf(scale, 0, 0, trace.rate!, area.height / 2, lead.baseline, counts);
    let frame = requestAnimationFrame(function next(now) {
      trace.advance(now);
      trace.sweep?.draw(context, area, place, traceWidth(scale), ink.trace);
      frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [look, lead, trace, cssPxPerMm]);

  const age = trace.newestAt === undefined ? undefined : performance.now() - trace.newestAt;
  const isRunning = trace.recording?.state === "recording";
  const name = device.name ?? device.id;
  const height = look && `${Math.round(HEIGHT_MM * pxPerMm(screenScale(SPEED, GAIN, 1, cssPxPerMm)))}px`;
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
        aria-label={messages.say("live-of", { name, lead: lead?.name ?? "" })}
      >
        <Canvas draw={grid} look={look} />
        <canvas ref={canvas} />
      </div>
      <p class={isConnected && !(isRunning && age !== undefined && age > OLD_MS) ? "quiet" : "warn"}>
        {!isConnected
          ? messages.say("live-lost")
          : !isRunning || !lead
            ? messages.say("live-wait")
            : age !== undefined && age > OLD_MS
              ? messages.say("live-age", { age: messages.duration(age / 1000) })
              : messages.say("live-now", { lead: lead.name, speed: SPEED, gain: GAIN })}
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
