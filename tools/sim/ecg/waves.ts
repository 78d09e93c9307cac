import type { Lead } from "./leads";
import type { BeatCode } from "./rhythm";

/** One Gaussian of a beat: time from the R peak, standard deviation, and height in millivolts, lead by lead. */
export interface Wave {
  readonly seconds: number;
  readonly sigmaSeconds: number;
  readonly millivolts: readonly number[];
}

/** A wave beyond this many standard deviations is below 5 nV. */
export const WAVE_REACH = 5;

/**
 * Table I of McSharry, Clifford, Tarassenko, Smith (2003), doi:10.1109/TBME.2003.808805: angle in radians, a, b.
 * `stretch` is the power of the RR interval with which ECGSYN scales the angle (Bazett's square root for the QRS,
 * half of it for P and T); b follows the square root throughout.
 */
const EVENTS = [
  { name: "P", angle: -Math.PI / 3, a: 1.2, b: 0.25, stretch: -0.25 },
  { name: "Q", angle: -Math.PI / 12, a: -5, b: 0.1, stretch: -0.5 },
  { name: "R", angle: 0, a: 30, b: 0.1, stretch: 0 },
  { name: "S", angle: Math.PI / 12, a: -7.5, b: 0.1, stretch: -0.5 },
  { name: "T", angle: Math.PI / 2, a: 0.75, b: 0.4, stretch: -0.25 },
] as const;

/** The top of the range to which ECGSYN scales its signal; the R event is 30 · 0.1² in the paper's units. */
const MILLIVOLTS_PER_UNIT = 1.2 / (30 * 0.1 * 0.1);

/** A beat that begins in a ventricle: QRS of 0.14 s, no P, T against the QRS. At an RR interval of 1 s. */
const VENTRICULAR = [
  { seconds: 0, sigmaSeconds: 0.035, millivolts: 1.6 },
  { seconds: 0.085, sigmaSeconds: 0.03, millivolts: -0.5 },
  { seconds: 0.3, sigmaSeconds: 0.07, millivolts: -0.45 },
];

/**
 * The waves of one beat.
 *
 * The paper integrates z' = -Σ aᵢ Δθᵢ exp(-Δθᵢ²/2bᵢ²) - (z - z₀) along θ' = 2π/RR. On the limit cycle and without
 * the last term, which acts as a high-pass of 1 s, this has the closed form z = Σ aᵢ bᵢ² exp(-Δθᵢ²/2bᵢ²) · RR/2π. We
 * take it, and leave the factor RR/2π out: heights then do not depend on the rate, and a sample costs about two
 * exponentials instead of a Runge-Kutta step.
 *
 * @param rrSeconds the mean interval, not this beat's own: the QT interval follows the rate slowly
 */
export function wavesOf(code: BeatCode, af: boolean, rrSeconds: number, leads: readonly Lead[]): Wave[] {
  if (code === "V") {
    const stretch = Math.sqrt(rrSeconds);
    return VENTRICULAR.map((wave) => ({
      seconds: wave.seconds * stretch,
      sigmaSeconds: wave.sigmaSeconds * Math.min(1, stretch),
      millivolts: leads.map((lead) => lead.ventricular * wave.millivolts),
    }));
  }
  const secondsPerRadian = rrSeconds / (2 * Math.PI);
  const waves: Wave[] = [];
  for (const { name, angle, a, b, stretch } of EVENTS) {
    if (name === "P" && af) continue;
    // A premature atrial beat starts away from the sinus node: its P points the other way and comes sooner.
    const ectopicP = name === "P" && code === "S";
    waves.push({
      seconds: angle * rrSeconds ** stretch * secondsPerRadian * (ectopicP ? 0.8 : 1),
      sigmaSeconds: b * rrSeconds ** -0.5 * secondsPerRadian,
      millivolts: leads.map((lead) => lead[name] * a * b * b * MILLIVOLTS_PER_UNIT * (ectopicP ? -0.6 : 1)),
    });
  }
  return waves;
}
