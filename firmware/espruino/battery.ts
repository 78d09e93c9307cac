/** The battery's voltage behind its divider. */
import type { BoardSpec } from "../board/spec";

const CONVERSIONS = 4;
const LEAST_MILLIVOLTS = 2800;

export class Battery {
  private readonly pin: Pin | undefined;
  private readonly ratio: number;

  constructor(pins: BoardSpec["pins"]) {
    this.ratio = pins.batteryRatio;
    if (pins.battery !== "") this.pin = new Pin(pins.battery);
    if (pins.batteryFoot !== "") digitalWrite(new Pin(pins.batteryFoot), pins.batteryFootLow ? 1 : 0);
  }

  /** 0 where it cannot be read. */
  millivolts(): number {
    if (!this.pin) return 0;
    let share = 0;
    // The divider feeds the converter slowly: each conversion comes nearer, the last one counts.
    for (let i = 0; i < CONVERSIONS; i++) share = analogRead(this.pin);
    const millivolts = Math.round(share * E.getAnalogVRef() * this.ratio * 1000);
    // Nothing runs on less: the reading is wrong, and a wrong one must not end a recording.
    return millivolts > LEAST_MILLIVOLTS ? millivolts : 0;
  }
}
