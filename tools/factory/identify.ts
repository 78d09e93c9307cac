/** Who is there: chip, board, runtime, bootloader, and an identity that it may hold already. */
import type { UnitConsole } from "../firmware/console";
import type { Manifest } from "../firmware/manifest";
import type { Station } from "./station";
import { UnitFailure } from "./steps";

/** What an open console says of its unit. */
export interface Found {
  chip: string;
  board: string;
  version: string;
  /** Device id of an identity file in its flash, hex; empty without one. */
  device: string;
  /** Of its radio, lower case with colons; undefined where the runtime has none. */
  address: string | undefined;
}

/** A silent one is asked often enough for bytes that got lost as it was plugged in. */
const ANSWER_MS = 1500;
const TRIES = 3;
/** As runtimes write the chip's own: an empty one, or the same sign all over, is that of many. */
const CHIP = /^(?!(.)\1*$)[0-9A-Za-z-]{8,64}$/;
/** Of firmware/identity.ts: magic, version, device id. */
const DEVICE_AT = 5;
const DEVICE_BYTES = 8;
const FIRST =
  `(f=>f&&f.length>${DEVICE_AT + DEVICE_BYTES}?btoa(f.substr(${DEVICE_AT},${DEVICE_BYTES})):"")` +
  `(require("Storage").read("identity"))`;
/** Espruino puts the address's type behind it. */
const ADDRESS = /^([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b/i;

/** @returns undefined when nobody answers */
export async function findOut(unit: UnitConsole): Promise<Found | undefined> {
  let env: unknown;
  try {
    env = await unit.ask("[process.env.SERIAL,process.env.BOARD,process.version]", {
      timeoutMs: Math.min(ANSWER_MS, unit.patience.timeoutMs),
      tries: TRIES,
    });
  } catch {
    return undefined;
  }
  if (!Array.isArray(env) || !env.every((one) => typeof one === "string" && one.length <= 64)) {
    throw new UnitFailure("E02", "it does not say which chip, board and runtime it is");
  }
  const [chip, board, version] = env as [string, string, string];
  if (!CHIP.test(chip)) throw new UnitFailure("E02", "its runtime tells no serial number of the chip");
  const device = Buffer.from(String(await unit.ask(FIRST)), "base64").toString("hex");
  const radio = await unit.ask('typeof NRF=="undefined"||!NRF.getAddress?"":NRF.getAddress()');
  const address = ADDRESS.exec(String(radio))?.[1]?.toLowerCase();
  return { chip, board, version, device, address };
}

/** 2v29.277 is behind 2v29, and 2v30 behind both. */
function versionNumbers(version: string): number[] {
  return version.split(/[v.]/).map((part) => Number.parseInt(part, 10) || 0);
}

function isBelow(version: string, least: string): boolean {
  const [have, want] = [versionNumbers(version), versionNumbers(least)];
  for (let i = 0; i < want.length; i++) {
    const difference = (have[i] ?? 0) - want[i]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** @throws UnitFailure E02 */
export function checkRuntime({ board, version }: Found, manifest: Manifest): void {
  if (board !== manifest.runtime)
    throw new UnitFailure("E02", `it is a ${board}, and this batch is for ${manifest.runtime}`);
  if (isBelow(version, manifest.runtimeVersion))
    throw new UnitFailure(
      "E02",
      `its runtime is ${version}, and ${manifest.runtimeVersion} is the lowest checked`,
    );
}

/** @returns what is known of its bootloader, for the log; @throws UnitFailure E02 */
export async function checkBootloader(unit: UnitConsole, { bootloader }: Station): Promise<string> {
  if (!bootloader) return "not checked";
  const { address, bytes, crc32 } = bootloader;
  const found = await unit.ask(`E.CRC32(E.memoryArea(${address},${bytes}))`);
  if (found !== crc32)
    throw new UnitFailure("E02", `its bootloader has CRC-32 ${Number(found)}, the maker's own has ${crc32}`);
  return `CRC-32 ${crc32}`;
}

/**
 * A blank unit's console is open to the air as well: until its restart nobody is to be connected there. What somebody left in
 * its memory before is not undone by this.
 */
export async function silenceRadio(unit: UnitConsole): Promise<void> {
  await unit.ask('typeof NRF=="undefined"||!NRF.sleep?0:(NRF.disconnect(),NRF.sleep(),1)');
}
