/**
 * What runs on a handheld and is none of ours, for bills of materials: the interpreter and its radio stack. A version is
 * named where the board file or the runtime's own make files name it, and is "unknown" otherwise.
 */
import type { BoardSpec } from "../../firmware/board/spec";
import type { Component } from "../bill";

export interface FirmwarePart extends Component {
  type: "firmware" | "library";
  description: string;
}

const UNKNOWN = "unknown";

/** By `process.env.BOARD`. */
const RADIO_STACKS: Record<string, { name: string; description: string }> = {
  XIAOBLE: {
    name: "Nordic S140 SoftDevice",
    description:
      "radio stack; Espruino builds against nRF5 SDK 15 and S140 6.0.0, but the one that runs is the one that the unit's bootloader image brought: read its version there",
  },
};

function part(type: FirmwarePart["type"], name: string, version: string, description: string): FirmwarePart {
  return { type, "bom-ref": `${name}@${version}`.replace(/ /g, "-"), name, version, description };
}

export function runtimeParts({ runtime, runtimeVersion, has }: BoardSpec): FirmwarePart[] {
  const espruino = part(
    "firmware",
    `Espruino ${runtime}`,
    runtimeVersion,
    "interpreter; the lowest version that the firmware takes: a unit may have a newer one",
  );
  espruino.licenses = [{ license: { id: "MPL-2.0" } }];
  if (!has.bluetooth) return [espruino];
  const { name, description } = RADIO_STACKS[runtime] ?? {
    name: `Radio stack of Espruino ${runtime}`,
    description: "nobody has named it here: look into the runtime's make files",
  };
  return [
    espruino,
    part("firmware", name, UNKNOWN, description),
    part("firmware", "Bootloader", UNKNOWN, "as the maker put it on the unit; no part of this release"),
  ];
}
