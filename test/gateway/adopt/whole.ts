import type { OldRecording } from "../../../gateway/adopt/recording";

/** Every count of every lead, in order. */
export function wholeOf(recording: OldRecording): Int32Array[] {
  const whole: number[][] = recording.leads.map(() => []);
  for (const { leads } of recording.pieces()) {
    leads.forEach((lead, index) => {
      for (const count of lead) whole[index]!.push(count);
    });
  }
  return whole.map((counts) => Int32Array.from(counts));
}
