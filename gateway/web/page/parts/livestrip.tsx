/** The live trace of a handheld: all its leads, sweeping over paper, with its age. */
import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import type { Device } from "../../../schema/devices";
import { type BandLimits, type BandMm, bandsFor, heightOf } from "../paper/bands";
import { drawGrid } from "../paper/grid";
import { drawLabel, TEXT_CSS_PX } from "../paper/label";
import { layoutOf } from "../paper/layout";
import { countsPerMillivolt, placeOf } from "../paper/place";
import { pxPerMm, pxPerSecond, screenScale } from "../paper/scale";
import type { Area } from "../paper/surface";
import { Canvas, type Look, sized, useLook } from "./canvas";
import { usePage } from "./context";
import { deviceName } from "./devicename";
import { useLive } from "./uselive";

const SPEED = 25;
const GAIN = 10;
/** Of a lead's band, in mm; where there are many, they share. */
const BAND: BandLimits = { least: 40, most: 100 };
const NARROW_BAND: BandLimits = { least: 30, most: 60 };
/** Older than that, a trace is not called live; younger than that, its age is not counted. */
const OLD_MS = 5000;
const NEW_MS = 2000;

/** One for each lead, from top to bottom, in whole pixels: what is wiped in one must not touch the next. */
function areasOf(area: Area, bands: readonly BandMm[]): (Area & { zero: number })[] {
  const pxPerMm = area.height / Math.max(1, heightOf(bands));
  const edge = (n: number) => area.top + heightOf(bands.slice(0, n)) * pxPerMm;
  return bands.map(({ above }, n) => {
    const top = Math.round(edge(n));
    return { ...area, top, height: Math.round(edge(n + 1)) - top, zero: edge(n) + above * pxPerMm };
  });
}

/** @param skewMs what the hub's clock is ahead of this browser's */
export function LiveStrip({ device, skewMs }: { device: Device; skewMs: number }) {
  const { api, messages, cssPxPerMm } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const look = useLook(box);
  const { trace, isConnected } = useLive(api, device.id, skewMs);
  // What the hub says it is, also of before anybody looked; marks say it sooner.
  useEffect(() => {
    if (device.running?.recording === trace.recording?.id) trace.hasContact = device.running?.contact ?? true;
  }, [device, trace, trace.recording?.id]);
  const leads = trace.recording?.form?.leads;
  const names = leads?.map(({ name }) => name).join(", ") ?? "";

  const layout = useMemo(() => layoutOf("rows", leads?.map(({ name }) => name) ?? [""]), [names]);
  const reaches = trace.reaches();
  const fitted = bandsFor(layout, reaches, GAIN, layout.length > 1 ? NARROW_BAND : BAND);
  // The same ones as long as they are as high: for others all is drawn anew.
  const bands = useMemo(() => fitted, [JSON.stringify(fitted)]);
  const grid = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) => {
      const scale = screenScale(SPEED, GAIN, ratio, cssPxPerMm);
      context.clearRect(0, 0, area.width, area.height);
      drawGrid(context, area, { x: 0, y: areasOf(area, bands)[0]!.zero }, scale, ink);
    },
    [cssPxPerMm, bands],
  );
  const labels = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) => {
      context.clearRect(0, 0, area.width, area.height);
      // One alone has its name below.
      for (const [n, { top }] of (bands.length > 1 ? areasOf(area, bands) : []).entries())
        drawLabel(context, leads![n]!.name, 6 * ratio, top + (TEXT_CSS_PX + 6) * ratio, ratio, ink);
    },
    [bands, names],
  );

  useEffect(() => {
    if (!look || !leads) return;
    const { area, ratio, ink } = look;
    const scale = screenScale(SPEED, GAIN, ratio, cssPxPerMm);
    const context = sized(canvas.current!, look);
    context.clearRect(0, 0, area.width, area.height);
    trace.resize(area.width / pxPerSecond(scale));
    for (const sweep of trace.sweeps) sweep.spoilAll();
    const areas = areasOf(area, bands);
    const places = leads.map((lead, n) => {
      const counts = countsPerMillivolt(lead) ?? 1;
      return placeOf(scale, 0, 0, trace.rate!, areas[n]!.zero, lead.baseline, counts);
    });
    let frame = requestAnimationFrame(function next(now) {
      trace.advance(now);
      for (const [n, sweep] of trace.sweeps.entries()) sweep.draw(context, areas[n]!, places[n]!, scale, ink);
      frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [look, bands, names, trace, trace.recording?.id, cssPxPerMm]);

  const age = trace.newestAt === undefined ? 0 : performance.now() - trace.newestAt;
  const isOld = trace.recording?.state === "recording" && age > OLD_MS;
  const ageWords =
    age < NEW_MS ? messages.say("age-new") : messages.say("age", { age: messages.duration(age / 1000) });
  const isRunning = trace.recording?.state === "recording";
  const coach = !trace.hasContact ? "coach-off" : trace.isLegible ? "coach-on" : "coach-poor";
  const name = deviceName(device);
  const isHigher = bands.some(({ above, below }, n) => {
    const reach = reaches[n];
    return !!reach && (reach.above * GAIN > above || reach.below * GAIN > below);
  });
  const height = `${Math.round(heightOf(bands) * pxPerMm(screenScale(SPEED, GAIN, 1, cssPxPerMm)))}px`;
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
        <Canvas draw={labels} look={look} />
      </div>
      <p class={isConnected && !isOld ? "quiet" : "warn"}>
        {!isConnected
          ? messages.say("live-lost")
          : !isRunning || !leads
            ? messages.say("live-wait")
            : isOld
              ? messages.say("live-age", { age: messages.duration(age / 1000) })
              : messages.say("live-now", { lead: names, speed: SPEED, gain: GAIN, age: ageWords })}
        {isRunning && isHigher && `, ${messages.say("leaves-paper")}`}
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
