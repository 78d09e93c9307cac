/** Pins that a person sees, hears and presses. */
import type { BoardSpec } from "../board/spec";
import type { ButtonHooks } from "./button";
import type { Clock } from "./clock";
import type { Hands } from "./ui";

/** Where a small piezo is loudest, and old ears still hear. */
const TONE_HZ = 2000;
const DEBOUNCE_MS = 30;

export class Pins implements Hands, ButtonHooks {
  private readonly led: Pin;
  private readonly buzzer: Pin | undefined;
  private readonly button: Pin;

  constructor(
    private readonly pins: BoardSpec["pins"],
    private readonly clock: Clock,
  ) {
    this.led = new Pin(pins.led);
    if (pins.buzzer !== "") this.buzzer = new Pin(pins.buzzer);
    this.button = new Pin(pins.button);
    pinMode(this.button, pins.pressed === 0 ? "input_pullup" : "input_pulldown");
    this.light(false);
  }

  light(on: boolean): void {
    digitalWrite(this.led, on ? this.pins.lit : 1 - this.pins.lit);
  }

  sound(on: boolean): void {
    if (!this.buzzer) return;
    if (on) analogWrite(this.buzzer, 0.5, { freq: TONE_HZ });
    else digitalWrite(this.buzzer, 0);
  }

  down(): boolean {
    return digitalRead(this.button) === this.pins.pressed;
  }

  /** Calls back whenever the button moved and came to rest. */
  watch(moved: (down: boolean) => void): void {
    const pressed = this.pins.pressed === 1;
    setWatch(
      function (event) {
        moved(event.state === pressed);
      },
      this.button,
      { repeat: true, edge: "both", debounce: DEBOUNCE_MS },
    );
  }

  uptimeMs(): number {
    return this.clock.uptimeMs();
  }

  after(ms: number, run: () => void): () => void {
    return this.clock.after(ms, run);
  }
}
