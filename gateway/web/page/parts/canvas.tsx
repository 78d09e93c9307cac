/** A canvas with a pixel for each of the screen's, drawn anew when its box, the screen or the colours change. */
import { options, type RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { DARK, type Ink, LIGHT } from "../paper/ink";
import type { Area } from "../paper/surface";

export interface Look {
  /** Of the canvas in its own pixels. */
  area: Area;
  /** Of them to a CSS pixel. */
  ratio: number;
  ink: Ink;
  isPrint: boolean;
}

/** Of one that is printed, whatever its size on the screen: what fits between the margins of A4, at 384 dots an inch. */
const PRINT_CSS_WIDTH = 680;
const PRINT_RATIO = 4;

const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

/** CSS pixels inside the border. */
function contentOf(element: HTMLElement): { width: number; height: number } {
  const { width, height } = element.getBoundingClientRect();
  const { offsetWidth, clientWidth, offsetHeight, clientHeight } = element;
  return { width: width - offsetWidth + clientWidth, height: height - offsetHeight + clientHeight };
}

/** As the browser counted them, unless it did so without its zoom, as emulated screens do. */
function devicePixels(css: { width: number; height: number }, entry?: ResizeObserverEntry): [number, number] {
  const [width, height] = [css.width * devicePixelRatio, css.height * devicePixelRatio];
  const exact = entry?.devicePixelContentBoxSize?.[0];
  const isLike = exact && Math.abs(exact.inlineSize - width) < 2 && Math.abs(exact.blockSize - height) < 2;
  return isLike ? [exact.inlineSize, exact.blockSize] : [width, height];
}

/** @param box the element that the canvas fills @returns how it looks; undefined before it is on the page */
export function useLook(box: RefObject<HTMLElement | null>): Look | undefined {
  const [look, setLook] = useState<Look>();
  // Observed before the first frame, so that this one has curves on it already.
  useLayoutEffect(() => {
    const element = box.current!;
    let isPrint = false;
    const measure = (entry?: ResizeObserverEntry) => {
      const css = contentOf(element);
      const [width, height, ratio] = isPrint
        ? [css.width * PRINT_RATIO, css.height * PRINT_RATIO, PRINT_RATIO]
        : [...devicePixels(css, entry), devicePixelRatio];
      setLook({
        area: { left: 0, top: 0, width: Math.round(width), height: Math.round(height) },
        // As the browser will show it: what is drawn is to be true whatever it rounded.
        ratio: css.width > 0 ? Math.round(width) / css.width : ratio,
        ink: isDark() && !isPrint ? DARK : LIGHT,
        isPrint,
      });
    };
    const observer = new ResizeObserver(([entry]) => !isPrint && measure(entry));
    try {
      observer.observe(element, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(element);
    }
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const onDark = () => measure();
    const printing = (is: boolean) => () => {
      isPrint = is;
      element.style.width = is ? `${PRINT_CSS_WIDTH}px` : "";
      // The browser prints as soon as this returns: no waiting for the next turn.
      const { debounceRendering } = options;
      options.debounceRendering = (render) => render();
      measure();
      // The box may have another height in print, which only now is known.
      measure();
      options.debounceRendering = debounceRendering;
    };
    const [before, after] = [printing(true), printing(false)];
    dark.addEventListener("change", onDark);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      observer.disconnect();
      dark.removeEventListener("change", onDark);
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
    };
  }, [box]);
  return look;
}

/** The canvas's pixels; setting them wipes it, so only when they differ. */
export function sized(canvas: HTMLCanvasElement, { area }: Look): CanvasRenderingContext2D {
  if (canvas.width !== area.width) canvas.width = area.width;
  if (canvas.height !== area.height) canvas.height = area.height;
  return canvas.getContext("2d")!;
}

interface Props {
  draw: (context: CanvasRenderingContext2D, look: Look) => void;
  look: Look | undefined;
}

/** Draws before the browser shows the page, so that print and screen never see the last size's. */
export function Canvas({ draw, look }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (look) draw(sized(ref.current!, look), look);
  }, [draw, look]);
  return <canvas ref={ref} />;
}
