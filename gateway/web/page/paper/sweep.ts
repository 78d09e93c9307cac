/**
 * The live sweep of one lead: samples are written from left to right and over what stood there a screen ago, with a bar of
 * bare paper in front. What comes late is drawn in its place, what never comes is hatched as a gap.
 */

import { NO_SAMPLE } from "../../../schema/nosample";
import { drawGaps } from "./hatching";
import type { Ink } from "./ink";
import { drawLeaving } from "./leaving";
import type { Place } from "./place";
import { type Extremes, extremesOf } from "./reach";
import { gapsIn, joined, type Range } from "./samples";
import type { Scale } from "./scale";
import { type Area, type Surface, within } from "./surface";
import { drawTrace, traceWidth } from "./trace";

/** Bare paper before the newest sample, of the screen's width. */
const BAR = 0.04;

export class Sweep {
  /** Two screens, since what is not shown yet must not take the place of what still is. Sample n stands at n modulo its size. */
  private readonly ring: Int32Array;
  private readonly bar: number;
  /** Behind the newest sample. */
  private newest = 0;
  /** Behind the last one that is shown. */
  private head = 0;
  /** The first sample that ever came: before it nothing is missing. */
  private first: number | undefined;
  private reached: Extremes | undefined;
  /** Places on the screen that are not drawn as they are. */
  private stale: Range[] = [];

  /** @param length samples from the left edge to the right one */
  constructor(readonly length: number) {
    if (!Number.isInteger(length) || length < 2) throw new RangeError(`cannot sweep over ${length} samples`);
    this.ring = new Int32Array(2 * length).fill(NO_SAMPLE);
    this.bar = Math.max(1, Math.round(length * BAR));
  }

  /** Behind the newest sample: where the head may go. */
  get end(): number {
    return this.newest;
  }

  /** Where the head stands on the screen, 0 to `length`. */
  get position(): number {
    return this.head % this.length;
  }

  /** Blocks may come twice, late, and in any order; what is older than a screen is not shown any more. */
  add(from: number, samples: Int32Array): void {
    if (this.first === undefined) this.head = this.newest = from;
    this.first = Math.min(this.first ?? from, from);
    const { ring, length, newest } = this;
    const to = from + samples.length;
    // Until it comes, what lies between the newest and this one is a gap.
    for (let n = Math.max(newest, to - ring.length); n < to; n++) ring[n % ring.length] = NO_SAMPLE;
    this.newest = Math.max(newest, to);
    const oldest = Math.max(0, this.newest - ring.length);
    for (let n = Math.max(from, oldest); n < to; n++) ring[n % ring.length] = samples[n - from]!;
    this.reached = extremesOf([
      { from, step: 1, values: samples },
      { from, step: 1, values: Int32Array.from(this.reached ? [this.reached.least, this.reached.most] : []) },
    ]);
    if (from < this.head) this.spoil(Math.max(from, this.head - length), Math.min(to, this.head));
    if (this.newest - this.head > length) this.advance(this.newest - length);
  }

  /** Shows what is known before `head`; it never goes back. */
  advance(head: number): void {
    const to = Math.min(Math.floor(head), this.newest);
    if (to <= this.head) return;
    this.spoil(this.head, to);
    const isAnew = Math.floor(to / this.length) > Math.floor(this.head / this.length);
    this.head = to;
    if (isAnew) this.reached = extremesOf([{ from: 0, step: 1, values: this.held() }]);
  }

  /** Counts that the screen must have room for: they grow with what comes, and shrink only where a new sweep begins. */
  get extremes(): Extremes | undefined {
    return this.reached;
  }

  /** What is on the screen, and what will be. */
  private held(): Int32Array {
    const { ring, length, head, newest } = this;
    const from = Math.max(0, head - length);
    return Int32Array.from({ length: newest - from }, (_, n) => ring[(from + n) % ring.length]!);
  }

  /** Everything must be drawn anew: the canvas has another size, or other colours. */
  spoilAll(): void {
    this.stale = [{ from: 0, to: this.length }];
  }

  /** Samples as they stand on the screen from left to right, those under the bar missing. */
  shown(): Int32Array {
    const { ring, length, head } = this;
    const values = new Int32Array(length).fill(NO_SAMPLE);
    for (let n = Math.max(0, head - length + this.bar); n < head; n++)
      values[n % length] = ring[n % ring.length]!;
    return values;
  }

  /** What should be shown and is not here, as places on the screen. */
  gaps(): Range[] {
    const { ring, length, head, first = head } = this;
    const from = Math.max(first, head - length + this.bar);
    const values = Int32Array.from(
      { length: Math.max(0, head - from) },
      (_, n) => ring[(from + n) % ring.length]!,
    );
    return gapsIn({ from, step: 1, values }).flatMap((gap) => this.onScreen(gap.from, gap.to));
  }

  /**
   * Draws what changed; the grid lies on a canvas below. @param place of the screen: sample 0 at the left edge
   * @returns whether anything was drawn
   */
  draw(surface: Surface, area: Area, place: Place, scale: Scale, ink: Ink): boolean {
    if (this.stale.length === 0) return false;
    this.spoil(this.head, this.head + this.bar);
    const width = traceWidth(scale);
    const values = this.shown();
    const gaps = joined(this.gaps());
    const screen = { from: 0, step: 1, values };
    for (const { from, to } of joined(this.stale)) {
      const left = Math.max(area.left, Math.floor(place.x0 + (from - 1) * place.pxPerSample - width));
      const right = Math.min(area.left + area.width, Math.ceil(place.x0 + to * place.pxPerSample + width));
      if (right <= left) continue;
      const part = { ...area, left, width: right - left };
      surface.clearRect(part.left, part.top, part.width, part.height);
      drawTrace(surface, part, screen, place, width, ink.trace);
      drawLeaving(surface, part, screen, place, scale, ink.tool);
      // Of the whole screen's gaps what lies here: a part's edge is none of a gap's.
      if (gaps.length > 0) within(surface, part, () => drawGaps(surface, area, gaps, place, scale, ink.gap));
    }
    this.stale = [];
    return true;
  }

  private spoil(from: number, to: number): void {
    if (to - from >= this.length) {
      this.spoilAll();
      return;
    }
    this.stale.push(...this.onScreen(from, to));
  }

  /** Less than a screen of samples as places on it: in two parts where the right edge lies between. */
  private onScreen(from: number, to: number): Range[] {
    const a = from % this.length;
    const b = a + (to - from);
    const right = { from: a, to: Math.min(b, this.length) };
    return b > this.length ? [right, { from: 0, to: b - this.length }] : [right];
  }
}
