/** Mouse, wheel and fingers on the paper: they move and zoom it, or pull a foot of the calipers. */
import type { RefObject } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Calipers, type Foot, nearerFoot, placed } from "../paper/calipers";
import { bandsOf, type Strip } from "../paper/strip";
import type { Look } from "../parts/canvas";
import { Gestures, wheelFactor } from "./gestures";
import { type Frame, panned, type View, zoomed } from "./view";

export interface Pointed {
  samples: number;
  view: View;
  /** Samples that are shown. */
  across: number;
  look: Look | undefined;
  strip: Strip | undefined;
  change: (to: (view: View, frame: Frame) => View) => void;
  calipers: Calipers | undefined;
  setCalipers: (to: Calipers) => void;
  setFoot: (foot: Foot) => void;
}

/** @param box the paper's */
export function usePointer(box: RefObject<HTMLDivElement | null>, pointed: Pointed) {
  const { samples, view, across, look, strip, change, calipers, setCalipers, setFoot } = pointed;
  const gestures = useMemo(() => new Gestures(), []);
  const [held, setHeld] = useState<Foot>();
  /** A place on the paper: as a share of its width beside the pulse. */
  const shareAt = (cssX: number) => {
    const curves = bandsOf(strip!, look!.area).area;
    return (cssX * look!.ratio - curves.left) / Math.max(1, curves.width);
  };
  const cssXOf = (event: MouseEvent) => event.clientX - box.current!.getBoundingClientRect().left;
  const sampleUnder = (event: MouseEvent) => view.from + shareAt(cssXOf(event)) * across;

  useEffect(() => {
    const element = box.current!;
    // By hand, since the page must not scroll meanwhile.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey)
        change((one, f) => panned(one, (sideways / 400) * across, f));
      else
        change((one, f) =>
          zoomed(one, wheelFactor(event.deltaY, event.deltaMode), shareAt(cssXOf(event)), f),
        );
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  });

  const onPointerDown = (event: PointerEvent) => {
    if (!strip) return;
    box.current!.setPointerCapture(event.pointerId);
    if (calipers) {
      const nearest = nearerFoot(calipers, sampleUnder(event));
      setHeld(nearest);
      setFoot(nearest);
      setCalipers(placed(calipers, nearest, sampleUnder(event), samples));
    } else gestures.down(event.pointerId, cssXOf(event));
  };
  const onPointerMove = (event: PointerEvent) => {
    if (calipers && held) return setCalipers(placed(calipers, held, sampleUnder(event), samples));
    const gesture = gestures.move(event.pointerId, cssXOf(event));
    if (!gesture) return;
    const { pan, factor, at } = gesture;
    const pixels = bandsOf(strip!, look!.area).area.width / look!.ratio;
    change((one, f) => zoomed(panned(one, (-pan / pixels) * across, f), factor, shareAt(at), f));
  };
  const onPointerUp = (event: PointerEvent) => {
    setHeld(undefined);
    gestures.up(event.pointerId);
  };
  return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp };
}
