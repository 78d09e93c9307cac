/** The firmware as `npm run build:firmware` makes it, for the interpreter's own build for Linux. */
import { board as linux } from "../../firmware/board/linux";
import type { BoardSpec, Max30003Spec } from "../../firmware/board/spec";
import { buildFirmware } from "../../tools/firmware/build";

export interface BuiltFirmware {
  board: BoardSpec;
  /** What it has in Storage, by name. */
  files: Record<string, string>;
}

/** Clocks per sample that `Max30003Spec.rate` 256 stands for. */
const CLOCKS = 128;

/** @param rateHz of the front end, whose clock is chosen for it; @param dev keeps the console */
export function built(rateHz = 256, dev = false): BuiltFirmware {
  const frontEnd: Max30003Spec = { ...(linux.frontEnd as Max30003Spec), rate: 256, fclkHz: rateHz * CLOCKS };
  const board: BoardSpec = {
    ...linux,
    frontEnd,
    pins: { ...linux.pins, battery: "D2", batteryRatio: 2 },
  };
  const { application, bootCode } = buildFirmware({ board, dev });
  return { board, files: { avnode: application.code, ".bootcde": bootCode.code } };
}
