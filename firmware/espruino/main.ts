/** The application: `run(board)` is all that a build's entry calls. */
import { MonitorState } from "../../protocol/command";
import type { Max30003Hooks } from "../afe/max30003";
import { type Identity, Pattern } from "../board/board";
import type { BoardSpec } from "../board/spec";
import { Monitor } from "../monitor";
import { EspruinoBoard } from "./board";
import { Button } from "./button";
import { Clock } from "./clock";
import { makeFrontEnd } from "./frontend";
import { Pins } from "./hands";
import { readIdentity } from "./identity";
import type { EspruinoRadio } from "./radio";
import { missing } from "./runtime";
import { Indicator } from "./ui";
import { startWatchdog } from "./watchdog";

/** A defect that returns at once does not become a storm of restarts. */
const RESTART_MS = 10000;
/** A recording whose front end says nothing for so long is none; its FIFO overflows long before. */
const SILENT_MS = 5000;
const BLINK_MS = 100;

class Application {
  private readonly clock = new Clock();
  private readonly pins: Pins;
  private readonly indicator: Indicator;
  private readonly button: Button;
  private monitor: Monitor | undefined;
  private radio: EspruinoRadio | undefined;
  private failed = false;
  /** Samples of the running recording, and since when there are no more. */
  private taken = 0;
  private takenMs = 0;

  constructor(private readonly spec: BoardSpec) {
    this.pins = new Pins(spec.pins, this.clock);
    this.indicator = new Indicator(this.pins);
    this.button = new Button(this.pins);
  }

  start(): void {
    const self = this;
    process.on("uncaughtException", function (error) {
      self.fail("" + error);
    });
    E.on("errorFlag", function (flags) {
      if (flags.indexOf("MEMORY") >= 0) self.fail("out of memory");
    });
    if (this.spec.has.watchdog) {
      startWatchdog(function () {
        return self.alive();
      });
    }
    const identity = readIdentity();
    if (!identity) {
      print("avnode: no identity: provision this unit first");
      this.indicator.show(Pattern.notProvisioned);
      return;
    }
    this.button.atPowerOn(
      function (second) {
        self.count(second);
      },
      function (wipe) {
        self.begin(identity, wipe);
      },
    );
  }

  private begin(identity: Identity, wipe: boolean): void {
    const self = this;
    const frontEnd = makeFrontEnd(this.spec.frontEnd, this.hooks());
    const board = new EspruinoBoard(this.spec, frontEnd, identity, this.clock, this.indicator, wipe);
    this.radio = board.radio;
    const monitor = this.boot(board);
    this.monitor = monitor;
    const pressed = function (): void {
      monitor.press();
    };
    const held = function (): void {
      monitor.hold();
    };
    this.pins.watch(function (down) {
      self.button.moved(down, pressed, held);
    });
  }

  /** Takes seconds in which no timer runs. */
  private boot(board: EspruinoBoard): Monitor {
    board.alive();
    const monitor = new Monitor(board);
    board.alive();
    return monitor;
  }

  private hooks(): Max30003Hooks {
    const self = this;
    const hooks: Max30003Hooks = {
      failed: function (code, why) {
        // Not in the midst of the driver, whose reading may still be under way.
        self.clock.after(0, function () {
          self.giveUp(code + ": " + why);
        });
      },
    };
    if (this.spec.radio !== undefined && this.spec.radio.heartRateService === true) {
      hooks.beat = function (rrMs) {
        self.radio!.beat(rrMs);
      };
    }
    return hooks;
  }

  /** No front end, no recording; what was recorded is closed and kept, and the link goes on. */
  private giveUp(reason: string): void {
    print("avnode: " + reason);
    this.monitor!.giveUp();
    this.indicator.show(Pattern.failed);
  }

  /** While the button is held at power-on: a blink for every second, and light when it may be let go of. */
  private count(second: number): void {
    const pins = this.pins;
    pins.light(true);
    if (second < 10)
      this.clock.after(BLINK_MS, function () {
        pins.light(false);
      });
  }

  /** Asked every two seconds: what a recording took tells whether the front end is read, without a note of every burst. */
  private alive(): boolean {
    if (this.failed) return false;
    const monitor = this.monitor;
    const now = this.clock.uptimeMs();
    const taken = monitor !== undefined && monitor.state === MonitorState.recording ? monitor.taken() : 0;
    if (taken === 0 || taken !== this.taken) this.takenMs = now;
    this.taken = taken;
    return now - this.takenMs < SILENT_MS;
  }

  /** Nothing goes on after a defect of ours: what is in flash is whole, and a new start finds it. */
  private fail(reason: string): void {
    if (this.failed) return;
    this.failed = true;
    print("avnode: " + reason);
    this.indicator.show(Pattern.failed);
    setTimeout(E.reboot, RESTART_MS);
  }
}

/** Starts the firmware on this board, or says why it cannot run here. */
export function run(spec: BoardSpec): void {
  const reason = missing(spec);
  if (reason) {
    print("avnode: " + reason);
    return;
  }
  new Application(spec).start();
}
