/** A strip of known pulses on a canvas as wide as the window, drawn anew when that changes; or, for #print, for a printer. */
import { LIGHT } from "../../../../../gateway/web/page/paper/ink";
import { printScale, type Scale, screenScale } from "../../../../../gateway/web/page/paper/scale";
import { drawStrip } from "../../../../../gateway/web/page/paper/strip";

const RATE = 1000;
const COUNTS_PER_MV = 500;
const BASELINE = 2048;
const HEIGHT = 200;
/** What fits between the margins of A4. */
const PRINTED_WIDTH = 680;

/** 1 mV for 200 ms, each second. */
const values = Int32Array.from(
  { length: 60 * RATE },
  (_, n) => BASELINE + (n % RATE >= 400 && n % RATE < 600 ? COUNTS_PER_MV : 0),
);
const canvas = document.querySelector("canvas")!;

function show(cssWidth: number, scale: Scale): void {
  canvas.width = Math.round(cssWidth * scale.ratio);
  canvas.height = Math.round(HEIGHT * scale.ratio);
  canvas.style.width = `${cssWidth}px`;
  canvas.style.height = `${HEIGHT}px`;
  const strip = {
    rows: [
      {
        name: "",
        lead: { unit: "mV", gain: COUNTS_PER_MV, baseline: BASELINE },
        pieces: [{ from: 0, step: 1, values }],
      },
    ],
    layout: [[{ row: 0, from: 0, to: 1 }]],
    bands: [{ above: 20, below: 20 }],
    rate: RATE,
    from: 0,
    samples: values.length,
    gaps: [],
    marks: [],
    scale,
    uncalibrated: "",
  };
  const area = { left: 0, top: 0, width: canvas.width, height: canvas.height };
  drawStrip(canvas.getContext("2d")!, area, strip, LIGHT);
}

const onScreen = () => show(innerWidth, screenScale(25, 10, devicePixelRatio, undefined));
if (location.hash === "#print") show(PRINTED_WIDTH, printScale(25, 10));
else {
  addEventListener("resize", onScreen);
  onScreen();
}
