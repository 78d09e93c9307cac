/** Virtual units for a station to make, which live on as virtual handhelds in its folder. */
import { join } from "node:path";
import type { Identity } from "../../../firmware/board/board";
import { boardNamed } from "../../firmware/boards";
import { keepHandheld } from "../../sim/keepsake";
import type { Bench } from "../bench";
import { FactoryFailure } from "../failure";
import type { Port } from "../ports/port";
import { virtualChip } from "./chip";
import { virtualPort } from "./port";
import { VirtualUnit } from "./unit";

const FOLDER = "virtual";

/**
 * Ports with a blank unit in each. Whatever of them passes is kept in the station's folder under its serial number.
 * @throws FACTORY_VIRTUAL where certificates would say that a model is a real unit
 */
export function virtualPorts({ dir, station, journal }: Bench, count: number): Port[] {
  if (station.deviceClass !== "simulated")
    throw new FactoryFailure(
      "FACTORY_VIRTUAL",
      `${dir} makes units of class ${station.deviceClass}, and virtual ones are simulated: make a station of their own with 'avnode factory init DIR --class simulated'`,
    );
  const { runtime, runtimeVersion } = boardNamed(station.board);
  return Array.from({ length: count }, (_, i) => {
    const chip = virtualChip();
    const units = [new VirtualUnit({ chip, runtime, version: runtimeVersion })];
    return virtualPort(
      `virtual ${i + 1}`,
      () => units.pop(),
      (unit) => {
        const { state, serial } = journal.unit(chip) ?? {};
        const identity = unit.identity();
        const { booted } = unit;
        // What a factory made signs.
        if (state === "passed" && serial && identity && booted)
          keepHandheld(join(dir, FOLDER, serial), identity as Required<Identity>, {
            ...booted,
            board: station.board,
          });
      },
    );
  });
}
