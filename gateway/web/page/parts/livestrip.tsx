/** The live trace of a handheld: all its leads, sweeping over paper, with its age. */
import { useCallback, useEffect, useRef } from "preact/hooks";
import type { Device } from "../../schema/devices";
import { drawGrid } from "../paper/grid";
import { countsPerMillivolt, placeOf } from "../paper/place";
import { pxPerMm, pxPerSecond, screenScale } from "../paper/scale";
import type { Area } from "../paper/surface";
import { traceWidth } from "../paper/trace";
import { Canvas, type Look, sized, useLook } from "./canvas";
import { usePage } from "./context";
import { useLive } from "./uselive";

const SPEED = 25;
const GAIN = 10;
/** Of a lead's band: 2 mV up and down, and some; where there are many, they share. */
const BAND_MM = 48;
const NARROW_BAND_MM = 28;
/** CSS pixels. */
const TEXT_PX = 18;
/** Older than that, a trace is not called live; younger than that, its age is not counted. */
const OLD_MS = 5000;
const NEW_MS = 2000;

/** One for each lead, from top to bottom, in whole pixels: what is wiped in one must not touch the next. */
function bandsOf(area: Area, leads: number): Area[] {
  const edge = (n: number) => area.top + Math.round((n * area.height) / leads);
  return Array.from({ length: leads }, (_, n) => ({ ...area, top: edge(n), height: edge(n + 1) - edge(n) }));
}

const middleOf = ({ top, height }: Area): number => top + height / 2;

/** @param skewMs what the hub's clock is ahead of this browser's */
export function LiveStrip({ device, skewMs }: { device: Device; skewMs: number }) {
  const { api, messages, cssPxPerMm } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const look = useLook(box);
  const { trace, isConnected } = useLive(api, device.id, skewMs);
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

  const age = trace.newestAt === undefined ? 0 : performance.now() - trace.newestAt;
  const isOld = trace.recording?.state === "recording" && age > OLD_MS;
  const ageWords =
    age < NEW_MS ? messages.say("age-new") : messages.say("age", { age: messages.duration(age / 1000) });
  const isRunning = trace.recording?.state === "recording";
  const coach = !trace.hasContact ? "coach-off" : trace.isLegible ? "coach-on" : "coach-poor";
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
      <p class={isConnected && !isOld ? "quiet" : "warn"}>
        {!isConnected
          ? messages.say("live-lost")
          : !isRunning || !leads
            ? messages.say("live-wait")
            : isOld
              ? messages.say("live-age", { age: messages.duration(age / 1000) })
              : messages.say("live-now", { lead: names, speed: SPEED, gain: GAIN, age: ageWords })}
        {isRunning && cssPxPerMm === undefined && `, ${messages.say("not-to-scale")}`}
      </p>
      {isRunning && (
        <p role="status" class={coach === "coach-on" ? "quiet" : "warn"}>
          {messages.say(coach)}
        </p>
      )}
    </section>
  );
}
