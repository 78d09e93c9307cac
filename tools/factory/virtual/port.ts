/** A port into which virtual units are plugged, one after another. */
import { setTimeout as pause } from "node:timers/promises";
import type { OpenWire, Port } from "../ports/port";
import { Question } from "../selftest";
import type { VirtualUnit } from "./unit";

const LOOK_MS = 20;

/**
 * @param nextUnit what is plugged in next; undefined while nothing is at hand
 * @param removed told of the unit that was taken away
 */
export function virtualPort(
  name: string,
  nextUnit: () => VirtualUnit | undefined,
  removed: (unit: VirtualUnit) => void = () => {},
): Port {
  let unit: VirtualUnit | undefined;
  return {
    name,
    async waitForUnit(signal) {
      for (;;) {
        signal.throwIfAborted();
        unit ??= nextUnit();
        if (unit) return open(unit);
        await pause(LOOK_MS, undefined, { signal });
      }
    },
    async waitForRemoval() {
      const before = unit;
      unit = undefined;
      before?.powerOff();
      if (before) removed(before);
    },
    meet: async () => (unit?.onAir ? {} : undefined),
    jig: { confirm: async (question, shown) => (unit ? act(unit, question, shown) : false) },
    wait: async (ms) => unit?.passes(ms),
  };
}

/** The operator's hands. What eyes and ears would tell is answered as of a good unit. */
function act(unit: VirtualUnit, question: string, shown?: () => void): boolean {
  shown?.();
  if (question === Question.open) unit.electrodes(true);
  if (question === Question.shorted) unit.electrodes(false);
  unit.buttonHeld = question === Question.button;
  return true;
}

function open(unit: VirtualUnit): OpenWire {
  const wire: OpenWire = {
    hint: unit.chip,
    onData: () => {},
    onGone: () => {},
    write: (bytes) => unit.take(bytes),
    close: async () => {},
  };
  unit.send = (text) => setImmediate(() => wire.onData(Buffer.from(text, "latin1")));
  unit.lost = () => setImmediate(() => wire.onGone());
  unit.powerOn();
  return wire;
}
