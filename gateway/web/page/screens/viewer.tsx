/** The paper of a recording with its tools: speeds, gains, moving, zooming, calipers; all of it by keys, too. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Recording } from "../../schema/recordings";
import { stepOf, type Windows } from "../api/windows";
import { type Calipers, type Foot, nearerFoot, nudged, placed } from "../paper/calipers";
import { drawCalipers } from "../paper/calipersdrawn";
import { pulseWidth } from "../paper/pulse";
import type { Range } from "../paper/samples";
import { GAINS, printScale, pxPerMm, type Scale, SPEEDS, screenScale } from "../paper/scale";
import { bandsOf, drawStrip, type Mark, type Strip } from "../paper/strip";
import { Canvas, type Look, useLook } from "../parts/canvas";
import { usePage } from "../parts/context";
import { Gestures, wheelFactor } from "./gestures";
import { Overview } from "./overview";
import { Reading } from "./reading";
import { secondsOf } from "./sentence";
import { atSpeed, type Frame, fitted, leastSpeed, panned, shown, type View, zoomed } from "./view";

/** Of a lead's band, in mm. */
const BAND_MM = 40;
const ZOOM = 1.5;
/** Of what is shown, for a key. */
const KEY_PAN = 0.25;
const NUDGE_FAST = 10;
/** Of what is shown: where calipers open. */
const FEET = [0.4, 0.6] as const;

interface Props {
  recording: Recording;
  gaps: Range[];
  marks: Mark[];
  windows: Windows;
  /** Rises when windows have something new. */
  version: number;
}

export function Viewer({ recording, gaps, marks, windows, version }: Props) {
  const { messages, cssPxPerMm } = usePage();
  const form = recording.form!;
  const rate = form.rateNum / form.rateDen;
  const { samples } = recording;
  const box = useRef<HTMLDivElement>(null);
  const look = useLook(box);
  const [wanted, setView] = useState<View>({ from: 0, speed: 25, gain: 10 });
  const [calipers, setCalipers] = useState<Calipers>();
  const [foot, setFoot] = useState<Foot>("b");
  const gestures = useMemo(() => new Gestures(), []);
  const [held, setHeld] = useState<Foot>();

  const scaleOf = (view: View, { ratio, isPrint }: Look): Scale =>
    isPrint ? printScale(view.speed, view.gain) : screenScale(view.speed, view.gain, ratio, cssPxPerMm);
  const frame = useMemo<Frame | undefined>(() => {
    if (!look) return undefined;
    const scale = scaleOf(wanted, look);
    const millimetres = Math.max(1, look.area.width - Math.ceil(pulseWidth(scale))) / pxPerMm(scale);
    return { samples, rate, millimetres };
  }, [look, wanted, samples, rate, cssPxPerMm]);
  const view = frame ? fitted(wanted, frame) : wanted;
  const across = frame ? shown(view, frame) : 0;

  const stripOf = (one: Look): Strip => {
    const scale = scaleOf(view, one);
    const step = stepOf(across / one.area.width);
    const pieces = windows.read(view.from, view.from + across, step);
    return {
      rows: form.leads.map((lead, n) => ({ name: lead.name, lead, pieces: pieces[n]! })),
      rate,
      from: view.from,
      samples,
      gaps,
      marks,
      scale,
      uncalibrated: messages.say("uncalibrated"),
    };
  };

  const strip = useMemo(
    () => look && stripOf(look),
    [look, view.from, view.speed, view.gain, gaps, marks, version, samples, messages, cssPxPerMm],
  );
  // On one canvas: printers' drivers take what is clear in a second one for white.
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { area, ink }: Look) => {
      if (!strip) return;
      const { area: curves, places } = drawStrip(context, area, strip, ink);
      if (calipers) drawCalipers(context, curves, calipers, places[0]!, strip.scale, ink.tool);
    },
    [strip, calipers],
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
      g: () =>
        setView({
          ...view,
          gain: GAINS[(GAINS.indexOf(view.gain) + 1) % GAINS.length]!,
        }),
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
  const height = Math.round(
    form.leads.length *
      BAND_MM *
      (look?.isPrint ? printScale(25, 10) : screenScale(25, 10, 1, cssPxPerMm)).cssPxPerMm,
  );
  const caption = [
    ...(recording.simulated ? ["DEMO"] : []),
    messages.say("caption", { speed: view.speed, gain: view.gain, rate }),
    ...(!strip || strip.scale.trueToSize ? [] : [messages.say("not-to-scale")]),
  ].join(" · ");
  const pressed = (speed: number) => Math.abs(view.speed - speed) < 0.01;
  return (
    <>
      <Overview
        samples={samples}
        gaps={gaps}
        windows={windows}
        version={version}
        window={range}
        go={(middle) => change((one, f) => panned(one, middle - across / 2 - one.from, f))}
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
      <div class="tools">
        <fieldset>
          <legend>{messages.say("speed")} mm/s</legend>
          {SPEEDS.map((speed) => (
            <button
              type="button"
              key={speed}
              aria-pressed={pressed(speed)}
              onClick={() => change((one, f) => atSpeed(one, speed, f))}
            >
              {messages.number(speed)}
            </button>
          ))}
        </fieldset>
        <fieldset>
          <legend>{messages.say("gain")} mm/mV</legend>
          {GAINS.map((gain) => (
            <button
              type="button"
              key={gain}
              aria-pressed={view.gain === gain}
              onClick={() => setView({ ...view, gain })}
            >
              {messages.number(gain)}
            </button>
          ))}
        </fieldset>
        <fieldset>
          <legend>{messages.say("zoom")}</legend>
          <button
            type="button"
            aria-label={messages.say("back")}
            onClick={() => change((one, f) => panned(one, -across / 2, f))}
          >
            ◀
          </button>
          <button
            type="button"
            aria-label={messages.say("forward")}
            onClick={() => change((one, f) => panned(one, across / 2, f))}
          >
            ▶
          </button>
          <button
            type="button"
            aria-label={messages.say("zoom-out")}
            onClick={() => change((one, f) => zoomed(one, 1 / ZOOM, 0.5, f))}
          >
            −
          </button>
          <button
            type="button"
            aria-label={messages.say("zoom-in")}
            onClick={() => change((one, f) => zoomed(one, ZOOM, 0.5, f))}
          >
            +
          </button>
          <button
            type="button"
            onClick={() => change((one, f) => fitted({ ...one, from: 0, speed: leastSpeed(f) }, f))}
          >
            {messages.say("whole")}
          </button>
        </fieldset>
        <button type="button" aria-pressed={calipers !== undefined} onClick={toggleCalipers}>
          {messages.say("calipers")}
        </button>
        <button type="button" onClick={() => print()}>
          {messages.say("print")}
        </button>
      </div>
      <p id="keys" class="quiet screen">
        {messages.say("keys")}
      </p>
    </>
  );
}
