import type { Random } from "../random";
import type { EcgSettings } from "./settings";

/** Normal (or conducted in AF), premature ventricular, premature supraventricular: the codes of WFDB annotations. */
export type BeatCode = "N" | "V" | "S";

export interface PlannedBeat {
  readonly code: BeatCode;
  /** from the R peak before */
  readonly rrSeconds: number;
}

// McSharry et al. (2003): standard deviation of 1 beat/min; bands at 0.1 Hz (Mayer waves) and 0.25 Hz (respiration),
// each 0.01 Hz wide, with an LF/HF power ratio of 0.5.
const RATE_SD_BPM = 1;
const BAND_WIDTH_HZ = 0.01;
const LF = { hertz: 0.1, power: 1 / 3 };
const HF = { hertz: 0.25, power: 2 / 3 };

/** Share of the mean interval at which a premature beat falls, and that until the next beat after it. */
const PREMATURE = {
  V: { coupling: 0.6, pause: 1.4 }, // fully compensatory: the sinus node did not notice
  S: { coupling: 0.7, pause: 1.1 }, // the sinus node was reset
};

/**
 * In AF the AV node conducts after a refractory time, this share of the mean interval, plus a random wait: Erlang-4,
 * cut at three times its mean (once in 440 beats), so that an interval has a bound.
 */
const AF_REFRACTORY_SHARE = 0.55;
const AF_ERLANG_ORDER = 4;
const AF_LONGEST_WAIT = 3;

/** Decides beat by beat when the next R peak falls and what it is. */
export class Rhythm {
  private readonly lf: Band;
  private readonly hf: Band;
  private readonly conduction: Random;
  private readonly ectopy: Random;
  private premature: "V" | "S" | undefined;

  constructor(random: Random) {
    this.lf = new Band(LF.hertz, random.fork("lf"));
    this.hf = new Band(HF.hertz, random.fork("hf"));
    this.conduction = random.fork("conduction");
    this.ectopy = random.fork("ectopy");
  }

  next(settings: Readonly<EcgSettings>): PlannedBeat {
    const mean = 60 / settings.heartRateBpm;
    const undisturbed = settings.af ? this.conducted(mean) : this.sinus(mean);
    const draw = this.ectopy.next();
    if (this.premature) {
      const rrSeconds = undisturbed * PREMATURE[this.premature].pause;
      this.premature = undefined;
      return this.passed({ code: "N", rrSeconds });
    }
    const { pvcPerMinute, svePerMinute } = settings;
    // A premature beat and its pause take the time of 2.0 (V) or 1.8 (S) normal beats but are one decision here.
    const decisionsPerMinute = settings.heartRateBpm - pvcPerMinute - 0.8 * svePerMinute;
    if (draw * decisionsPerMinute < pvcPerMinute) this.premature = "V";
    else if (draw * decisionsPerMinute < pvcPerMinute + svePerMinute) this.premature = "S";
    if (!this.premature) return this.passed({ code: "N", rrSeconds: undisturbed });
    return this.passed({
      code: this.premature,
      rrSeconds: undisturbed * PREMATURE[this.premature].coupling,
    });
  }

  private sinus(mean: number): number {
    const sd = (RATE_SD_BPM * mean * mean) / 60;
    const deviation = Math.sqrt(LF.power) * this.lf.value + Math.sqrt(HF.power) * this.hf.value;
    // Five standard deviations: out of reach at usual rates, and an interval is never negative.
    return mean + sd * Math.max(-5, Math.min(5, deviation));
  }

  private conducted(mean: number): number {
    let product = 1;
    for (let i = 0; i < AF_ERLANG_ORDER; i++) product *= 1 - this.conduction.next();
    const wait = Math.min(AF_LONGEST_WAIT, -Math.log(product) / AF_ERLANG_ORDER);
    return mean * (AF_REFRACTORY_SHARE + (1 - AF_REFRACTORY_SHARE) * wait);
  }

  private passed(beat: PlannedBeat): PlannedBeat {
    this.lf.advance(beat.rrSeconds);
    this.hf.advance(beat.rrSeconds);
    return beat;
  }
}

/**
 * Narrow-band noise of unit variance: a complex Ornstein-Uhlenbeck process that turns at the band's centre. It stands
 * for the paper's inverse Fourier transform of a prescribed spectrum, which needs the record's length beforehand.
 */
class Band {
  private re: number;
  private im: number;

  constructor(
    private readonly hertz: number,
    private readonly random: Random,
  ) {
    this.re = random.gaussian();
    this.im = random.gaussian();
  }

  get value(): number {
    return this.re;
  }

  advance(seconds: number): void {
    const keep = Math.exp(-2 * Math.PI * BAND_WIDTH_HZ * seconds);
    const fresh = Math.sqrt(1 - keep * keep);
    const turn = 2 * Math.PI * this.hertz * seconds;
    const { re, im } = this;
    this.re = keep * (re * Math.cos(turn) - im * Math.sin(turn)) + fresh * this.random.gaussian();
    this.im = keep * (re * Math.sin(turn) + im * Math.cos(turn)) + fresh * this.random.gaussian();
  }
}
