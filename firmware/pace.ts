/**
 * How many notifications a second the connection bears. Nothing tells: its interval and the packets of an event are the
 * central's choice, and what its queue does not take vanishes. So the pace rises step by step until frames were lost,
 * and falls by a share (additive increase, multiplicative decrease: Chiu and Jain 1989, doi:10.1016/0169-7552(89)90019-6).
 */

/** A frame a second gets through any connection at it. */
const SLOWEST = 8;
/** With each receipt, of which one a second comes. */
const RISE = 2;
const CUT = 0.7;
/** When nothing arrived at all. */
const SILENCE_CUT = 0.5;

export class Pace {
  perSecond: number;

  /** @param most that board and hub allow, and that a new connection begins with */
  constructor(private most: number) {
    this.perSecond = most;
  }

  /** Never faster from now on. */
  limit(most: number): void {
    this.most = most;
    this.begin();
  }

  /** Another session: it was perhaps nobody who was slow. */
  begin(): void {
    this.perSecond = this.most;
  }

  arrived(): void {
    this.perSecond = Math.min(this.most, this.perSecond + RISE);
  }

  lost(): void {
    this.slow(CUT);
  }

  silence(): void {
    this.slow(SILENCE_CUT);
  }

  private slow(factor: number): void {
    this.perSecond = Math.max(Math.min(SLOWEST, this.most), this.perSecond * factor);
  }
}
