/** Pins that Node reads and moves: button, LED, buzzer, the battery's divider, and the front end's interrupt. */
import { after, cancel } from "./clock";
import type { Said } from "./said";

interface Watch {
  id: number;
  pin: string;
  run: (event: { state: boolean; time: number; lastTime: number; pin: unknown }) => void;
  repeat: boolean;
  edge: string;
  debounceMs: number;
  /** The timer that waits for the pin to settle. */
  settling: number;
  /** As the watch saw it last. */
  state: number;
  since: number;
  of: unknown;
}

const REFERENCE_VOLTS = 3.3;

export class Pins {
  /** The battery, in volts. */
  battery = 3.9;
  private readonly levels: { [pin: string]: number } = {};
  private watches: Watch[] = [];
  private lastId = 0;

  constructor(
    private readonly said: Said,
    private readonly seconds: () => number,
  ) {}

  level(pin: string): number {
    return this.levels[pin] || 0;
  }

  /** From outside: whoever watches the pin is told. */
  drive(pin: string, level: number): void {
    if (this.level(pin) === level) return;
    this.levels[pin] = level;
    const watches = this.watches.slice();
    for (let i = 0; i < watches.length; i++) if (watches[i].pin === pin) this.moved(watches[i]);
  }

  private moved(watch: Watch): void {
    if (watch.settling > 0) cancel(watch.settling);
    watch.settling = 0;
    if (watch.debounceMs <= 0) {
      this.tell(watch);
      return;
    }
    const self = this;
    watch.settling = after(function () {
      watch.settling = 0;
      self.tell(watch);
    }, watch.debounceMs);
  }

  private tell(watch: Watch): void {
    const state = this.level(watch.pin);
    if (state === watch.state) return;
    const time = this.seconds();
    const lastTime = watch.since;
    watch.state = state;
    watch.since = time;
    if (watch.edge === "rising" && state === 0) return;
    if (watch.edge === "falling" && state !== 0) return;
    if (!watch.repeat) this.forget(watch.id);
    try {
      watch.run({ state: state !== 0, time, lastTime, pin: watch.of });
    } catch (error) {
      this.said.failed(error);
    }
  }

  private forget(id: number): void {
    for (let i = 0; i < this.watches.length; i++) {
      if (this.watches[i].id !== id) continue;
      if (this.watches[i].settling > 0) cancel(this.watches[i].settling);
      this.watches.splice(i, 1);
      return;
    }
  }

  install(scope: { [name: string]: unknown }, runtime: { [name: string]: unknown }): void {
    const self = this;
    scope.setWatch = function (
      run: Watch["run"],
      pin: unknown,
      options: { repeat?: boolean; edge?: string; debounce?: number } | undefined,
    ): number {
      if (pin === undefined) throw new Error("watching a pin that is undefined");
      const asked = options || {};
      const name = "" + pin;
      self.lastId++;
      self.watches.push({
        id: self.lastId,
        pin: name,
        run,
        repeat: asked.repeat === true,
        edge: asked.edge || "both",
        debounceMs: asked.debounce || 0,
        settling: 0,
        state: self.level(name),
        since: self.seconds(),
        of: pin,
      });
      return self.lastId;
    };
    scope.clearWatch = function (id: number): void {
      if (id === undefined) throw new Error("clearing a watch that is undefined");
      self.forget(id);
    };
    scope.pinMode = function (): void {};
    scope.digitalRead = function (pin: unknown): number {
      return self.level("" + pin);
    };
    scope.digitalWrite = function (pin: unknown, level: number): void {
      self.levels["" + pin] = level ? 1 : 0;
    };
    scope.analogWrite = function (pin: unknown, value: number): void {
      self.levels["" + pin] = value;
    };
    scope.analogRead = function (): number {
      return self.battery / 2 / REFERENCE_VOLTS;
    };
    runtime.getAnalogVRef = function (): number {
      return REFERENCE_VOLTS;
    };
  }
}
