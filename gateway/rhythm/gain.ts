/** Counts per millivolt of a lead whose gain is counts per `unit`; 0 where it is not calibrated. */
export function countsPerMillivolt({ gain, unit }: { gain: number; unit: string }): number {
  if (/^[uµμ][Vv]$/.test(unit)) return gain * 1000;
  return /^[Vv]$/.test(unit) ? gain / 1000 : gain;
}

/** From a count a kilovolt to one a picovolt, upside down as well; 0 for a lead that is not calibrated. */
export function isGain(countsPerMillivolt: number): boolean {
  const size = Math.abs(countsPerMillivolt);
  return size === 0 || (size >= 1e-6 && size <= 1e9);
}
