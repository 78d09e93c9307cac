/** Every board that has a file. */
import { board as linux } from "../../firmware/board/linux";
import { board as mdbt42q } from "../../firmware/board/mdbt42q";
import { board as puckjs } from "../../firmware/board/puckjs";
import type { BoardSpec } from "../../firmware/board/spec";
import { board as xiaoble } from "../../firmware/board/xiaoble";
import { FirmwareFailure } from "./failure";

export const BOARDS: readonly BoardSpec[] = [xiaoble, linux, mdbt42q, puckjs];

/** @throws FirmwareFailure BOARD_UNKNOWN */
export function boardNamed(name: string): BoardSpec {
  const found = BOARDS.find((board) => board.name === name);
  if (!found)
    throw new FirmwareFailure(
      "BOARD_UNKNOWN",
      `there is no board "${name}"; there are ${BOARDS.map((board) => board.name).join(", ")}`,
    );
  return found;
}
