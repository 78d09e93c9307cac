/** The front end that a board has, on the runtime's SPI and converter. */
import { ad8232 } from "../afe/ad8232";
import { type Max30003Hooks, max30003 } from "../afe/max30003";
import type { FrontEnd } from "../board/board";
import type { BoardSpec } from "../board/spec";
import { sampledPin, spiChip } from "./hardware";

export function makeFrontEnd(spec: BoardSpec["frontEnd"], hooks: Max30003Hooks): FrontEnd {
  if (spec.kind === "ad8232") return ad8232(spec, sampledPin(spec));
  return max30003(spec, spiChip(spec), hooks, "electrodes");
}
