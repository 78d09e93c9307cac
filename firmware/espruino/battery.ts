/** The battery's voltage behind its divider. */
import type { BoardSpec } from "../board/spec";

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
    const volts = analogRead(this.pin) * E.getAnalogVRef() * this.ratio;
    return volts > 0 ? Math.round(volts * 1000) : 0;
  }
}
