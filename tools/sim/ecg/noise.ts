import type { Random } from "../random";
import type { Lead } from "./leads";
import type { EcgSettings } from "./settings";

const TURN = 2 * Math.PI;

/** Breathing and two slower drifts of the electrodes; no common period within hours. */
const BASELINE_HZ = [0.271, 0.113, 0.0371];

/**
 * Fibrillatory waves: a sawtooth's first two harmonics around 6 Hz, frequency and height slowly modulated, after
 * Stridh and Sörnmo, "Spatiotemporal QRST cancellation techniques for analysis of atrial fibrillation" (2001).
 */
const FIBRILLATION = { hertz: 6, millivolts: 0.1, wanderTurns: 1.5, wanderHz: 0.13, swellHz: 0.21 };

/** What one lead shows beside the beats. All but the muscle is a function of the sample's index alone. */
export class LeadNoise {
  private readonly baselinePhases: number[];
  private readonly mainsPhase: number;
  private readonly muscle: Random;

  constructor(
    private readonly lead: Lead,
    random: Random,
  ) {
    this.baselinePhases = BASELINE_HZ.map(() => random.next());
    this.mainsPhase = random.next();
    this.muscle = random.fork("muscle");
  }

  /** Adds millivolts to `signal[0..count-1]`, the first of which is sample `first` since the start. */
  addTo(signal: Float64Array, count: number, first: number, settings: Readonly<EcgSettings>): void {
    const { baseline, mains, muscle } = settings.noiseMillivolts;
    const { rate, mainsHz } = settings;
    if (settings.af) {
      for (let i = 0; i < count; i++) signal[i]! += this.lead.f * fibrillation((first + i) / rate);
    }
    if (baseline > 0) {
      const peak = baseline * Math.sqrt(2 / BASELINE_HZ.length);
      BASELINE_HZ.forEach((hertz, k) => {
        const phase = this.baselinePhases[k]!;
        for (let i = 0; i < count; i++) {
          signal[i]! += peak * Math.sin(TURN * (phase + ((first + i) / rate) * hertz));
        }
      });
    }
    if (mains > 0) {
      const peak = mains * Math.SQRT2;
      for (let i = 0; i < count; i++) {
        signal[i]! += peak * Math.sin(TURN * (this.mainsPhase + (((first + i) * mainsHz) % rate) / rate));
      }
    }
    // White: an electromyogram fills the recorder's band and more.
    if (muscle > 0) for (let i = 0; i < count; i++) signal[i]! += muscle * this.muscle.gaussian();
  }
}

function fibrillation(seconds: number): number {
  const { hertz, millivolts, wanderTurns, wanderHz, swellHz } = FIBRILLATION;
  const phase = TURN * hertz * seconds + TURN * wanderTurns * Math.sin(TURN * wanderHz * seconds);
  const swell = 1 + 0.3 * Math.sin(TURN * swellHz * seconds);
  return millivolts * swell * (Math.sin(phase) + 0.5 * Math.sin(2 * phase));
}
