/** The paper of a recording with its tools: speeds, gains, filters, moving, zooming, calipers; all of it by keys, too. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Recording, RecordingEvent } from "../../schema/recordings";
import { stepOf, type Windows } from "../api/windows";
import type { Key } from "../messages/messages";
import { type BandLimits, bandsFor, heightOf } from "../paper/bands";
import { intervalsOf } from "../paper/beats";
import { BEATS_CSS_PX } from "../paper/beatsdrawn";
import { type Calipers, type Foot, nearerFoot, nudged, placed } from "../paper/calipers";
import { filtered, isRaw, MONITOR, RAW, SETTLING_SECONDS } from "../paper/filter";
import { layoutOf, layoutsFor } from "../paper/layout";
import { pulseWidth } from "../paper/pulse";
import { type Episode, RIBBON_CSS_PX } from "../paper/ribbon";
import type { Range } from "../paper/samples";
import { GAINS, printScale, pxPerMm, type Scale, SPEEDS, screenScale } from "../paper/scale";
import { drawSheet, stripArea } from "../paper/sheet";
import { bandsOf, isCut, type Strip } from "../paper/strip";
import { Canvas, type Look, useLook } from "../parts/canvas";
import { usePage } from "../parts/context";
import { nameOf } from "../parts/rhythm";
import { useStudy } from "../parts/study";
import { addressOf } from "../route";
import { BeatTable } from "./beattable";
import { EventList } from "./eventlist";
import { Gestures, wheelFactor } from "./gestures";
import { Measured } from "./measured";
import { OverReadForm } from "./overreadform";
import { OverReads } from "./overreads";
import { Overview } from "./overview";
import { filterWords, type Paper } from "./papers";
import { useReach } from "./reach";
import { Reading } from "./reading";
import { secondsOf } from "./sentence";
import { atSpeed, type Frame, fitted, leastSpeed, panned, shown, type View, zoomed } from "./view";
import { ViewerTools } from "./viewertools";

/** Of a band, in mm. */
const BAND: BandLimits = { least: 40, most: 100 };
/** Where there are many. */
const NARROW_BAND: BandLimits = { least: 30, most: 60 };
const MANY_BANDS = 4;
const ZOOM = 1.5;
/** Of what is shown, for a key. */
const KEY_PAN = 0.25;
const NUDGE_FAST = 10;
/** Of what is shown: where calipers open. */
const FEET = [0.4, 0.6] as const;

interface Props {
  recording: Recording;
  events: readonly RecordingEvent[];
  windows: Windows;
  /** Rises when windows have something new. */
  version: number;
  /** The first curves stand: what else there is may follow. */
  isSeen: boolean;
  paper: Paper;
  setPaper: (paper: Paper) => void;
  /** Beside another one, whose tools are for both. */
  isSecond: boolean;
}

export function Viewer(props: Props) {
  const { recording, events, windows, version, isSeen, paper, setPaper, isSecond } = props;
  const { messages, cssPxPerMm, role } = usePage();
  const [signed, setSigned] = useState(0);
  const form = recording.form!;
  const rate = form.rateNum / form.rateDen;
  const { samples } = recording;
  const names = useMemo(() => form.leads.map(({ name }) => name), [recording.id]);
  const layouts = useMemo(() => layoutsFor(names), [names]);
  const layoutName = layouts.includes(paper.layout) ? paper.layout : layouts[0]!;
  const layout = useMemo(() => layoutOf(layoutName, names), [layoutName, names]);
  const study = useStudy(recording);
  const gaps = useMemo(() => gapsOf(events), [events]);
  const marks = useMemo(
    () =>
      events.flatMap(({ kind, sample }) =>
        kind === "gap" || kind === "finding"
          ? []
          : [{ sample, name: messages.say(`mark-${kind}` satisfies Key) }],
      ),
    [events, messages],
  );
  const episodes = useMemo<Episode[]>(
    () =>
      (study.analysis?.episodes ?? []).map(({ rhythm, from, to }) => ({
        rhythm,
        from,
        to,
        name: nameOf(rhythm, messages),
      })),
    [study.analysis, messages],
  );
  const intervals = useMemo(() => intervalsOf(study.beats, gaps, rate), [study.beats, gaps, rate]);
  const box = useRef<HTMLDivElement>(null);
  const look = useLook(box);
  const [from, setFrom] = useState(0);
  const wanted: View = { from, speed: paper.speed, gain: paper.gain };
  const setView = (to: View) => {
    setFrom(to.from);
    if (to.speed !== paper.speed || to.gain !== paper.gain)
      setPaper({ ...paper, speed: to.speed, gain: to.gain });
  };
  const [calipers, setCalipers] = useState<Calipers>();
  const [foot, setFoot] = useState<Foot>("b");
  const gestures = useMemo(() => new Gestures(), []);
  const [held, setHeld] = useState<Foot>();
  const beatsPx = paper.showsBeats && study.beats.samples.length > 0 ? BEATS_CSS_PX : 0;
  const ribbonPx = episodes.length > 0 ? RIBBON_CSS_PX : 0;

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
  const isHigher = useMemo(
    () => !!look && !!drawn && isCut(drawn, stripArea(look.area, look.ratio, { beatsPx, ribbonPx })),
    [drawn, look, beatsPx, ribbonPx],
  );
  const { marchesOut } = paper;
  // On one canvas: printers' drivers take what is clear in a second one for white.
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) => {
      if (!drawn) return;
      const { beats } = study;
      const sheet = { strip: drawn, beats, episodes, beatsPx, ribbonPx, calipers, marchesOut };
      drawSheet(context, area, ratio, sheet, ink);
    },
    [drawn, calipers, marchesOut, beatsPx, study.beats, episodes, ribbonPx],
  );

  const change = (to: (view: View, frame: Frame) => View) => frame && setView(to(view, frame));
  /** A place on the paper: as a share of its width beside the pulse. */
  const shareAt = (cssX: number) => {
    const curves = bandsOf(strip!, look!.area).area;
    return (cssX * look!.ratio - curves.left) / Math.max(1, curves.width);
  };
  const cssXOf = (event: MouseEvent) => event.clientX - box.current!.getBoundingClientRect().left;
  const sampleUnder = (event: MouseEvent) => view.from + shareAt(cssXOf(event)) * across;

  const onDown = (event: PointerEvent) => {
    if (!strip) return;
    box.current!.setPointerCapture(event.pointerId);
    if (calipers) {
      const nearest = nearerFoot(calipers, sampleUnder(event));
      setHeld(nearest);
      setFoot(nearest);
      setCalipers(placed(calipers, nearest, sampleUnder(event), samples));
    } else gestures.down(event.pointerId, cssXOf(event));
  };
  const onMove = (event: PointerEvent) => {
    if (calipers && held) return setCalipers(placed(calipers, held, sampleUnder(event), samples));
    const gesture = gestures.move(event.pointerId, cssXOf(event));
    if (!gesture || !frame) return;
    const { pan, factor, at } = gesture;
    const pixels = bandsOf(strip!, look!.area).area.width / look!.ratio;
    const moved = panned(view, (-pan / pixels) * across, frame);
    setView(zoomed(moved, factor, shareAt(at), frame));
  };
  const onUp = (event: PointerEvent) => {
    setHeld(undefined);
    gestures.up(event.pointerId);
  };
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

  const toggleCalipers = () =>
    setCalipers(
      calipers
        ? undefined
        : { a: Math.round(view.from + across * FEET[0]), b: Math.round(view.from + across * FEET[1]) },
    );
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act = keys(event)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const keys = ({ shiftKey }: KeyboardEvent): Record<string, (() => void) | undefined> => {
    const sideways = (direction: number) => () => {
      if (calipers) setCalipers(nudged(calipers, foot, direction * (shiftKey ? NUDGE_FAST : 1), samples));
      else change((one, f) => panned(one, direction * KEY_PAN * across, f));
    };
    return {
      ArrowLeft: sideways(-1),
      ArrowRight: sideways(1),
      "+": () => change((one, f) => zoomed(one, ZOOM, 0.5, f)),
      "-": () => change((one, f) => zoomed(one, 1 / ZOOM, 0.5, f)),
      Home: () => change((one, f) => panned(one, -samples, f)),
      End: () => change((one, f) => panned(one, samples, f)),
      1: () => change((one, f) => atSpeed(one, SPEEDS[0], f)),
      2: () => change((one, f) => atSpeed(one, SPEEDS[1], f)),
      3: () => change((one, f) => atSpeed(one, SPEEDS[2], f)),
      g: () => setPaper({ ...paper, gain: nextOf(GAINS, paper.gain) }),
      f: () => setPaper({ ...paper, filters: isRaw(paper.filters) ? MONITOR : RAW }),
      r: () => setPaper({ ...paper, filters: RAW }),
      l: () => setPaper({ ...paper, layout: nextOf(layouts, layoutName) }),
      m: calipers && (() => setPaper({ ...paper, marchesOut: !paper.marchesOut })),
      c: toggleCalipers,
      a: () => setFoot("a"),
      b: () => setFoot("b"),
      Escape: calipers && toggleCalipers,
    };
  };

  const range = { from: view.from, to: Math.min(samples, view.from + across) };
  const missing = gaps.filter(({ from, to }) => from < range.to && to > range.from).length;
  const position = (sample: number) => messages.position(sample / rate);
  const label = messages.say("paper-label", {
    from: position(range.from),
    to: position(range.to),
    duration: messages.duration(secondsOf(recording)),
    leads: form.leads.map(({ name }) => name).join(", "),
    gaps: missing === 0 ? messages.say("gaps-none") : messages.say("gaps-some", { count: missing }),
  });
  const { cssPxPerMm: mm } = look?.isPrint ? printScale(25, 10) : screenScale(25, 10, 1, cssPxPerMm);
  const height = Math.round(heightOf(bands) * mm) + beatsPx + ribbonPx;
  const caption = [
    ...(recording.simulated ? ["DEMO"] : []),
    messages.say("caption", {
      speed: view.speed,
      gain: view.gain,
      rate,
      filters: filterWords(isFiltered ? paper.filters : RAW, messages),
    }),
    ...(!strip || strip.scale.trueToSize ? [] : [messages.say("not-to-scale")]),
    ...(isHigher ? [messages.say("leaves-paper")] : []),
  ].join(" · ");
  const go = (middle: number) => change((one, f) => panned(one, middle - across / 2 - one.from, f));
  return (
    <>
      <Overview
        samples={samples}
        gaps={gaps}
        marks={marks}
        episodes={episodes}
        beats={study.beats}
        intervals={intervals}
        windows={windows}
        version={version}
        window={range}
        go={go}
      />
      <div
        role="application"
        class="paper"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move and zoom it
        tabIndex={0}
        aria-label={label}
        aria-describedby="keys"
        style={{ height: `${height}px` }}
        onKeyDown={onKey}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={onUp}
      >
        <Canvas draw={draw} look={look} />
      </div>
      <p class="caption">{caption}</p>
      {calipers && strip && <Reading calipers={calipers} foot={foot} choose={setFoot} strip={strip} />}
      {!isSecond && (
        <>
          <ViewerTools
            paper={{ ...paper, speed: view.speed, layout: layoutName }}
            change={setPaper}
            layouts={layouts}
            canFilter={step === 1}
            atSpeed={(speed) => change((one, f) => atSpeed(one, speed, f))}
            zoom={(direction) => change((one, f) => zoomed(one, ZOOM ** direction, 0.5, f))}
            pan={(direction) => change((one, f) => panned(one, (direction * across) / 2, f))}
            whole={() => change((one, f) => fitted({ ...one, from: 0, speed: leastSpeed(f) }, f))}
            sheet={addressOf({ screen: "print", id: recording.id, from: Math.round(view.from) })}
            calipers={{ isOpen: calipers !== undefined, toggle: toggleCalipers }}
          />
          <p id="keys" class="quiet screen keys">
            {messages.say("keys")}
          </p>
        </>
      )}
      <EventList events={events} rate={rate} go={go} />
      {isSeen && <OverReads id={recording.id} rate={rate} version={signed} />}
      {role === "clinician" && (
        <OverReadForm
          id={recording.id}
          rate={rate}
          analysis={study.analysis}
          window={range}
          done={() => setSigned((before) => before + 1)}
        />
      )}
      {study.analysis && <Measured analysis={study.analysis} />}
      <BeatTable beats={study.beats} intervals={intervals} rate={rate} window={range} state={study.state} />
    </>
  );
}

function gapsOf(events: readonly RecordingEvent[]): Range[] {
  return events.flatMap((one) =>
    one.kind === "gap" ? [{ from: one.sample, to: one.sample + one.samples }] : [],
  );
}

function filteredStrip(strip: Strip, { filters }: Paper): Strip {
  const rows = strip.rows.map((row) => ({
    ...row,
    pieces: row.pieces.map((piece) => filtered(piece, filters, strip.rate, row.lead.baseline)),
  }));
  return { ...strip, rows };
}

const nextOf = <T,>(all: readonly T[], one: T): T => all[(all.indexOf(one) + 1) % all.length]!;
