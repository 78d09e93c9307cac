/** Counts per millivolt of a lead whose gain is counts per `unit`; 0 where it is not calibrated. */
export function countsPerMillivolt({ gain, unit }: { gain: number; unit: string }): number {
  if (/^[uµμ]V$/.test(unit)) return gain * 1000;
  return unit === "V" ? gain / 1000 : gain;
}
