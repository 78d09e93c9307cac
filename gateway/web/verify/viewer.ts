/** The recording on ECG paper: moved and zoomed by wheel, pointer and keys, measured with calipers. */
import { bandsFor, heightOf } from "../page/paper/bands";
import { type Calipers, type Foot, nearerFoot, nudged, placed, readCalipers } from "../page/paper/calipers";
import { drawCalipers } from "../page/paper/calipersdrawn";
import { DARK, LIGHT } from "../page/paper/ink";
import { layoutOf } from "../page/paper/layout";
import { countsPerMillivolt, sampleAt } from "../page/paper/place";
import { pulseWidth } from "../page/paper/pulse";
import { type Reach, usualReach } from "../page/paper/reach";
import type { Piece } from "../page/paper/samples";
import { calibrate, GAINS, pxPerMm, type Scale, SPEEDS, screenScale } from "../page/paper/scale";
import { type Bands, bandsOf, drawStrip, type Strip } from "../page/paper/strip";
import { Gestures, wheelFactor } from "../page/screens/gestures";
import {
  atSpeed,
  type Frame,
  fitted,
  leastSpeed,
  panned,
  shown,
  type View,
  zoomed,
} from "../page/screens/view";
import type { Words } from "./language";
import type { SignalForm } from "./signal";

/** Of a band, in mm; on a phone as on a screen. */
const BAND = { least: 30, most: 80 };
const ZOOM = 1.5;
/** Of what is seen, per arrow key. */
const ARROW = 0.1;
/** A pointer that moved less has pointed. */
const CLICK_PX = 4;

export interface Parts {
  box: HTMLElement;
  canvas: HTMLCanvasElement;
  scale: HTMLElement;
  where: HTMLElement;
  reading: HTMLElement;
}

/** Asks for a window; the answer comes by `take`. */
export type Ask = (from: number, to: number, step: number) => void;

export class Viewer {
  private view: View;
  private pieces: Piece[];
  private calipers: Calipers | undefined;
  private foot: Foot = "a";
  private cssPxPerMm: number | undefined;
  private gesture = new Gestures();
  private downAt: number | undefined;
  private drawn: Bands | undefined;
  private readonly rate: number;
  private readonly reaches: (Reach | undefined)[];
  private readonly ending = new AbortController();

  constructor(
    private readonly parts: Parts,
    private readonly form: SignalForm,
    reach: Piece[],
    private readonly ask: Ask,
    private words: Words,
  ) {
    this.rate = form.open.rateNum / form.open.rateDen;
    this.pieces = reach;
    this.reaches = form.open.leads.map((lead, n) => usualReach(lead, [reach[n]!], this.rate));
    this.view = { from: 0, speed: SPEEDS[1]!, gain: GAINS[1]! };
    this.listen();
    this.show();
  }

  /** The listeners go with it. */
  end(): void {
    this.ending.abort();
  }

  speak(words: Words): void {
    this.words = words;
    this.draw();
  }

  /** Of a window that was asked for. */
  take(pieces: Piece[]): void {
    this.pieces = pieces;
    this.draw();
  }

  /** @returns false for a length that no screen has */
  laidRuler(cssPx: number, millimetres: number): boolean {
    this.cssPxPerMm = calibrate(cssPx, millimetres);
    this.show();
    return this.cssPxPerMm !== undefined;
  }

  back = () => this.change((frame) => panned(this.view, -shown(this.view, frame) / 2, frame));
  forward = () => this.change((frame) => panned(this.view, shown(this.view, frame) / 2, frame));
  closer = () => this.change((frame) => zoomed(this.view, ZOOM, 0.5, frame));
  further = () => this.change((frame) => zoomed(this.view, 1 / ZOOM, 0.5, frame));
  whole = () => this.change((frame) => atSpeed(this.view, leastSpeed(frame), frame));
  usual = () => this.change((frame) => atSpeed(this.view, SPEEDS[1]!, frame));

  setGain(gain: number): void {
    this.view = { ...this.view, gain };
    this.show();
  }

  /** @returns whether they are there now */
  toggleCalipers(): boolean {
    const across = shown(this.view, this.frame());
    this.calipers = this.calipers
      ? undefined
      : {
          a: Math.round(Math.min(this.form.samples - 1, this.view.from + across * 0.4)),
          b: Math.round(Math.min(this.form.samples - 1, this.view.from + across * 0.6)),
        };
    this.draw();
    return this.calipers !== undefined;
  }

  choose(foot: Foot): void {
    this.foot = foot;
  }

  private change(next: (frame: Frame) => View): void {
    this.view = next(this.frame());
    this.show();
  }

  private ratio(): number {
    return devicePixelRatio || 1;
  }

  private scale(): Scale {
    return screenScale(this.view.speed, this.view.gain, this.ratio(), this.cssPxPerMm);
  }

  private frame(): Frame {
    const scale = this.scale();
    const width = this.parts.box.clientWidth * this.ratio() - Math.ceil(pulseWidth(scale));
    return { samples: this.form.samples, rate: this.rate, millimetres: Math.max(1, width) / pxPerMm(scale) };
  }

  /** Draws what is there, and asks for what is not. */
  private show(): void {
    const frame = this.frame();
    this.view = fitted(this.view, frame);
    const across = shown(this.view, frame);
    const step = Math.max(1, across / Math.max(1, this.parts.box.clientWidth * this.ratio()));
    // Half a window to each side, so that a hand that moves the paper sees no edge.
    this.ask(this.view.from - across / 2, this.view.from + across * 1.5, step);
    this.draw();
  }

  private strip(): Strip {
    const { leads } = this.form.open;
    const layout = layoutOf(
      "rows",
      leads.map(({ name }) => name),
    );
    return {
      rows: leads.map((lead, n) => ({ name: lead.name, lead, pieces: [this.pieces[n]!] })),
      layout,
      bands: bandsFor(layout, this.reaches, this.view.gain, BAND),
      rate: this.rate,
      from: this.view.from,
      samples: this.form.samples,
      gaps: this.form.gaps,
      marks: this.form.marks.map((sample) => ({ sample, name: this.words.say("felt") })),
      scale: this.scale(),
      uncalibrated: this.words.say("uncalibrated"),
    };
  }

  private draw(): void {
    const { box, canvas } = this.parts;
    const strip = this.strip();
    const ratio = this.ratio();
    box.style.height = `${Math.round((heightOf(strip.bands) * pxPerMm(strip.scale)) / ratio)}px`;
    const area = {
      left: 0,
      top: 0,
      width: Math.round(box.clientWidth * ratio),
      height: Math.round(box.clientHeight * ratio),
    };
    if (canvas.width !== area.width) canvas.width = area.width;
    if (canvas.height !== area.height) canvas.height = area.height;
    const surface = canvas.getContext("2d")!;
    const ink = matchMedia("(prefers-color-scheme: dark)").matches ? DARK : LIGHT;
    this.drawn = drawStrip(surface, area, strip, ink);
    const place = this.drawn.cells[0]!.place;
    if (this.calipers)
      drawCalipers(surface, this.drawn.area, this.calipers, place, strip.scale, ink.tool, false);
    this.say(strip);
  }

  private say(strip: Strip): void {
    const { words } = this;
    const { scale, where, reading } = this.parts;
    const text = words.say("scale", { speed: this.view.speed, gain: this.view.gain });
    scale.textContent = `${text} · ${words.say(strip.scale.trueToSize ? "to-scale" : "not-to-scale")}`;
    const end = Math.min(this.form.samples, this.view.from + shown(this.view, this.frame()));
    where.textContent = words.say("where", {
      from: words.position(this.view.from / this.rate),
      to: words.position(end / this.rate),
      all: words.position(this.form.samples / this.rate),
    });
    const lines = this.calipers ? strip.rows.map((row) => this.measured(row)) : [];
    reading.replaceChildren(
      ...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })),
    );
  }

  private measured({ name, lead, pieces }: Strip["rows"][number]): string {
    const read = readCalipers(this.calipers!, this.rate, pieces[0], countsPerMillivolt(lead));
    const values = {
      ms: read.milliseconds,
      rate: read.perMinute === undefined ? "–" : this.words.number(read.perMinute),
      mv: read.millivolts === undefined ? "" : this.words.number(read.millivolts, 3),
    };
    return `${name}: ${this.words.say(read.millivolts === undefined ? "reading-no-mv" : "reading", values)}`;
  }

  /** @returns the sample under a pointer */
  private sampleUnder(clientX: number): number {
    const { place } = (this.drawn ?? bandsOf(this.strip(), { left: 0, top: 0, width: 1, height: 1 }))
      .cells[0]!;
    return sampleAt(place, (clientX - this.parts.box.getBoundingClientRect().left) * this.ratio());
  }

  /** Where on the curves, as a share of their width. */
  private shareUnder(clientX: number): number {
    return (this.sampleUnder(clientX) - this.view.from) / Math.max(1, shown(this.view, this.frame()));
  }

  private listen(): void {
    const { box } = this.parts;
    const { signal } = this.ending;
    box.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const share = this.shareUnder(event.clientX);
        this.change((frame) => zoomed(this.view, wheelFactor(event.deltaY, event.deltaMode), share, frame));
      },
      { signal, passive: false },
    );
    box.addEventListener("pointerdown", (event) => this.down(event), { signal });
    box.addEventListener("pointermove", (event) => this.move(event), { signal });
    for (const kind of ["pointerup", "pointercancel"] as const)
      box.addEventListener(kind, (event) => this.up(event), { signal });
    box.addEventListener("keydown", (event) => this.key(event), { signal });
    const observer = new ResizeObserver(() => this.show());
    observer.observe(box);
    signal.addEventListener("abort", () => observer.disconnect());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(), { signal });
  }

  private down(event: PointerEvent): void {
    this.parts.box.setPointerCapture(event.pointerId);
    this.gesture.down(event.pointerId, event.clientX);
    this.downAt = event.clientX;
  }

  private move(event: PointerEvent): void {
    const gesture = this.gesture.move(event.pointerId, event.clientX);
    if (!gesture) return;
    const share = this.shareUnder(gesture.at);
    const mmPerPx = this.ratio() / pxPerMm(this.scale());
    this.change((frame) => {
      const one = zoomed(this.view, gesture.factor, share, frame);
      return panned(one, -gesture.pan * mmPerPx * (this.rate / one.speed), frame);
    });
  }

  private up(event: PointerEvent): void {
    this.gesture.up(event.pointerId);
    const isClick = this.downAt !== undefined && Math.abs(event.clientX - this.downAt) < CLICK_PX;
    if (!isClick || !this.calipers) return;
    const at = this.sampleUnder(event.clientX);
    this.foot = nearerFoot(this.calipers, at);
    this.calipers = placed(this.calipers, this.foot, at, this.form.samples);
    this.draw();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { samples } = this.form;
    const arrow = (sign: number) => () => {
      if (this.calipers) {
        this.calipers = nudged(this.calipers, this.foot, sign * (event.shiftKey ? 10 : 1), samples);
        this.draw();
      } else this.change((frame) => panned(this.view, sign * ARROW * shown(this.view, frame), frame));
    };
    const keys: Record<string, () => void> = {
      ArrowLeft: arrow(-1),
      ArrowRight: arrow(1),
      PageUp: this.back,
      PageDown: this.forward,
      Home: () => this.change((frame) => panned(this.view, -samples, frame)),
      End: () => this.change((frame) => panned(this.view, samples, frame)),
      "+": this.closer,
      "=": this.closer,
      "-": this.further,
      a: () => this.choose("a"),
      b: () => this.choose("b"),
      c: () => this.parts.box.dispatchEvent(new CustomEvent("calipers")),
    };
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (!act) return;
    event.preventDefault();
    act();
  }
}
