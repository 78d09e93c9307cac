/** The whole recording above the paper: heart rate, rhythm and curve over one axis; a click or a pull moves the paper there. */
import { useCallback, useMemo, useRef } from "preact/hooks";
import { MAX_STEP } from "../../../schema/signal";
import type { Windows } from "../api/windows";
import type { Beats } from "../paper/beats";
import { drawOverview, stepFor, windowShare } from "../paper/overview";
import { drawRates } from "../paper/rates";
import { drawRibbon, type Episode, RIBBON_CSS_PX } from "../paper/ribbon";
import type { Range } from "../paper/samples";
import { screenScale } from "../paper/scale";
import { drawScatter } from "../paper/scatter";
import { Canvas, type Look, useLook } from "../parts/canvas";
import { usePage } from "../parts/context";

/** Of the lane of heart rates, in CSS pixels. */
const RATES_PX = 104;
const PIN_PX = 10;

interface Props {
  samples: number;
  gaps: Range[];
  marks: readonly { sample: number }[];
  episodes: Episode[];
  beats: Beats;
  /** Seconds before each beat. */
  intervals: Float64Array;
  windows: Windows;
  version: number;
  /** What the paper shows. */
  window: Range;
  /** To the paper's middle. */
  go: (sample: number) => void;
}

export function Overview(props: Props) {
  const { samples, gaps, marks, episodes, beats, intervals, windows, version, window, go } = props;
  const { messages } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const look = useLook(box);
  const [pieces] = useMemo(
    () => (look ? windows.read(0, samples, stepFor(samples, look.area.width, MAX_STEP)) : []),
    [windows, version, samples, look?.area.width],
  );
  // What came for the paper is nothing to it: a day's beats are drawn anew only when there is more to see.
  const here = pieces?.map(({ from, step, values }) => `${from}/${step}/${values.length}`).join();
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) => {
      context.clearRect(0, 0, area.width, area.height);
      const [rates, ribbon] = [RATES_PX * ratio, RIBBON_CSS_PX * ratio];
      const curve = { ...area, top: rates + ribbon, height: Math.max(1, area.height - rates - ribbon) };
      drawOverview(context, curve, samples, pieces?.[0], gaps, screenScale(25, 10, ratio, undefined), ink);
      drawRates(context, { ...area, height: rates }, beats, intervals, samples, ratio, ink);
      const xOf = (sample: number) => (area.width * sample) / Math.max(1, samples);
      drawRibbon(context, { ...area, top: rates, height: ribbon }, episodes, xOf, ratio, ink);
      context.fillStyle = ink.tool;
      for (const { sample } of marks)
        context.fillRect(Math.round(xOf(sample) - ratio), curve.top, Math.round(2 * ratio), PIN_PX * ratio);
    },
    [windows, here, samples, gaps, marks, episodes, beats, intervals],
  );
  const { left, width } = windowShare(samples, look ? look.area.width / look.ratio : 1, window);
  const point = (event: PointerEvent) => {
    if (event.buttons === 0) return;
    const place = box.current!.getBoundingClientRect();
    go(((event.clientX - place.left) / place.width) * samples);
  };
  return (
    <div class="wholeview">
      <div
        class="paper overview"
        ref={box}
        role="img"
        aria-label={messages.say("overview")}
        onPointerDown={(event) => {
          box.current!.setPointerCapture(event.pointerId);
          point(event);
        }}
        onPointerMove={point}
      >
        <Canvas draw={draw} look={look} />
        <div class="window" style={{ left: `${100 * left}%`, width: `${100 * width}%` }} />
      </div>
      <Scatter intervals={intervals} />
    </div>
  );
}

function Scatter({ intervals }: { intervals: Float64Array }) {
  const { messages } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const look = useLook(box);
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) =>
      drawScatter(context, area, intervals, ratio, ink),
    [intervals],
  );
  return (
    <figure class="screen">
      <div class="paper scatter" ref={box} role="img" aria-label={messages.say("scatter-label")}>
        <Canvas draw={draw} look={look} />
      </div>
      <figcaption class="quiet">{messages.say("scatter")}</figcaption>
    </figure>
  );
}
