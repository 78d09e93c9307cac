/** A recording's window as its paper has it: what is shown, at which scale, and how high each band is. */
import { useMemo } from "preact/hooks";
import type { Recording } from "../../../schema/recordings";
import { stepOf, type Windows } from "../api/windows";
import { type BandLimits, bandsFor } from "../paper/bands";
import { filtered, isRaw, SETTLING_SECONDS } from "../paper/filter";
import type { Layout } from "../paper/layout";
import { pulseWidth } from "../paper/pulse";
import type { Range } from "../paper/samples";
import { printScale, pxPerMm, type Scale, screenScale } from "../paper/scale";
import type { Mark, Strip } from "../paper/strip";
import type { Look } from "../parts/canvas";
import { usePage } from "../parts/context";
import type { Paper } from "./papers";
import { useReach } from "./reach";
import { type Frame, fitted, shown, type View } from "./view";

/** Of a band, in mm. */
const BAND: BandLimits = { least: 40, most: 100 };
/** Where there are many. */
const NARROW_BAND: BandLimits = { least: 30, most: 60 };
const MANY_BANDS = 4;

interface Laid {
  recording: Recording;
  windows: Windows;
  /** Rises when windows have something new. */
  version: number;
  paper: Paper;
  /** First sample that is wished for. */
  from: number;
  layout: Layout;
  gaps: readonly Range[];
  marks: readonly Mark[];
  look: Look | undefined;
}

export function useStrip({ recording, windows, version, paper, from, layout, gaps, marks, look }: Laid) {
  const { messages, cssPxPerMm } = usePage();
  const form = recording.form!;
  const rate = form.rateNum / form.rateDen;
  const { samples } = recording;
  const wanted: View = { from, speed: paper.speed, gain: paper.gain };
  const scaleOf = (view: View, { ratio, isPrint }: Look): Scale =>
    isPrint ? printScale(view.speed, view.gain) : screenScale(view.speed, view.gain, ratio, cssPxPerMm);
  const frame = useMemo<Frame | undefined>(() => {
    if (!look) return undefined;
    const scale = scaleOf(wanted, look);
    const millimetres = Math.max(1, look.area.width - Math.ceil(pulseWidth(scale))) / pxPerMm(scale);
    return { samples, rate, millimetres };
  }, [look, paper.speed, paper.gain, samples, rate, cssPxPerMm]);
  const view = frame ? fitted(wanted, frame) : wanted;
  const across = frame ? shown(view, frame) : 0;
  const step = look ? stepOf(across / look.area.width) : 1;
  const isFiltered = step === 1 && !isRaw(paper.filters);

  const reaches = useReach(form.leads, windows, version, samples, rate);
  const bands = useMemo(
    () => bandsFor(layout, reaches, view.gain, layout.length > MANY_BANDS ? NARROW_BAND : BAND),
    [layout, reaches, view.gain],
  );

  const stripOf = (one: Look): Strip => {
    const margin = isFiltered ? SETTLING_SECONDS * rate : 0;
    const pieces = windows.read(view.from - margin, view.from + across + margin, step);
    return {
      rows: form.leads.map((lead, n) => ({ name: lead.name, lead, pieces: pieces[n]! })),
      layout,
      bands,
      rate,
      from: view.from,
      samples,
      gaps,
      marks,
      scale: scaleOf(view, one),
      uncalibrated: messages.say("uncalibrated"),
    };
  };

  const strip = useMemo(
    () => look && stripOf(look),
    [
      look,
      view.from,
      view.speed,
      view.gain,
      layout,
      bands,
      isFiltered,
      gaps,
      marks,
      version,
      samples,
      messages,
      cssPxPerMm,
    ],
  );
  /** What is drawn; calipers read the signal as it is. */
  const drawn = useMemo(
    () => (strip && isFiltered ? filteredStrip(strip, paper) : strip),
    [strip, isFiltered, paper.filters],
  );
  return { view, frame, across, step, isFiltered, bands, strip, drawn };
}

function filteredStrip(strip: Strip, { filters }: Paper): Strip {
  const rows = strip.rows.map((row) => ({
    ...row,
    pieces: row.pieces.map((piece) => filtered(piece, filters, strip.rate, row.lead.baseline)),
  }));
  return { ...strip, rows };
}
