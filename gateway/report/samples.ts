/** Samples of a stretch, by lead; NaN where the store holds none. */
import type { Stretch, Study } from "../document/study";
import type { StoreReader } from "../store/reader";

export type Held = Float64Array[];

/** As counts. Decodes the blocks that the stretch touches and no others. @throws FRAME_TAG, BLOCK_* */
export function samplesOf(reader: StoreReader, { info }: Study, { from, to }: Stretch): Held {
  const held = info.open.leads.map(() => new Float64Array(to - from).fill(Number.NaN));
  for (const { firstSample, samples } of reader.pieces(info.id, from, to)) {
    const skip = Math.max(0, from - firstSample);
    const end = Math.min(samples[0]!.length, to - firstSample);
    if (end <= skip) continue;
    samples.forEach((values, lead) => held[lead]!.set(values.subarray(skip, end), firstSample + skip - from));
  }
  return held;
}

/** The middle one; 0 where there is none. */
export function median(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1]!;
}
