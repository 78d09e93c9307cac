/** The paper of a recording with its tools: speeds, gains, filters, moving, zooming, calipers; all of it by keys, too. */
import { useCallback, useMemo, useRef, useState } from "preact/hooks";
import type { Recording, RecordingEvent } from "../../../schema/recordings";
import type { Windows } from "../api/windows";
import { heightOf } from "../paper/bands";
import { BEATS_CSS_PX } from "../paper/beatsdrawn";
import type { Calipers, Foot } from "../paper/calipers";
import { RAW } from "../paper/filter";
import { layoutOf, layoutsFor } from "../paper/layout";
import { RIBBON_CSS_PX } from "../paper/ribbon";
import { printScale, screenScale } from "../paper/scale";
import { drawSheet, stripArea } from "../paper/sheet";
import { isCut } from "../paper/strip";
import { Canvas, type Look, useLook } from "../parts/canvas";
import { usePage } from "../parts/context";
import { useStudy } from "../parts/study";
import { addressOf } from "../route";
import { BeatTable } from "./beattable";
import { EventList } from "./eventlist";
import { useHappened } from "./happened";
import { Measured } from "./measured";
import { OverReadForm } from "./overreadform";
import { OverReads } from "./overreads";
import { Overview } from "./overview";
import { onPaperKey, ZOOM } from "./paperkeys";
import { usePointer } from "./paperpointer";
import { filterWords, type Paper } from "./papers";
import { useStrip } from "./paperstrip";
import { Reading } from "./reading";
import { secondsOf } from "./sentence";
import { atSpeed, type Frame, fitted, leastSpeed, panned, type View, zoomed } from "./view";
import { ViewerTools } from "./viewertools";

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
  const { gaps, marks, episodes, intervals } = useHappened(events, study, rate);
  const box = useRef<HTMLDivElement>(null);
  const look = useLook(box);
  const [from, setFrom] = useState(0);
  const setView = (to: View) => {
    setFrom(to.from);
    if (to.speed !== paper.speed || to.gain !== paper.gain)
      setPaper({ ...paper, speed: to.speed, gain: to.gain });
  };
  const [calipers, setCalipers] = useState<Calipers>();
  const [foot, setFoot] = useState<Foot>("b");
  const beatsPx = paper.showsBeats && study.beats.samples.length > 0 ? BEATS_CSS_PX : 0;
  const ribbonPx = episodes.length > 0 ? RIBBON_CSS_PX : 0;

  const laid = useStrip({ recording, windows, version, paper, from, layout, gaps, marks, look });
  const { view, frame, across, step, isFiltered, bands, strip, drawn } = laid;
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
  const toggleCalipers = () =>
    setCalipers(
      calipers
        ? undefined
        : { a: Math.round(view.from + across * FEET[0]), b: Math.round(view.from + across * FEET[1]) },
    );
  const pointer = usePointer(box, {
    samples,
    view,
    across,
    look,
    strip,
    change,
    calipers,
    setCalipers,
    setFoot,
  });
  const onKey = (event: KeyboardEvent) =>
    onPaperKey(event, {
      samples,
      across,
      change,
      paper,
      setPaper,
      layouts,
      layoutName,
      calipers,
      setCalipers,
      toggleCalipers,
      foot,
      setFoot,
    });

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
    ...(recording.adopted ? [messages.say("adopted")] : []),
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
        {...pointer}
      >
        <Canvas draw={draw} look={look} />
      </div>
      <p class="caption">{caption}</p>
      {calipers && strip && <Reading {...{ calipers, foot, strip, isFiltered }} choose={setFoot} />}
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
