/** Ten seconds of a recording as a PNG, for a mail's body. It names nobody. */
import { rateOf, type Study } from "../document/study";
import { countsPerMillivolt } from "../document/units";
import { ENGLISH, type Words } from "../words/words";
import { Canvas } from "./canvas";
import { leadName } from "./facts";
import { MM_PER_MILLIVOLT, MM_PER_SECOND, PULSE_MM, PULSE_SECONDS, ROW_SECONDS } from "./paper";
import { median } from "./samples";

/** Pixels to a millimetre of paper. */
const SCALE = 4;
const HEIGHT_MM = 40;
const THIN = [246, 214, 214] as const;
const THICK = [228, 160, 160] as const;
const BLACK = [0, 0, 0] as const;
const RED = [176, 0, 0] as const;
const GREY = [215, 215, 215] as const;

export interface PictureOptions {
  words?: Words;
  /** Of the lead: the one that was analysed, else the first, by default. */
  place?: number;
}

/**
 * @param study of a stretch round it: what lies before is decoded, too
 * @param from first sample
 */
export function stripPicture(
  study: Study,
  from: number,
  { words = ENGLISH, place = study.analysis?.lead ?? 0 }: PictureOptions = {},
): Buffer {
  const rate = rateOf(study);
  const length = Math.round(ROW_SECONDS * rate);
  const lead = study.info.open.leads[place]!;
  const values = valuesOf(study, place, from, length);
  const canvas = new Canvas((PULSE_MM + ROW_SECONDS * MM_PER_SECOND) * SCALE + 1, HEIGHT_MM * SCALE + 1);
  drawGrid(canvas);
  const left = PULSE_MM * SCALE;
  const middle = Math.round((canvas.height - 1) * 0.55);
  const zero = median(values);
  const counts = countsPerMillivolt(lead);
  const calibrated = counts !== undefined;
  const most = values.reduce(
    (far, value) => (Number.isNaN(value) ? far : Math.max(far, Math.abs(value - zero))),
    1,
  );
  const perCount = calibrated ? (MM_PER_MILLIVOLT * SCALE) / counts : (0.35 * canvas.height) / most;
  if (calibrated) drawPulse(canvas, middle);
  const step = (MM_PER_SECOND * SCALE) / rate;
  for (let i = 0; i < length; i++) {
    const x = left + i * step;
    if (Number.isNaN(values[i]!)) canvas.rectangle(Math.floor(x), middle - 30, Math.ceil(step), 60, GREY);
    else if (i > 0 && !Number.isNaN(values[i - 1]!))
      canvas.line(
        x - step,
        middle - (values[i - 1]! - zero) * perCount,
        x,
        middle - (values[i]! - zero) * perCount,
        1.3,
        BLACK,
      );
  }
  const told = words.say(calibrated ? "picture-scale" : "picture-no-scale");
  canvas.text(`${leadName(words, study, place)} · ${told}`, left, 15, 13, BLACK);
  if (study.info.simulated) canvas.text(words.say("demo"), canvas.width - 160, 15, 13, RED);
  return canvas.png();
}

function valuesOf(study: Study, lead: number, from: number, length: number): Float64Array {
  const values = new Float64Array(length).fill(Number.NaN);
  for (const { firstSample, samples } of study.pieces()) {
    if (firstSample >= from + length) break;
    const skip = Math.max(0, from - firstSample);
    const end = Math.min(samples[lead]!.length, from + length - firstSample);
    if (end > skip) values.set(samples[lead]!.subarray(skip, end), firstSample + skip - from);
  }
  return values;
}

function drawGrid(canvas: Canvas): void {
  for (const isThick of [false, true])
    for (let mm = 0; mm * SCALE < canvas.width; mm++) {
      if ((mm % 5 === 0) !== isThick) continue;
      const colour = isThick ? THICK : THIN;
      canvas.rectangle(mm * SCALE, 0, 1, canvas.height, colour);
      if (mm <= HEIGHT_MM) canvas.rectangle(0, mm * SCALE, canvas.width, 1, colour);
    }
}

function drawPulse(canvas: Canvas, middle: number): void {
  const side = ((PULSE_MM - PULSE_SECONDS * MM_PER_SECOND) / 2) * SCALE;
  const [top, down, end] = [middle - MM_PER_MILLIVOLT * SCALE, PULSE_MM * SCALE - side, PULSE_MM * SCALE];
  canvas.line(0, middle, side, middle, 1.3, BLACK);
  canvas.line(side, middle, side, top, 1.3, BLACK);
  canvas.line(side, top, down, top, 1.3, BLACK);
  canvas.line(down, top, down, middle, 1.3, BLACK);
  canvas.line(down, middle, end, middle, 1.3, BLACK);
}
