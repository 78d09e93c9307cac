/** The whole recording above the paper; a click or a pull moves the paper there. */
import { useCallback, useRef } from "preact/hooks";
import { MAX_STEP } from "../../schema/signal";
import type { Windows } from "../api/windows";
import { drawOverview, stepFor, windowShare } from "../paper/overview";
import type { Range } from "../paper/samples";
import { screenScale } from "../paper/scale";
import { Canvas, type Look, useLook } from "../parts/canvas";
import { usePage } from "../parts/context";

interface Props {
  samples: number;
  gaps: Range[];
  windows: Windows;
  version: number;
  /** What the paper shows. */
  window: Range;
  /** To the paper's middle. */
  go: (sample: number) => void;
}

export function Overview({ samples, gaps, windows, version, window, go }: Props) {
  const { messages } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const look = useLook(box);
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) => {
      const pieces = windows.read(0, samples, stepFor(samples, area.width, MAX_STEP))[0]!;
      const scale = screenScale(25, 10, ratio, undefined);
      drawOverview(context, area, samples, pieces[0], gaps, scale, ink);
    },
    [windows, version, samples, gaps],
  );
  const { left, width } = windowShare(samples, look ? look.area.width / look.ratio : 1, window);
  const point = (event: PointerEvent) => {
    if (event.buttons === 0) return;
    const place = box.current!.getBoundingClientRect();
    go(((event.clientX - place.left) / place.width) * samples);
  };
  return (
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
  );
}
