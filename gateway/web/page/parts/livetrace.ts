/** What is known of a handheld's running recording: its newest samples, how old they are, whether there is contact. */
import type { Recording } from "../../../schema/recordings";
import { Playout } from "../paper/playout";
import { type Reach, reachBetween } from "../paper/reach";
import type { Range } from "../paper/samples";
import { Sweep } from "../paper/sweep";
import { Legible } from "./legible";

/** More than any screen shows at 25 mm/s: for one that changes its size. */
export const REMEMBERED_SECONDS = 40;
/** Of what the hub holds, shown at first. */
const PAST_SECONDS = 10;

interface Block {
  from: number;
  /** Per lead. */
  samples: Int32Array[];
}

export class LiveTrace {
  recording: Recording | undefined;
  /** When the newest block came, or what is shown began, by the page's own clock, ms. */
  newestAt: number | undefined;
  hasContact = true;
  private legible: Legible | undefined;
  /** One for each lead. */
  sweeps: Sweep[] = [];
  private playout: Playout | undefined;
  private blocks: Block[] = [];
  private length = 0;

  /** @param isSmooth false for whoever wants no movement */
  constructor(private readonly isSmooth: boolean) {}

  get rate(): number | undefined {
    const form = this.recording?.form;
    return form && form.rateNum / form.rateDen;
  }

  begin(recording: Recording): void {
    if (recording.id !== this.recording?.id) this.clear();
    this.recording = recording;
    this.resize(this.length);
  }

  /** What the hub holds of it already, to begin with; undefined where there is nothing, or it is shown. */
  past(): Range | undefined {
    const { recording, rate } = this;
    if (recording?.state !== "recording" || rate === undefined || this.blocks.length > 0) return undefined;
    const { samples: to } = recording;
    return to === 0 ? undefined : { from: Math.max(0, to - Math.floor(PAST_SECONDS * rate)), to };
  }

  /** Of what a reader was not sent: what may still be on a screen. */
  shownOf({ from, to }: Range): Range {
    return { from: Math.max(from, Math.floor(to - REMEMBERED_SECONDS * (this.rate ?? 0))), to };
  }

  /** What was shown is not sure any more. */
  clear(): void {
    this.blocks = [];
    this.sweeps = [];
    this.playout = undefined;
    this.newestAt = undefined;
    this.hasContact = true;
    this.legible = undefined;
  }

  /** False when the newest seconds cannot be read. */
  get isLegible(): boolean {
    return this.legible?.isLegible ?? true;
  }

  mark(recording: string, kind: string): void {
    if (recording !== this.recording?.id) return;
    if (kind === "lead-off") this.hasContact = false;
    if (kind === "lead-on") this.hasContact = true;
  }

  /** @param samples per lead @param now ms; undefined for what was before, or comes late @returns whether it belongs here */
  add(recording: string, from: number, samples: Int32Array[], now: number | undefined): boolean {
    const { rate } = this;
    const count = samples[0]?.length ?? 0;
    if (recording !== this.recording?.id || rate === undefined || count === 0) return false;
    this.blocks.push({ from, samples });
    const oldest = Math.max(...this.blocks.map((one) => one.from)) - REMEMBERED_SECONDS * rate;
    this.blocks = this.blocks.filter((one) => one.from >= oldest);
    this.draw({ from, samples });
    this.legible ??= new Legible(this.recording!.form!);
    this.legible.take(from, samples[0]!);
    this.playout ??= new Playout(rate, this.isSmooth);
    if (now === undefined) {
      // What was before the first block is there at once; what comes late waits for nothing.
      this.playout.begin(from + count);
      return true;
    }
    this.newestAt = now;
    this.playout.take(from + count, count);
    return true;
  }

  /** @param seconds from the left edge of the screen to the right one */
  resize(seconds: number): void {
    this.length = seconds;
    const length = Math.floor(seconds * (this.rate ?? 0));
    const leads = this.recording?.form?.leads.length ?? 0;
    const isAsWas = this.sweeps.length === leads && this.sweeps[0]?.length === length;
    if (length < 2 || isAsWas) return;
    this.sweeps = Array.from({ length: leads }, () => new Sweep(length));
    for (const block of [...this.blocks].sort((a, b) => a.from - b.from)) this.draw(block);
  }

  private draw({ from, samples }: Block): void {
    for (const [lead, sweep] of this.sweeps.entries()) if (samples[lead]) sweep.add(from, samples[lead]);
  }

  /** Per lead, of what is on the screen or comes next; undefined where nothing is. */
  reaches(): (Reach | undefined)[] {
    const leads = this.recording?.form?.leads ?? [];
    return leads.map((lead, n) => reachBetween(lead, this.sweeps[n]?.extremes));
  }

  /** To where it is to be seen now. */
  advance(now: number): void {
    if (!this.playout) return;
    const head = this.playout.advance(now);
    for (const sweep of this.sweeps) sweep.advance(head);
  }
}
