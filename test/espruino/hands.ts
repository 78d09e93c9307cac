import { type Operator, Question, type Wait } from "../../tools/factory/selftest";
import type { UnitConsole } from "../../tools/firmware/console";

/** The operator's hands, and time, at the chip model before the interpreter: its program has them as `station`. */
export function handsAt(unit: Pick<UnitConsole, "ask">): { confirm: Operator["confirm"]; wait: Wait } {
  return {
    async confirm(question, shown) {
      if (question === Question.open || question === Question.shorted)
        await unit.ask(`(station.electrodes(${question === Question.open}),1)`);
      await unit.ask(`(station.hold(${question === Question.button}),1)`);
      shown?.();
      return true;
    },
    async wait(ms) {
      await unit.ask(`(station.pass(${ms}),1)`);
    },
  };
}
