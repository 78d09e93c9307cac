/** A real hub and the real firmware, on a simulated radio within virtual time. */
import { join } from "node:path";
import { systemClock } from "../../../gateway/clock";
import { startHub } from "../../../gateway/hub";
import type { DataKind } from "../../../gateway/store/claims";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../../tools/sim/frontend";
import { type House, openHouse } from "../../../tools/sim/house";
import type { Keepsake } from "../../../tools/sim/keepsake";
import { PERFECT } from "../../../tools/sim/radio/lossy";
import { GeneratedSource } from "../../../tools/sim/source";
import { VirtualTime } from "../../../tools/sim/time";
import { scratch } from "../../e2e/rig";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A test in virtual time. */
export function inTime(what: string, live: () => Promise<void>): void {
  it(what, async function () {
    const time = new VirtualTime(Date.UTC(2026, 10, 23));
    try {
      await time.until(live(), 3600_000);
    } finally {
      time.restore();
    }
  });
}

/** @returns a name for another data directory each time, of this test's file */
export function directories(): () => string {
  const folder = scratch(true);
  let number = 0;
  return () => join(folder, String(number++));
}

export function powerOn({ handheld }: House): void {
  const ecg = new EcgGenerator({ rate: 256, gainCountsPerMillivolt: 400 });
  handheld.powerOn(new SimFrontEnd(new GeneratedSource(ecg), systemClock, { burstMs: 250, speed: 1 }));
}

/** With the handheld switched on, until `live` is over. */
export async function inHouse<T>(
  dataDir: string,
  keepsake: Keepsake,
  live: (house: House) => Promise<T>,
  kind: DataKind = "import",
): Promise<T> {
  const house = await openHouse({
    keepsake,
    radio: PERFECT,
    seed: 1,
    startHub: (radio) => startHub({ dataDir, kind, broker: "memory", radio }),
  });
  powerOn(house);
  await pause(1000);
  try {
    return await live(house);
  } finally {
    house.handheld.powerOff();
    await house.close();
  }
}
