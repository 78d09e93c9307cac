/** Put into a page before its own scripts: says when curves stand on its canvases, and how evenly they move. */

import type { Expected, Watch } from "../watching";

declare global {
  interface Window {
    watch: Watch;
  }
}

const COLUMNS = 16;
const ENOUGH = 12;
/** Of black that covers a part of a pixel; the paper's red is none of it. */
const OPAQUE = 60;
const DARK = 150;
const COLOURFUL = 40;
/** What comes within it is of the same spike. */
const SPIKE_MS = 300;

/** Behind the work of each frame, as soon as it is handed on to be shown. */
function eachFrame(look: (frame: number) => boolean): void {
  const channel = new MessageChannel();
  let frame = 0;
  channel.port1.onmessage = () => {
    if (look(frame)) requestAnimationFrame(next);
  };
  const next = (now: number) => {
    frame = now;
    channel.port2.postMessage(undefined);
  };
  requestAnimationFrame(next);
}

function isDark(pixels: Uint8ClampedArray, at: number): boolean {
  const [red, green, blue] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
  return pixels[at + 3]! > OPAQUE && red < DARK && red - Math.min(green, blue) < COLOURFUL;
}

function stands({ selector, bands }: Expected): boolean {
  const canvas = document.querySelector<HTMLCanvasElement>(selector);
  if (!canvas || canvas.width < COLUMNS || canvas.height < bands) return false;
  const context = canvas.getContext("2d")!;
  const height = Math.floor(canvas.height / bands);
  for (let band = 0; band < bands; band++) {
    let dark = 0;
    for (let column = 1; column <= COLUMNS; column++) {
      const x = Math.floor((canvas.width * column) / (COLUMNS + 1));
      const { data } = context.getImageData(x, band * height, 1, height);
      for (let at = 0; at < data.length; at += 4)
        if (isDark(data, at)) {
          dark++;
          break;
        }
    }
    if (dark < ENOUGH) return false;
  }
  return true;
}

window.watch = {
  painted: (expected) =>
    new Promise((resolve) =>
      eachFrame(() => {
        if (!expected.every(stands)) return true;
        resolve(performance.now());
        return false;
      }),
    ),
  frames(selector) {
    const times: number[] = [];
    const canvas = document.querySelector(selector);
    const { clearRect } = CanvasRenderingContext2D.prototype;
    let isDrawn = false;
    let ended = false;
    // Whoever draws such a paper wipes it first.
    CanvasRenderingContext2D.prototype.clearRect = function (...all) {
      if (this.canvas === canvas) isDrawn = true;
      clearRect.apply(this, all);
    };
    eachFrame((frame) => {
      if (isDrawn) times.push(frame);
      isDrawn = false;
      return !ended;
    });
    return {
      stop() {
        ended = true;
        CanvasRenderingContext2D.prototype.clearRect = clearRect;
        return times;
      },
    };
  },
  arrivals(selector, share) {
    const times: number[] = [];
    let before = new Set<number>();
    let ended = false;
    eachFrame(() => {
      const canvas = document.querySelector<HTMLCanvasElement>(selector)!;
      const row = Math.floor(canvas.height * share);
      const { data } = canvas.getContext("2d")!.getImageData(0, row, canvas.width, 1);
      const now = performance.timeOrigin + performance.now();
      const dark = new Set<number>();
      for (let x = 0; x < canvas.width; x++) if (isDark(data, 4 * x)) dark.add(x);
      const isNew = [...dark].some((x) => !before.has(x));
      if (isNew && now - (times.at(-1) ?? 0) > SPIKE_MS) times.push(now);
      before = dark;
      return !ended;
    });
    return {
      stop() {
        ended = true;
        return times;
      },
    };
  },
};
