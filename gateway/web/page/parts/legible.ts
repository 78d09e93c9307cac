/** Whether the newest seconds of a live lead can be read, by the same measure as the hub's analysis has. */
import { QualityMeter } from "../../../rhythm/quality";
import type { Recording } from "../../../schema/recordings";
import { countsPerMillivolt } from "../paper/place";

type Form = NonNullable<Recording["form"]>;

/** Of so many seconds in a row none could be read: fingers that slip for a moment are no news. */
const SECONDS = 2;

export class Legible {
  private readonly meter: QualityMeter | undefined;
  /** Behind the newest sample that was judged. */
  private next: number | undefined;
  private unreadable = 0;

  /** @param form of the recording, whose first lead is judged */
  constructor({ rateNum, rateDen, leads: [lead] }: Form) {
    const rate = rateNum / rateDen;
    // Other rates are not judged, nor are they by the hub.
    if (lead && rate >= 100 && rate <= 1000)
      this.meter = new QualityMeter({ rate, gain: countsPerMillivolt(lead) ?? 0 });
  }

  /** Also of a signal that is not judged. */
  get isLegible(): boolean {
    return this.unreadable < SECONDS;
  }

  /** What comes late says nothing of now, and is left out. */
  take(from: number, samples: Int32Array): void {
    if (!this.meter || from < (this.next ?? from)) return;
    if (this.next !== undefined && from > this.next) this.meter.gap(from - this.next);
    for (const { analysable } of this.meter.push(samples))
      this.unreadable = analysable ? 0 : this.unreadable + 1;
    this.next = from + samples.length;
  }
}
