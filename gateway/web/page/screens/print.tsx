/** A part of a recording as it goes on paper: a sheet of rows at 25 mm/s and 10 mm/mV, drawn as strokes alone. */
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { recording as endpoint, type ListedRecording } from "../../../schema/recordings";
import { Windows } from "../api/windows";
import { type BandLimits, bandsFor, heightOf } from "../paper/bands";
import { LIGHT } from "../paper/ink";
import { layoutOf, layoutsFor } from "../paper/layout";
import { extremesOf, reachBetween } from "../paper/reach";
import { printScale, pxPerMm } from "../paper/scale";
import { drawStrip, isCut, type Strip, samplesAcross } from "../paper/strip";
import { useAction } from "../parts/action";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { Outcome } from "../parts/fields";
import { ReportButton } from "../parts/report";
import { sayRhythm } from "../parts/rhythm";
import { addressOf } from "../route";
import { secondsOf } from "./sentence";

const EVERY_MS = 60_000;
const SPEED = 25;
const GAIN = 10;

interface Format {
  seconds: number;
  /** Of a row: what fits between the margins of A4 and of Letter. */
  rowMm: number;
  band: BandLimits;
  /** The sheet lies on its side. */
  isWide: boolean;
}

/** Five rows of the least and their words fit one page. */
const ROWS: Format = { seconds: 30, rowMm: 180, band: { least: 30, most: 100 }, isWide: false };
/** One row of four bands: ten seconds are 250 mm, and the pulse before them 7 mm. */
const TWELVE: Format = { seconds: 10, rowMm: 257, band: { least: 30, most: 40 }, isWide: true };
/** Printed below the strip: whoever lays a ruler on it knows whether the printer kept the size. */
const CHECK_MM = 100;

/** @param from the first sample */
export function PrintScreen({ id, from = 0 }: { id: string; from?: number }) {
  const { api, messages, role } = usePage();
  const report = useAction();
  const { value, error } = useAsked(
    useCallback((signal) => api.ask(endpoint, { params: { id } }, signal), [api, id]),
    EVERY_MS,
  );
  return (
    <main class="sheet">
      <div class="tools">
        <button type="button" class="main" disabled={!value?.form} onClick={() => print()}>
          {messages.say("print")}
        </button>
        {role === "owner" && value?.form && (
          <ReportButton id={id} name={`${value.device}-${value.number}`} action={report} />
        )}
        <a class="button" href={addressOf({ screen: "recording", id })}>
          {messages.say("back")}
        </a>
      </div>
      {report.problem !== undefined && <Outcome action={report} />}
      {value?.form ? (
        <Sheet recording={value} begin={Math.min(from, value.samples)} />
      ) : (
        <p role="status">{messages.say(error ? "hub-unreached" : "loading")}</p>
      )}
    </main>
  );
}

function Sheet({ recording, begin }: { recording: ListedRecording; begin: number }) {
  const { api, messages } = usePage();
  const { id, samples, startMs, firstAt, form, simulated, adopted, finding, person, device, number } =
    recording;
  const rate = form!.rateNum / form!.rateDen;
  const [, setVersion] = useState(0);
  const leads = form!.leads;
  const windows = useMemo(
    () => new Windows(api, id, leads.length, samples, () => setVersion((before) => before + 1)),
    [api, id, samples],
  );
  useEffect(() => () => windows.close(), [windows]);
  const names = leads.map(({ name }) => name);
  const [layoutName] = layoutsFor(names);
  const layout = layoutOf(layoutName!, names);
  const { seconds, rowMm, band, isWide } = layoutName === "rows" ? ROWS : TWELVE;
  const scale = printScale(SPEED, GAIN);
  const width = Math.round(rowMm * pxPerMm(scale));
  const across = Math.floor(samplesAcross(width, rate, scale));
  // Twelve leads are one row: what rounding takes from its end is none of its own.
  const end = Math.min(samples, begin + (isWide ? across : Math.round(seconds * rate)));
  const shown = end - begin;
  const pieces = windows.read(begin, end, 1);
  const bands = bandsFor(
    layout,
    leads.map((lead, n) => reachBetween(lead, extremesOf(pieces[n]!))),
    GAIN,
    band,
  );
  const area = {
    left: 0,
    top: 0,
    width,
    height: Math.round(heightOf(bands) * pxPerMm(scale)),
  };
  const rows = Array.from({ length: Math.ceil(shown / across) }, (_, n) => begin + n * across);
  const at = startMs ?? firstAt;
  const stripAt = (from: number): Strip => ({
    rows: leads.map((lead, n) => ({ name: lead.name, lead, pieces: pieces[n]! })),
    layout,
    bands,
    rate,
    from,
    samples: Math.min(end, from + across),
    gaps: [],
    marks: [],
    scale,
    uncalibrated: messages.say("uncalibrated"),
  });
  const isHigher = rows.some((from) => isCut(stripAt(from), area));
  const caption = messages.say("caption", {
    speed: SPEED,
    gain: GAIN,
    rate,
    filters: messages.say("unfiltered"),
  });
  return (
    <article class={isWide ? "wide" : undefined}>
      <h1>
        {at === undefined ? messages.say("unknown-time") : messages.moment(at)}
        {person !== undefined && ` · ${person}`}
      </h1>
      {simulated && <p class="demo">{messages.say("demo")}</p>}
      {adopted && <p class="notalarm">{messages.say("verdict-adopted")}</p>}
      <p>
        {finding && <strong>{sayRhythm(finding.rhythm, messages)} · </strong>}
        {messages.say("print-part", {
          part: messages.duration(shown / rate),
          duration: messages.duration(secondsOf(recording)),
          from: messages.position(begin / rate),
        })}{" "}
        {device}-{number}
      </p>
      {finding && <p>{messages.say("no-diagnosis")}</p>}
      {rows.map((from) => (
        <PrintedRow
          key={from}
          strip={stripAt(from)}
          area={area}
          widthMm={rowMm}
          label={messages.say("paper-label", {
            from: messages.position(from / rate),
            to: messages.position(Math.min(end, from + across) / rate),
            duration: messages.duration(secondsOf(recording)),
            leads: names.join(", "),
            gaps: "",
          })}
        />
      ))}
      <p class="caption">
        {caption}
        {isHigher && ` · ${messages.say("leaves-paper")}`}
        <span class="screen"> · {messages.say("not-to-scale")}</span>
      </p>
      <div class="check" style={{ width: `${CHECK_MM}mm` }} />
      <p class="caption">{messages.say("print-check", { mm: CHECK_MM })}</p>
      <p class="notalarm">{messages.say("not-alarm")}</p>
    </article>
  );
}

interface RowProps {
  strip: Strip;
  area: { left: number; top: number; width: number; height: number };
  widthMm: number;
  label: string;
}

/** Always in the printer's pixels: what a screen shows of it is a smaller picture, and says so. */
function PrintedRow({ strip, area, widthMm, label }: RowProps) {
  const draw = (canvas: HTMLCanvasElement | null) => {
    if (!canvas) return;
    canvas.width = area.width;
    canvas.height = area.height;
    drawStrip(canvas.getContext("2d")!, area, strip, LIGHT);
  };
  return <canvas class="row" ref={draw} role="img" aria-label={label} style={{ width: `${widthMm}mm` }} />;
}
